// The file system of a slot, from inside and as the server reaches it.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>

#include "pkg/posix/files.hpp"
#include "pkg/sandbox/slot.hpp"
#include "pkg/sandbox/slot_fixture.hpp"

namespace assay::sandbox {
namespace {

using posix::UniqueFd;

class TemporaryDirectory {
  public:
    TemporaryDirectory() : path_("/tmp/assay-slot-test-XXXXXX") {
        REQUIRE(::mkdtemp(path_.data()) != nullptr);  // 0700
    }
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

std::string text_of(const Slot& slot, const std::string& path) {
    const UniqueFd file = slot.open(path, O_RDONLY).value();
    return posix::read_all(file.get(), path).value();
}

int error_of_open(const Slot& slot, const std::string& path, int flags) {
    const Result<UniqueFd> file = slot.open(path, flags, 0644);
    return file.has_value() ? 0 : file.error().os_error;
}

TEST_CASE("slot: files go in and come out", "[sandbox][slot]") {
    TestSlots slots;
    Slot slot = slots.make();
    const mode_t mask = ::umask(077);
    REQUIRE(slot.make_parents("a/b/file").has_value());
    REQUIRE(slot.make_parents("/tmp/c/file").has_value());
    {
        const UniqueFd file = slot.open("a/b/file", O_CREAT | O_WRONLY, 0777).value();
        REQUIRE(posix::write_all(file.get(), "in\n", "file").has_value());
        struct stat status {};
        REQUIRE(::fstat(file.get(), &status) == 0);
        CHECK((status.st_mode & 07777) == 0777);
        CHECK(status.st_uid == slot.host_owner().uid);
        CHECK(status.st_gid == slot.host_owner().gid);
        CHECK(::fchown(file.get(), slot.host_owner().uid, slot.host_owner().gid) == 0);
    }
    ::umask(mask);
    REQUIRE(slot.make_symlink("a/b/file", "link").has_value());
    CHECK(run(slot,
              "cat link; echo more >> a/b/file; stat -c '%a %u' a/b . /tmp/c; echo out > out; "
              "chmod 0 out")
              .output == "in\n777 0\n1777 0\n777 0\n");
    if (own_ids()) CHECK(text_of(slot, "out") == "out\n");
    CHECK(text_of(slot, "/w/link") == "in\nmore\n");
    REQUIRE(slot.reset().has_value());
    CHECK(error_of_open(slot, "out", O_RDONLY) == ENOENT);
    CHECK(error_of_open(slot, "a/b/file", O_RDONLY) == ENOENT);
}

TEST_CASE("slot: no path leads the server out of the slot", "[sandbox][slot]") {
    TestSlots slots;
    Slot slot = slots.make();
    CHECK(run(slot,
              "ln -s /etc/passwd passwd; ln -s ../../../../etc/passwd up; mkfifo fifo; "
              "ln -s /proc/self/root/etc/passwd magic; ln -s loop loop; mkdir d; "
              "ln -s /dev/zero zero")
              .output.empty());
    CHECK(error_of_open(slot, "passwd", O_RDONLY) == ENOENT);
    CHECK(error_of_open(slot, "up", O_RDONLY) == ENOENT);
    CHECK(error_of_open(slot, "../../../../../../etc/passwd", O_RDONLY) == ENOENT);
    CHECK(error_of_open(slot, "magic", O_RDONLY) != 0);
    CHECK(error_of_open(slot, "loop", O_RDONLY) == ELOOP);
    CHECK(error_of_open(slot, "passwd", O_RDONLY | O_NOFOLLOW) == ELOOP);
    CHECK(error_of_open(slot, "fifo", O_WRONLY) == ENXIO);
    CHECK(slot.open("fifo", O_RDONLY).has_value());
    CHECK(error_of_open(slot, "d", O_CREAT | O_WRONLY) == EISDIR);
    CHECK(error_of_open(slot, "/new", O_CREAT | O_WRONLY) == EROFS);
    CHECK(error_of_open(slot, "/usr/new", O_CREAT | O_WRONLY) != 0);
    CHECK_FALSE(slot.make_parents("/usr/none/file").has_value());
    CHECK_FALSE(slot.make_symlink("x", "/usr/link").has_value());
    CHECK_FALSE(slot.make_symlink("x", "d").has_value());
    const UniqueFd plain = slot.open("file", O_CREAT | O_RDWR, 0644).value();
    CHECK((::fcntl(plain.get(), F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("slot: only the listed places can be written", "[sandbox][slot]") {
    TestSlots slots;
    Slot slot = slots.make();
    CHECK(output_of(slot,
                    "for d in / /usr /dev /proc /etc /tmp /w /x /proc/sys/kernel; do "
                    "touch $d/probe 2>/dev/null && echo $d; done") == "/tmp\n/w\n");
    CHECK(output_of(slot,
                    "mount -o remount,rw / 2>/dev/null && echo rw; "
                    "umount /tmp 2>/dev/null && echo gone; "
                    "unshare -U true 2>/dev/null && echo nested; echo end") == "end\n");
    CHECK(output_of(slot,
                    "cat /proc/kcore 2>/dev/null | wc -c; ls /proc/acpi 2>/dev/null | wc -l; "
                    "echo x > /dev/null && head -c 2 /dev/zero | wc -c") == "0\n0\n2\n");
    CHECK(output_of(slot, "ls -d /..*; ls -A / | grep -c masks") == "/..\n0\n");
}

TEST_CASE("slot: mounts appear as they are listed", "[sandbox][slot]") {
    const TemporaryDirectory shared;
    std::filesystem::create_directory(shared.path() + "/sub");
    REQUIRE(posix::write_file(shared.path() + "/file", "shared\n").has_value());
    std::filesystem::permissions(shared.path(), std::filesystem::perms(0777));
    const TemporaryDirectory closed;
    std::filesystem::create_directory(closed.path() + "/inner");
    REQUIRE(posix::write_file(closed.path() + "/inner/file", "below 0700\n").has_value());

    SlotSpec spec = test_spec();
    spec.mounts.push_back({SlotMountKind::kBind, shared.path(), "/rw", false, {}});
    spec.mounts.push_back({SlotMountKind::kBind, shared.path(), "/ro", true, {}});
    spec.mounts.push_back(
        {SlotMountKind::kBind, closed.path() + "/inner", "/w/deep/inner", true, {}});
    spec.mounts.push_back(
        {SlotMountKind::kBind, shared.path() + "/file", "/w/deep/file", true, {}});
    spec.mounts.push_back({SlotMountKind::kTmpfs, {}, "/w/deep/tmp", false, "size=1m"});
    spec.mounts.push_back({SlotMountKind::kBind, "/no/such/place", "/w/none", true, {}});
    spec.symlinks.push_back({"/w/link", "deep/file"});
    spec.masked.emplace_back("/ro/sub");
    spec.masked.emplace_back("/w/later");
    TestSlots slots(spec);
    Slot slot = slots.make();
    for (int i = 0; i < 3; ++i) {
        INFO("run " << i);
        CHECK(output_of(slot,
                        "cat /w/link /w/deep/inner/file; ls /w/deep/tmp; touch /ro/x "
                        "2>/dev/null || echo read-only; echo dirt | tee /w/deep/tmp/x > "
                        "/w/y; mkdir /w/later; ls /w; rm /w/link 2>/dev/null; chmod 0 /w/deep "
                        "2>/dev/null; :") ==
              "shared\nbelow 0700\nread-only\ndeep\nlater\nlink\ny\n");
    }
    CHECK(output_of(slot, "echo written > /rw/new").empty());
    CHECK(posix::read_file(shared.path() + "/new").value() == "written\n");
    CHECK(posix::read_file("/proc/" + std::to_string(slot.zygote_pid()) + "/mountinfo")
              .value()
              .find("/tmp/x") == std::string::npos);
}

TEST_CASE("slot: a working directory inside a tmpfs is there in every run", "[sandbox][slot]") {
    SlotSpec spec = test_spec();
    spec.work_directory = "/w/deep/work";
    TestSlots slots(spec);
    Slot slot = slots.make();
    for (int i = 0; i < 2; ++i) CHECK(output_of(slot, "pwd; : > /w/x") == "/w/deep/work\n");
}

TEST_CASE("slot: a spec that cannot be built is an error that names the place", "[sandbox][slot]") {
    SlotSpec spec = test_spec();
    spec.mounts.push_back({SlotMountKind::kTmpfs, {}, "/odd", false, "size=64m,no_such_option=1"});
    const Error bad_option = TestSlots(spec).keeper().make_slot().error();
    CHECK(bad_option.message.find("/odd") != std::string::npos);
    CHECK(bad_option.kind == ErrorKind::kUsage);

    spec = test_spec();
    spec.mounts.push_back({SlotMountKind::kTmpfs, {}, "/usr/no-such-entry", false, {}});
    const Error no_place = TestSlots(spec).keeper().make_slot().error();
    CHECK(no_place.message == "cannot make /usr/no-such-entry in the slot: Read-only file system");
}

TEST_CASE("slot: the init command runs once, with rights, and its failure is the slot's",
          "[sandbox][slot]") {
    SlotSpec spec = test_spec();
    spec.init_command = {"sh", "-c",
                         "id -u > /w/id && mount -t tmpfs none /x && : > /x/by-init && sleep 99 &"};
    TestSlots slots(spec);
    Slot slot = slots.make();
    CHECK(output_of(slot, "ls -A /w; ls -A /x; ls -d /proc/[0-9]* | wc -l") !=
          "");  // nothing of it but the mount
    spec.init_command = {"sh", "-c", "mount -t tmpfs none /x && : > /x/by-init"};
    TestSlots mounted(spec);
    Slot with_mount = mounted.make();
    CHECK(output_of(with_mount, "ls -A /x; mount -t tmpfs none /tmp 2>/dev/null && echo rights") ==
          "by-init\n");
    CHECK(output_of(with_mount, "ls -A /x") == "by-init\n");

    spec.init_command = {"sh", "-c", "exit 3"};
    CHECK(TestSlots(spec).keeper().make_slot().error().message ==
          "the init command of the slots failed: exit code 3");
    spec.init_command = {"no-such-command"};
    CHECK(TestSlots(spec).keeper().make_slot().error().message ==
          "the init command of the slots failed: cannot be executed");
}

}  // namespace
}  // namespace assay::sandbox
