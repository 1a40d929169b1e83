// The attack list against the daemon, what is copied in and out: lines 36 to 42. The programs are
// outputs.c; what they make is /tmp/out.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "internal/testing/judge_run.hpp"

namespace assay::testing {
namespace {

const char kOut[] = "/tmp/out";

JudgeCommand copying_out(const std::string& path = kOut) {
    return {.copy_out = {path}, .copy_out_cached = {path}, .copy_out_max_bytes = 1 << 20};
}

// Neither given back nor stored.
void check_not_copied(const JudgedRun& run, const std::string& path = kOut) {
    CHECK(run.status == "File Error");
    CHECK(run.file_error(path) != "");
    CHECK_FALSE(run.files.contains(path));
    CHECK(run.file_ids.empty());
}

// 36
TEST_CASE("judge attack: a link is not copied out as what it points to", "[judge][outputs]") {
    JudgeUnderAttack judge;
    for (const char* target :
         {"/etc/passwd", "../etc/ld.so.cache", "/usr/bin/env", "/proc/self/root/etc/passwd",
          "/proc/1/root/etc/passwd", "/dev/zero", "/proc/self/mem", "/proc/self/environ", kOut}) {
        const JudgedRun run = judge.attack({"link-output", target}, copying_out());
        INFO("to " << target << "\n" << describe(run));
        check_not_copied(run);
    }
    check_not_copied(judge.attack({"link-chain"}, copying_out()));
}

TEST_CASE("judge attack: a link on the way leads to nothing of the host's", "[judge][outputs]") {
    JudgeUnderAttack judge;
    const std::string path = "/tmp/way/passwd";
    for (const char* target : {"/etc", "../../../../etc", "/proc/self/root/etc", "/proc/1/root/etc",
                               "/proc/1/cwd/etc"}) {
        const JudgedRun run = judge.attack({"link-on-the-way", target}, copying_out(path));
        INFO("to " << target << "\n" << describe(run));
        check_not_copied(run, path);
    }
}

// The server reads with more rights than the program has.
TEST_CASE("judge attack: a path that leads out of the slot gives nothing", "[judge][outputs]") {
    JudgeUnderAttack judge({}, {"SECRET_TOKEN=of-the-server"});
    for (const char* path :
         {"../../../../etc/passwd", "/etc/shadow", "/proc/1/root/etc/passwd", "/proc/1/environ",
          "/proc/1/mem", "/proc/1/maps", "/proc/self/environ", "/proc/kcore", "/proc/kmsg",
          "/proc/sys/kernel/random/uuid", "/dev/zero", "/", "", "."}) {
        const JudgedRun run = judge.attack({"exit", "0"}, {.copy_out = {path}});
        INFO(path << "\n" << describe(run));
        CHECK(run.file(path) == "");
    }
}

// 37
TEST_CASE("judge attack: a hard link to a file of the host is refused", "[judge][outputs]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"hard-link", "/usr/bin/env"}, copying_out());
    INFO(describe(run));
    CHECK(run.all_done().empty());
    check_not_copied(run);
}

// 38
TEST_CASE("judge attack: what is not a regular file is not copied out, and nobody waits for it",
          "[judge][outputs]") {
    JudgeUnderAttack judge;
    for (const char* kind : {"fifo-output", "socket-output", "directory-output"}) {
        const JudgedRun run = judge.attack({kind}, copying_out());
        INFO(kind << "\n" << describe(run));
        CHECK(run.all_done().size() == 1);
        check_not_copied(run);
    }
    const JudgedRun device = judge.attack({"device-output"}, copying_out());
    INFO(describe(device));
    CHECK(device.all_done().empty());
    check_not_copied(device);
}

// 39
TEST_CASE("judge attack: a file of holes fills nothing", "[judge][outputs]") {
    JudgeUnderAttack small;
    const JudgedRun limited = small.attack({"sparse-output", "1024"}, {.copy_out = {kOut}});
    INFO(describe(limited));
    CHECK(limited.status == "Output Limit Exceeded");
    CHECK(limited.exit_status == 25);
    JudgeUnderAttack large({"--output-limit", "2000g"});
    const JudgedRun sparse = large.attack({"sparse-output", "1024"}, copying_out());
    INFO(describe(sparse));
    CHECK(sparse.done("truncate"));
    check_not_copied(sparse);
    CHECK(sparse.file_error(kOut).starts_with("CopyOutSizeExceeded: "));
}

// 40
TEST_CASE("judge attack: a tree of any depth with any names is gone with its run",
          "[judge][outputs]") {
    JudgeUnderAttack judge({"--tmp-fs-param", "size=256m,nr_inodes=200k"});
    const JudgedRun deep = judge.attack({"deep-tree", "100000"}, {.memory_limit_bytes = 1u << 30});
    INFO(describe(deep));
    CHECK(deep.accepted());
    CHECK(deep.figure("depth") > 1000);
    const JudgedRun wide = judge.attack({"many-files", "100000"}, {.memory_limit_bytes = 1u << 30});
    INFO(describe(wide));
    CHECK(wide.accepted());
    CHECK(wide.figure("made") > 1000);
}

// 41
TEST_CASE("judge attack: a file swapped for a link gives itself or nothing", "[judge][outputs]") {
    JudgeUnderAttack judge;
    for (int i = 0; i < 10; ++i) {
        JudgeCommand command = copying_out();
        command.clock_limit = std::chrono::milliseconds(100);
        command.copy_out_cached.clear();
        const JudgedRun run = judge.attack({"swap-output", "/usr/bin/env"}, command);
        INFO(describe(run));
        CHECK(run.status == "Time Limit Exceeded");
        CHECK((!run.files.contains(kOut) || run.file(kOut) == "own\n"));
    }
}

// 42
TEST_CASE("judge attack: what is copied in stays in the slot", "[judge][outputs]") {
    JudgeUnderAttack judge;
    const std::string name = "assay-copied-in";
    for (const std::string& to :
         {"/tmp/../../../../tmp/" + name, "../../../../tmp/" + name, "/proc/1/root/tmp/" + name,
          "/proc/self/cwd/" + name, "/proc/1/cwd/" + name}) {
        const JudgedRun run =
            judge.attack({"list", "/tmp"}, {.copy_in_text = {{to, "copied in\n"}}});
        INFO("to " << to << "\n" << describe(run));
        CHECK(::access(("/tmp/" + name).c_str(), F_OK) != 0);
        CHECK(::access(name.c_str(), F_OK) != 0);
    }
}

TEST_CASE("judge attack: a copy is not written through a link of an earlier run",
          "[judge][outputs]") {
    JudgeUnderAttack judge;
    for (const char* target : {"/etc/passwd", "/w/attack", "/proc/1/root/tmp/x"}) {
        CHECK(judge.run({{.arguments = {"attack", "link-output", target}}}).front().accepted());
        const JudgedRun run = judge.attack(
            {"list", "/tmp"}, {.copy_in_text = {{kOut, "copied in\n"}}, .copy_out = {kOut}});
        INFO("to " << target << "\n" << describe(run));
        CHECK(run.accepted());
        CHECK(run.file(kOut) == "copied in\n");
    }
}

TEST_CASE("judge attack: a link that is copied in gives no way out", "[judge][outputs]") {
    JudgeUnderAttack judge;
    for (const char* target : {"/etc/passwd", "/proc/1/root/etc/passwd", "../../../etc/passwd"}) {
        JudgeCommand command = copying_out("link");
        command.copy_in_links = {{"link", target}};
        const JudgedRun run = judge.attack({"exit", "0"}, command);
        INFO("to " << target << "\n" << describe(run));
        check_not_copied(run, "link");
    }
}

TEST_CASE("judge attack: a collector's name leads nowhere", "[judge][outputs]") {
    JudgeUnderAttack judge;
    struct stat device_before {};
    REQUIRE(::stat("/dev/null", &device_before) == 0);
    const std::string name = "assay-collected";
    for (const std::string& to :
         {"../../../../tmp/" + name, "/proc/1/root/tmp/" + name, std::string("/proc/1/mem"),
          std::string("/proc/sysrq-trigger"), std::string("/usr/bin/env"), std::string("/w"),
          std::string("/dev/null"), std::string("a/b/c"), std::string(5000, 'a'), std::string()}) {
        // A name that cannot be opened fails the whole request.
        const auto answer =
            judge.ask({.method = "POST",
                       .target = "/run",
                       .body = to_json({{.arguments = {"/usr/bin/true"}, .output_name = to}})});
        INFO("to " << to);
        REQUIRE(answer);
        INFO(answer->body.substr(0, 1000));
        CHECK((answer->code == 200 || answer->code == 500));
        CHECK(::access(("/tmp/" + name).c_str(), F_OK) != 0);
        judge.check_honest_run();
    }
    struct stat device_after {};
    REQUIRE(::stat("/dev/null", &device_after) == 0);
    CHECK(device_after.st_mode == device_before.st_mode);
}

}  // namespace
}  // namespace assay::testing
