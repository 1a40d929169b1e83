// The choice of a place, on directories that are made up to look like cgroup file systems.
#include "pkg/cgroup/place.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "pkg/posix/files.hpp"

namespace assay::cgroup {
namespace {

namespace fs = std::filesystem;

class FakeTree {
  public:
    FakeTree() {
        std::string pattern = fs::temp_directory_path() / "assay-place-XXXXXX";
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        root_ = pattern;
    }
    ~FakeTree() { fs::remove_all(root_); }

    std::string path(const std::string& name) const { return root_ + name; }

    // A v2 group; `type` tells the root of the hierarchy, which has none, from the others.
    void group(const std::string& name, const std::string& available, const std::string& passed_on,
               const std::string& processes, bool type = true) {
        fs::create_directories(root_ + name);
        const auto put = [&](const char* file, const std::string& text) {
            REQUIRE(posix::write_file(root_ + name + file, text).has_value());
        };
        put("/cgroup.controllers", available + "\n");
        put("/cgroup.subtree_control", passed_on + "\n");
        put("/cgroup.procs", processes);
        if (type) put("/cgroup.type", "domain\n");
    }

    Mount v2_mount(const std::string& own) const {
        Mount mount;
        mount.version = Version::kV2;
        mount.mount_point = root_;
        mount.own_directory = root_ + own;
        mount.namespace_root = own.empty();
        return mount;
    }

    Mount v1_mount(const std::string& name, ControllerSet controllers) const {
        fs::create_directories(root_ + name);
        return {Version::kV1, controllers, root_ + name, root_ + name, false, true};
    }

