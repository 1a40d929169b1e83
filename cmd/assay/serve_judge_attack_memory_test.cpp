// The attack list against the daemon, memory: lines 24 to 33. 34 is one of the calls of
// serve_judge_attack_kernel_test.cpp; 31 needs a host with swap, 35 a disk to write to, which no
// slot has.
#include <catch2/catch.hpp>

#include "internal/testing/attack_run.hpp"
#include "internal/testing/judge_run.hpp"

namespace assay::testing {
namespace {

constexpr std::uint64_t kMiB = 1u << 20;

void check_memory_verdict(const JudgedRun& run, std::uint64_t limit_bytes) {
    INFO(describe(run));
    CHECK(run.status == "Memory Limit Exceeded");
    CHECK(run.memory_bytes > limit_bytes);
    CHECK(run.memory_bytes < limit_bytes + kMiB);
}

// 24
TEST_CASE("judge attack: a memory bomb exceeds its limit and nothing else", "[judge][memory]") {
    JudgeUnderAttack judge;
    if (!judge.have_cgroup()) return;
    check_memory_verdict(judge.attack({"memory-bomb"}, {.memory_limit_bytes = 64 * kMiB}),
                         64 * kMiB);
}

// 25
TEST_CASE("judge attack: mapping without touching is free", "[judge][memory]") {
    JudgeUnderAttack judge;
    if (!judge.have_cgroup()) return;
    const JudgedRun free =
        judge.attack({"map-untouched", "65536"}, {.memory_limit_bytes = 64 * kMiB});
    INFO(describe(free));
    CHECK(free.accepted());
    CHECK(free.done("map"));
    const JudgedRun refused = judge.attack(
        {"map-untouched", "2048"}, {.memory_limit_bytes = 64 * kMiB, .limit_address_space = true});
    INFO(describe(refused));
    CHECK(refused.told("map") == "refused ENOMEM");
}

// 26
TEST_CASE("judge attack: zeroed data larger than the limit is never accepted", "[judge][memory]") {
    JudgeUnderAttack judge;
    JudgeCommand command = {.arguments = {"big_bss"},
                            .copy_in = {{"big_bss", attack_directory() + "/big_bss"}},
                            .memory_limit_bytes = 64 * kMiB};
    if (judge.have_cgroup()) check_memory_verdict(judge.attack_by(command), 64 * kMiB);
    command.limit_address_space = true;
    const JudgedRun run = judge.attack_by(command);
    INFO(describe(run));
    CHECK_FALSE(run.accepted());
}

// 27
TEST_CASE("judge attack: files in memory are charged", "[judge][memory]") {
    JudgeUnderAttack judge;
    if (!judge.have_cgroup()) return;
    for (const char* path : {"/tmp/fill", "/w/fill"}) {
        check_memory_verdict(
            judge.attack({"fill-file", path, "100"}, {.memory_limit_bytes = 48 * kMiB}), 48 * kMiB);
        check_memory_verdict(
            judge.attack({"fill-file", path, "100", "unlink"}, {.memory_limit_bytes = 48 * kMiB}),
            48 * kMiB);
    }
}

TEST_CASE("judge attack: a full tmpfs is full for its own run alone", "[judge][memory]") {
    JudgeUnderAttack judge({"--tmp-fs-param", "size=8m,nr_inodes=4k"});
    for (const char* path : {"/tmp/fill", "/w/fill"}) {
        const JudgedRun run = judge.attack({"fill-file", path, "64"}, {.collect_by_pipe = true});
        INFO(describe(run));
        CHECK(run.accepted());
        CHECK(run.told("write") == "refused ENOSPC");
        CHECK(run.figure("written") <= 8 << 20);
        CHECK(run.figure("written") > 6 << 20);
    }
}

// 28
TEST_CASE("judge attack: memory without a file name is charged", "[judge][memory]") {
    JudgeUnderAttack judge;
    if (!judge.have_cgroup()) return;
    for (const char* kind : {"fill-memfd", "fill-sysv"}) {
        check_memory_verdict(judge.attack({kind, "128"}, {.memory_limit_bytes = 48 * kMiB}),
                             48 * kMiB);
    }
}

// 29
TEST_CASE("judge attack: buffers in the kernel are charged", "[judge][memory]") {
    JudgeUnderAttack judge({"--open-file-limit", "4000"});
    if (!judge.have_cgroup()) return;
    for (const char* kind : {"socket-buffers", "page-tables", "pipes"}) {
        check_memory_verdict(judge.attack({kind}, {.memory_limit_bytes = 24 * kMiB}), 24 * kMiB);
    }
}

TEST_CASE("judge attack: objects in the kernel are charged or end at a limit", "[judge][memory]") {
    JudgeUnderAttack judge({"--open-file-limit", "4000"});
    if (!judge.have_cgroup()) return;
    for (const char* kind :
         {"epoll", "eventfd", "timerfd", "timer", "socket", "inotify", "directory"}) {
        const JudgedRun run = judge.attack({"objects", kind}, {.memory_limit_bytes = 24 * kMiB});
        INFO(describe(run));
        CHECK((run.status == "Memory Limit Exceeded" || run.refused(kind)));
    }
}

// 30
TEST_CASE("judge attack: locking memory is charged or refused", "[judge][memory]") {
    JudgeUnderAttack judge;
    if (!judge.have_cgroup()) return;
    check_memory_verdict(judge.attack({"locked", "256"}, {.memory_limit_bytes = 64 * kMiB}),
                         64 * kMiB);
    const JudgedRun locked = judge.attack({"locked", "16"}, {.memory_limit_bytes = 64 * kMiB});
    INFO(describe(locked));
    CHECK(locked.accepted());
}

// 32
TEST_CASE("judge attack: a bomb in a child counts though its parent ends well", "[judge][memory]") {
    JudgeUnderAttack judge;
    if (!judge.have_cgroup()) return;
    check_memory_verdict(judge.attack({"child-bomb"}, {.memory_limit_bytes = 64 * kMiB}),
                         64 * kMiB);
}

// 33
TEST_CASE("judge attack: a stack ends where it was told to", "[judge][memory]") {
    JudgeUnderAttack judge;
    const JudgedRun overflow = judge.attack({"stack-overflow"}, {.stack_limit_bytes = 8 * kMiB});
    INFO(describe(overflow));
    CHECK(overflow.status == "Signalled");
    CHECK(overflow.exit_status == 11);
    const JudgedRun deep = judge.attack({"deep-stack", "1000"}, {.memory_limit_bytes = 2048 * kMiB,
                                                                 .stack_limit_bytes = 1024 * kMiB});
    INFO(describe(deep));
    CHECK(deep.accepted());
    CHECK(deep.figure("frames") > 4000);
}

TEST_CASE("judge attack: a limit too small to start with is never accepted", "[judge][memory]") {
    JudgeUnderAttack judge;
    if (!judge.have_cgroup()) return;
    for (const std::uint64_t limit : {std::uint64_t{0}, std::uint64_t{65536}}) {
        const JudgedRun run = judge.attack({"exit", "0"}, {.memory_limit_bytes = limit});
        INFO(describe(run));
        CHECK((run.status == "Memory Limit Exceeded" || run.status == "Internal Error"));
    }
}

}  // namespace
}  // namespace assay::testing
