// The attack list, files: what is copied out of a box is the program's own regular file or nothing.
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "internal/testing/attack_run.hpp"
#include "internal/testing/process.hpp"
#include "pkg/posix/files.hpp"

namespace assay::testing {
namespace {

const char kSecret[] = "root:";

// What --copy-out made of /tmp/out; empty when it made nothing.
struct CopiedOut {
    AttackRun run;
    std::string content;
    bool exists = false;
};

CopiedOut copy_out(const Words& attack, const std::string& path = "/tmp/out",
                   const Words& options = {}) {
    const FreshDirectory scratch;
    const std::string destination = scratch / "copied";
    Words all = {"--wall-limit", "5s", "--copy-out", path + ":" + destination};
    all.insert(all.end(), options.begin(), options.end());
    CopiedOut copied;
    copied.run = run_attack(all, attack);
    struct stat status {};
    copied.exists = ::lstat(destination.c_str(), &status) == 0;
    if (copied.exists) {
        CHECK(S_ISREG(status.st_mode));
        CHECK(status.st_blocks * 512 <= 64 << 20);
        if (auto text = posix::read_file(destination, 1u << 20)) copied.content = *text;
    }
    return copied;
}

// The run cannot give what it was asked for, and says so.
void check_refused(const CopiedOut& copied) {
    CHECK_FALSE(copied.exists);
    CHECK(copied.run.exit_code == 125);
    CHECK(copied.run.report.text("error").find("/tmp/out") != std::string::npos);
}

TEST_CASE("attack: a link is not copied out as what it points to", "[attack][outputs]") {
    for (const char* target :
         {"/etc/passwd", "../etc/passwd", "/proc/self/root/etc/passwd", "/proc/1/root/etc/passwd",
          "/dev/zero", "/proc/self/mem", "/tmp/out"}) {
        const CopiedOut copied = copy_out({"link-output", target});
        INFO("to " << target << "\n" << describe(copied.run));
        check_refused(copied);
    }
    CHECK_FALSE(copy_out({"link-chain"}).exists);
}

TEST_CASE("attack: a link on the way is not followed out of the box", "[attack][outputs]") {
    for (const char* target : {"/etc", "../etc", "/proc/self/root/etc", "/proc/1/root/etc"}) {
        const CopiedOut copied = copy_out({"link-on-the-way", target}, "/tmp/way/passwd");
        INFO("to " << target << "\n" << describe(copied.run));
        CHECK(copied.content.find(kSecret) == std::string::npos);
    }
}

TEST_CASE("attack: a hard link to a file of the host is refused", "[attack][outputs]") {
    const CopiedOut copied = copy_out({"hard-link", "/etc/passwd"});
    INFO(describe(copied.run));
    CHECK(copied.run.all_done().empty());
    CHECK_FALSE(copied.exists);
}

TEST_CASE("attack: what is not a regular file is not copied out, and nobody waits for it",
          "[attack][outputs]") {
    for (const char* kind : {"fifo-output", "socket-output", "directory-output"}) {
        const CopiedOut copied = copy_out({kind});
        INFO(kind << "\n" << describe(copied.run));
        check_refused(copied);
    }
}

TEST_CASE("attack: device nodes are refused", "[attack][outputs]") {
    const CopiedOut copied = copy_out({"device-output"});
    INFO(describe(copied.run));
    CHECK(copied.run.all_done().empty());
    CHECK_FALSE(copied.exists);
}

// The tmpfs lets a file have any size; copy_out() checks what it takes on the disk.
TEST_CASE("attack: a file of holes does not fill the disk", "[attack][outputs]") {
    const CopiedOut copied = copy_out({"sparse-output", "1024"});
    INFO(describe(copied.run));
    check_refused(copied);
    const CopiedOut limited =
        copy_out({"sparse-output", "1024"}, "/tmp/out", {"--file-size-limit", "1M"});
    INFO(describe(limited.run));
    CHECK(limited.run.verdict() == "output");
    CHECK(limited.run.report.text("limit") == "file-size-limit");
}

TEST_CASE("attack: a file swapped for a link gives itself or nothing", "[attack][outputs]") {
    for (int i = 0; i < 10; ++i) {
        const CopiedOut copied =
            copy_out({"swap-output", "/etc/passwd"}, "/tmp/out", {"--wall-limit", "100ms"});
        INFO(describe(copied.run));
        CHECK(copied.run.verdict() == "wall");
        CHECK((!copied.exists || copied.content == "own\n"));
    }
}

TEST_CASE("attack: what is copied in stays in the box", "[attack][outputs]") {
    const std::string name = "assay-copied-in";
    const std::string source = attack_directory() + "/attack";
    for (const std::string& to : {"/tmp/../../../../tmp/" + name, "../../../../tmp/" + name,
                                  "/proc/1/root/tmp/" + name, "/proc/self/cwd/" + name}) {
        const AttackRun run =
            run_attack({"--wall-limit", "5s", "--copy-in", source + ":" + to}, {"list", "/tmp"});
        INFO("to " << to << "\n" << describe(run));
        struct stat status {};
        CHECK(::lstat(("/tmp/" + name).c_str(), &status) != 0);
        CHECK(::lstat((attack_directory() + "/" + name).c_str(), &status) != 0);
    }
}

}  // namespace
}  // namespace assay::testing
