#include "internal/judge/container/container.hpp"

#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "pkg/sandbox/seccomp.hpp"

namespace assay::judge {
namespace {

namespace fs = std::filesystem;
using sandbox::SlotMount;
using sandbox::SlotMountKind;

constexpr const char* kTestdata = ASSAY_TESTDATA "/judge/container/";

Container read(const ContainerOptions& options) {
    auto container = read_container(options);
    if (!container) FAIL(to_string(container.error()));
    return std::move(*container);
}

// A file with this text and ending, gone with the object.
class TextFile {
  public:
    TextFile(std::string_view text, const std::string& ending) {
        std::string name = (fs::temp_directory_path() / ("assay-XXXXXX" + ending)).string();
        const int fd = ::mkstemps(name.data(), static_cast<int>(ending.size()));
        REQUIRE(fd >= 0);
        ::close(fd);
        path_ = name;
        std::ofstream(path_) << text;
    }
    ~TextFile() { fs::remove(path_); }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

// The error of a mount file with this text, without the file's name.
std::string refusal(std::string_view text, const std::string& ending = ".yaml") {
    const TextFile file(text, ending);
    const auto container = read_container({.mount_file = file.path()});
    if (container) return "accepted";
    std::string message = to_string(container.error());
    const std::size_t at = message.find(file.path());
    return at == std::string::npos ? message : message.erase(at, file.path().size());
}

const SlotMount* mount_at(const Container& container, std::string_view target) {
    const auto found = std::ranges::find(container.slots.mounts, target, &SlotMount::target);
    return found == container.slots.mounts.end() ? nullptr : &*found;
}

TEST_CASE("container: without files the built-in one holds", "[judge][container]") {
    const Container container = read({.tmpfs_options = "size=1m"});
    CHECK(container.notes.empty());
    const sandbox::SlotSpec& slots = container.slots;
    REQUIRE(mount_at(container, "/usr") != nullptr);
    CHECK(mount_at(container, "/usr")->read_only);
    REQUIRE(mount_at(container, "/dev/null") != nullptr);
    CHECK_FALSE(mount_at(container, "/dev/null")->read_only);
    REQUIRE(mount_at(container, "/w") != nullptr);
    CHECK(mount_at(container, "/w")->kind == SlotMountKind::kTmpfs);
    CHECK(mount_at(container, "/w")->options == "size=1m");
    REQUIRE(mount_at(container, "/proc") != nullptr);
    CHECK(mount_at(container, "/proc")->read_only);
    CHECK(slots.symlinks.size() == 4);
    CHECK(slots.masked.size() == 13);
    CHECK(slots.work_directory == "/w");
    CHECK(slots.host_name == "executor_server");
    CHECK(slots.program_inside.uid == 0);
    CHECK(container.configured_ids.uid == 1000);
    CHECK(slots.seccomp.size() == sandbox::default_program().size());
    CHECK_FALSE(slots.share_network);
}

TEST_CASE("container: programs have ids of their own when asked", "[judge][container]") {
    const Container container = read({.share_network = true, .own_ids = true});
    CHECK(container.slots.program_inside.uid == 1000);
    CHECK(container.slots.program_inside.gid == 1000);
    CHECK(container.slots.root_inside.uid == 0);
    CHECK(container.slots.share_network);
}

TEST_CASE("container: missing bind sources are left out", "[judge][container]") {
    const TextFile file("mount:\n- {type: bind, source: /nowhere/at/all, target: /x}\n", ".yaml");
    CHECK(read({.mount_file = file.path()}).slots.mounts.empty());
}

TEST_CASE("container: a mount file of YAML and the same of TOML", "[judge][container]") {
    for (const std::string name : {"mount.yaml", "mount.toml"}) {
        INFO(name);
        const Container container = read({.mount_file = kTestdata + name, .own_ids = true});
        CHECK(container.notes.empty());
        const auto& mounts = container.slots.mounts;
        REQUIRE(mounts.size() == 4);
        CHECK(mounts[0].source == "/usr");
        CHECK(mounts[0].target == "/usr");
        CHECK(mounts[0].read_only);
        CHECK(mounts[1].source == fs::current_path());
        CHECK(mounts[1].target == "/data/here");
        CHECK_FALSE(mounts[1].read_only);
        CHECK(mounts[2].kind == SlotMountKind::kTmpfs);
        CHECK(mounts[2].target == "/job");
        CHECK(mounts[2].options == "size=32m,nr_inodes=1k");
        CHECK(mounts[3].kind == SlotMountKind::kProc);
        CHECK_FALSE(mounts[3].read_only);
        REQUIRE(container.slots.symlinks.size() == 1);
        CHECK(container.slots.symlinks[0].path == "/dev/fd");
        CHECK(container.slots.symlinks[0].target == "/proc/self/fd");
        CHECK(container.slots.masked == std::vector<std::string>{"/proc/kcore", "/sys"});
        CHECK(container.slots.work_directory == "/job");
        CHECK(container.slots.host_name == "judge");
        CHECK(container.slots.domain_name == "1000");
        CHECK(container.slots.program_inside.uid == 1536);
        CHECK(container.slots.program_inside.gid == 1537);
        CHECK(container.slots.init_command ==
              std::vector<std::string>{"ip", "link", "set", "dev", "lo up", "x y"});
    }
}

TEST_CASE("container: empty and null members of YAML are the defaults", "[judge][container]") {
    const TextFile file("mount:\nsymLink: []\nmaskPath:\nuid: 0\nhostName: ''\n", ".yml");
    const Container container = read({.mount_file = file.path(), .own_ids = true});
    CHECK(container.slots.mounts.empty());
    CHECK(container.slots.symlinks.size() == 4);
    CHECK(container.slots.masked.size() == 13);
    CHECK(container.slots.host_name == "executor_server");
    CHECK(container.slots.program_inside.uid == 1000);
    const TextFile empty("", ".yaml");
    CHECK(read({.mount_file = empty.path()}).slots.mounts.empty());
}

TEST_CASE("container: a named file that is not there is noted", "[judge][container]") {
    const Container container =
        read({.mount_file = "/nowhere/m.yaml", .policy_file = "/nowhere/s.yaml"});
    CHECK(container.notes ==
          std::vector<std::string>{"/nowhere/m.yaml is not there: the built-in mounts are used",
                                   "/nowhere/s.yaml is not there: the default policy holds"});
    CHECK(container.slots.mounts.size() > 4);
    CHECK_FALSE(container.slots.seccomp.empty());
}

TEST_CASE("container: mistakes are told by line and column", "[judge][container]") {
    CHECK(refusal("mount:\n- type: bnid\n  target: /x\n") ==
          ":2:3: unknown type 'bnid' of a mount; did you mean 'bind'?");
    CHECK(refusal("mount:\n- type: bind\n  target: /x\n") == ":2:3: a bind mount wants a 'source'");
    CHECK(refusal("mount:\n- type: tmpfs\n") == ":2:3: a mount wants a 'target'");
    CHECK(refusal("mount:\n- {type: tmpfs, target: a/../..}\n") ==
          ":2:3: a mount cannot take the place of the root");
    CHECK(refusal("mount: 7\n") == ":1:8: 'mount' must be a list of tables, not an integer");
    CHECK(refusal("mount: [7]\n") == ":1:9: 'mount' must be a list of tables");
    CHECK(refusal("proc: 'yes'\n") == ":1:7: 'proc' must be true or false, not a string");
    CHECK(refusal("uid: -1\n") == ":1:6: 'uid' must be a whole number from 0 to 4294967294");
    CHECK(refusal("symLink: [{target: x}]\n") == ":1:11: a link wants a 'linkPath' and a 'target'");
    CHECK(refusal("initCmd: a | b\n") ==
          ":1:10: bad command 'a | b' in initCmd: '|' needs a shell; quote it, or write "
          "sh -c '\u2026'");
    CHECK(refusal("hostName: " + std::string(65, 'h') + "\n") ==
          ":1:11: 'hostName' is longer than 64 bytes");
    CHECK(refusal("proc: true\nproc: true\n") == ":2:1: key 'proc' stands here twice");
    CHECK(refusal("- a\n") == ":1:1: the document must be a table");
    CHECK_THAT(refusal("mount: [\n"), Catch::StartsWith(":2:1: "));
    CHECK(refusal("[[mount]]\ntyp = 'bind'\n", ".toml") ==
          ":2:1: unknown key 'typ'; did you mean 'type'?");
    CHECK(refusal("proc = 1\n", ".toml") == ":1:8: 'proc' must be true or false, not an integer");
}

TEST_CASE("container: aliases that never end are refused", "[judge][container]") {
    CHECK(refusal("mount: &a [*a]\n") != "accepted");
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 9; ++i) {
        const std::string before = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
        for (int k = 0; k < 8; ++k) bomb += ", " + before;
        bomb += "]\n";
    }
    CHECK_THAT(refusal(bomb), Catch::Contains("too deep or too many values"));
}

TEST_CASE("container: unknown keys of YAML are noted, not refused", "[judge][container]") {
    const TextFile file("future: 1\nproc: true\n", ".yaml");
    const Container container = read({.mount_file = file.path()});
    CHECK(container.notes ==
          std::vector<std::string>{file.path() + ":1:1: unknown key 'future' is ignored"});
}

TEST_CASE("container: /config tells mounts as mount(2) takes them", "[judge][container]") {
    const Container container =
        read({.mount_file = std::string(kTestdata) + "mount.yaml", .own_ids = false});
    const ConfigDocument document = describe(container);
    REQUIRE(document.mounts.size() == 4);
    CHECK(document.mounts[0].source == "/usr");
    CHECK(document.mounts[0].target == "usr");
    CHECK(document.mounts[0].type.empty());
    CHECK(document.mounts[0].flags == (MS_BIND | MS_NOSUID | MS_PRIVATE | MS_REC | MS_RDONLY));
    CHECK(document.mounts[2].source == "tmpfs");
    CHECK(document.mounts[2].type == "tmpfs");
    CHECK(document.mounts[2].data == "size=32m,nr_inodes=1k");
    CHECK(document.mounts[2].flags == (MS_NOSUID | MS_NODEV | MS_NOATIME));
    CHECK(document.mounts[3].flags == (MS_NOSUID | MS_NODEV | MS_NOEXEC));
    CHECK(document.links.at(0).first == "/dev/fd");
    CHECK(document.uid == 1536);
    CHECK(document.gid == 1537);
    CHECK(document.work_directory == "/job");
}

}  // namespace
}  // namespace assay::judge