  private:
    std::string root_;
};

constexpr char kAll[] = "cpuset cpu io memory pids";

}  // namespace

TEST_CASE("place: v2 takes the nearest group that passes controllers on", "[cgroup]") {
    FakeTree tree;
    tree.group("", kAll, kAll, "", false);
    tree.group("/user.slice", kAll, "memory pids", "");
    tree.group("/user.slice/session", "memory pids", "", "7\n8\n");
    const auto places = find_places({tree.v2_mount("/user.slice/session")});
    REQUIRE(places.has_value());
    REQUIRE(places->size() == 1);
    const Place& place = places->front();
    CHECK(place.version == Version::kV2);
    CHECK(place.directory == tree.path("/user.slice"));
    CHECK(place.mount_point == tree.path(""));
    CHECK_FALSE(place.occupied);
    CHECK(place.enabled ==
          ControllerSet{Controller::kMemory, Controller::kPids, Controller::kCpuacct});
    CHECK(place.controllers.has(Controller::kCpuset));
}

TEST_CASE("place: v2 takes the root when it passes nothing on yet", "[cgroup]") {
    FakeTree tree;
    tree.group("", kAll, "", "1\n2\n3\n", false);
    const auto places = find_places({tree.v2_mount("")});
    REQUIRE(places.has_value());
    CHECK(places->front().directory == tree.path(""));
    CHECK(places->front().controllers.has(Controller::kMemory));
    CHECK_FALSE(places->front().enabled.has(Controller::kMemory));
    CHECK_FALSE(places->front().occupied);
}

TEST_CASE("place: v2 takes a delegated parent that holds no process", "[cgroup]") {
    FakeTree tree;
    tree.group("", "cpu", "", "", true);
    tree.group("/delegated", kAll, "", "");
    tree.group("/delegated/session", "", "", "7\n");
    const auto places = find_places({tree.v2_mount("/delegated/session")});
    REQUIRE(places.has_value());
    CHECK(places->front().directory == tree.path("/delegated"));
    CHECK_FALSE(places->front().occupied);
}

TEST_CASE("place: v2 arranges a group of our own only", "[cgroup]") {
    FakeTree tree;
    tree.group("", "cpu", "", "1\n");
    const std::string ours = std::to_string(::getpid()) + "\n";
    SECTION("with no process but ourselves") {
        tree.group("/scope", kAll, "", ours);
        const auto places = find_places({tree.v2_mount("/scope")});
        REQUIRE(places.has_value());
        CHECK(places->front().directory == tree.path("/scope"));
        CHECK(places->front().occupied);
    }
    SECTION("with ourselves and what we have made") {
        const pid_t child = ::fork();
        if (child == 0) {
            ::pause();
            ::_exit(0);
        }
        tree.group("/scope", kAll, "", ours + std::to_string(child) + "\n");
        const auto places = find_places({tree.v2_mount("/scope")});
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        REQUIRE(places.has_value());
        CHECK(places->front().occupied);
    }
    SECTION("with the processes of others it is refused, and the remedy says how to get one") {
        tree.group("/scope", kAll, "", "7\n" + ours);
        const auto places = find_places({tree.v2_mount("/scope")});
        REQUIRE(places.has_error());
        CHECK(places.error().kind == ErrorKind::kUnsupported);
        CHECK(places.error().message.find("not delegated") != std::string::npos);
        CHECK(places.error().remedy.find("systemd-run --user --scope -p Delegate=yes") !=
              std::string::npos);
    }
}

TEST_CASE("place: v2 arranges the root of a cgroup namespace", "[cgroup]") {
    FakeTree tree;
    tree.group("", kAll, "", "1\n7\n");
    const auto places = find_places({tree.v2_mount("")});
    REQUIRE(places.has_value());
    CHECK(places->front().occupied);
}

TEST_CASE("place: v2 without a memory controller is refused", "[cgroup]") {
    FakeTree tree;
    tree.group("", "cpu pids", "", "", false);
    const auto places = find_places({tree.v2_mount("")});
    REQUIRE(places.has_error());
    CHECK(places.error().message.find("no memory controller") != std::string::npos);
}

TEST_CASE("place: v1 gives one place per hierarchy, memory first", "[cgroup]") {
    FakeTree tree;
    const auto places =
        find_places({tree.v1_mount("/cpu", {Controller::kCpu, Controller::kCpuacct}),
                     tree.v1_mount("/memory", {Controller::kMemory}),
                     tree.v1_mount("/pids", {Controller::kPids})});
    REQUIRE(places.has_value());
    REQUIRE(places->size() == 3);
    CHECK(places->front().directory == tree.path("/memory"));
}

TEST_CASE("place: hybrid means v1 when the controllers are there", "[cgroup]") {
    FakeTree tree;
    tree.group("/unified", "", "", "", false);
    Mount unified = tree.v2_mount("/unified");
    SECTION("controllers on v1") {
        const auto places = find_places({unified, tree.v1_mount("/memory", {Controller::kMemory})});
        REQUIRE(places.has_value());
        CHECK(places->front().version == Version::kV1);
    }
    SECTION("only the freezer on v1") {
        tree.group("/unified", kAll, kAll, "", false);
        const auto places =
            find_places({tree.v1_mount("/freezer", {Controller::kFreezer}), unified});
        REQUIRE(places.has_value());
        CHECK(places->front().version == Version::kV2);
    }
}

TEST_CASE("place: a read-only mount is refused with the container's remedy", "[cgroup]") {
    FakeTree tree;
    Mount mount = tree.v1_mount("/memory", {Controller::kMemory});
    SECTION("v1") {}
    SECTION("v2") {
        tree.group("", kAll, kAll, "", false);
        mount = tree.v2_mount("");
    }
    mount.read_only = true;
    const auto places = find_places({mount});
    REQUIRE(places.has_error());
    CHECK(places.error().message.find("Read-only file system") != std::string::npos);
    CHECK(places.error().remedy.find("--privileged") != std::string::npos);
}

TEST_CASE("place: no cgroup file system at all", "[cgroup]") {
    const auto places = find_places({});
    REQUIRE(places.has_error());
    CHECK(places.error().remedy.find("mount -t cgroup2") != std::string::npos);
}

}  // namespace assay::cgroup
