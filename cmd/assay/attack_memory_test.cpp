// The attack list, memory: every way to own it counts, and too much of it is the verdict "memory".
// The programs are memory.c, kernel_memory.c and big_bss.c.
#include <catch2/catch.hpp>

#include "internal/testing/attack_run.hpp"

namespace assay::testing {
namespace {

constexpr double kMiB = 1 << 20;

void check_memory_verdict(const AttackRun& run, double limit_mib) {
    INFO(describe(run));
    CHECK(run.verdict() == "memory");
    CHECK(run.exit_code == 121);
    CHECK(run.report.text("limit") == "memory-limit");
    CHECK(run.report.number("oom_kills") >= 1);
    CHECK(run.report.number("memory_peak_bytes") >= 0.9 * limit_mib * kMiB);
    CHECK(run.report.number("memory_peak_bytes") <= limit_mib * kMiB);
}

TEST_CASE("attack: a memory bomb is the verdict memory, never a signal", "[attack][memory]") {
    if (!have_cgroup()) return;
    check_memory_verdict(
        run_attack({"--memory-limit", "64M", "--wall-limit", "15s"}, {"memory-bomb"}), 64);
}

TEST_CASE("attack: a bomb in a child is the verdict memory though its parent ends well",
          "[attack][memory]") {
    if (!have_cgroup()) return;
    check_memory_verdict(
        run_attack({"--memory-limit", "64M", "--wall-limit", "15s"}, {"child-bomb"}), 64);
}

TEST_CASE("attack: mapping without touching is free", "[attack][memory]") {
    const AttackRun run =
        run_attack({"--memory-limit", "64M", "--wall-limit", "8s"}, {"map-untouched", "65536"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.done("map"));
    CHECK(run.report.number("memory_peak_bytes") < 8 * kMiB);
}

TEST_CASE("attack: an address-space limit refuses the mapping itself", "[attack][memory]") {
    const AttackRun run = run_attack({"--address-space-limit", "1G", "--wall-limit", "8s"},
                                     {"map-untouched", "2048"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.told("map") == "refused ENOMEM");
}

TEST_CASE("attack: zeroed data larger than the limit is the verdict memory", "[attack][memory]") {
    if (!have_cgroup()) return;
    const AttackRun run = run_boxed({"--memory-limit", "64M", "--wall-limit", "15s"},
                                    {attack_directory() + "/big_bss"});
    check_memory_verdict(run, 64);
}

TEST_CASE("attack: zeroed data larger than the address space is no plain signal",
          "[attack][memory]") {
    const AttackRun run = run_boxed({"--address-space-limit", "64M", "--wall-limit", "8s"},
                                    {attack_directory() + "/big_bss"});
    INFO(describe(run));
    CHECK(run.verdict() != "ok");
    CHECK(run.report.text("error") != "");
}

TEST_CASE("attack: files in memory are charged", "[attack][memory]") {
    if (!have_cgroup()) return;
    for (const char* path : {"/tmp/fill", "/dev/shm/fill"}) {
        check_memory_verdict(
            run_attack({"--memory-limit", "48M", "--disk-limit", "1G", "--wall-limit", "15s"},
                       {"fill-file", path, "128"}),
            48);
        check_memory_verdict(
            run_attack({"--memory-limit", "48M", "--disk-limit", "1G", "--wall-limit", "15s"},
                       {"fill-file", path, "128", "unlink"}),
            48);
    }
}

TEST_CASE("attack: the disk limit is the end of a file in memory", "[attack][memory]") {
    const AttackRun run =
        run_attack({"--disk-limit", "8M", "--wall-limit", "8s"}, {"fill-file", "/tmp/fill", "64"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.told("write") == "refused ENOSPC");
    CHECK(run.figure("written") <= 8 << 20);
    CHECK(run.figure("written") > 7 << 20);
}

TEST_CASE("attack: memory without a file name is charged", "[attack][memory]") {
    if (!have_cgroup()) return;
    for (const char* kind : {"fill-memfd", "fill-sysv"}) {
        check_memory_verdict(
            run_attack({"--memory-limit", "48M", "--wall-limit", "15s"}, {kind, "128"}), 48);
    }
}

TEST_CASE("attack: System V memory is gone with the box", "[attack][memory]") {
    const AttackRun run = run_attack({"--wall-limit", "8s"}, {"fill-sysv", "4"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.done("shmget"));
}

// The kernel charges these to the group, so they end in the verdict memory unless a limit on their
// number is met first.
TEST_CASE("attack: buffers in the kernel are charged", "[attack][memory]") {
    if (!have_cgroup()) return;
    const Words options = {"--memory-limit", "24M", "--open-files", "4000", "--wall-limit", "15s"};
    check_memory_verdict(run_attack(options, {"socket-buffers"}), 24);
    check_memory_verdict(run_attack(options, {"page-tables"}), 24);
    const AttackRun pipes = run_attack(options, {"pipes"});
    check_memory_verdict(pipes, 24);
}

TEST_CASE("attack: objects in the kernel are charged or end at a limit", "[attack][memory]") {
    if (!have_cgroup()) return;
    for (const char* kind :
         {"epoll", "eventfd", "timerfd", "timer", "socket", "inotify", "directory"}) {
        const AttackRun run =
            run_attack({"--memory-limit", "24M", "--open-files", "4000", "--wall-limit", "15s"},
                       {"objects", kind});
        INFO(describe(run));
        CHECK((run.verdict() == "memory" || run.refused(kind)));
        CHECK(run.report.number("memory_peak_bytes") <= 24 * kMiB);
    }
}

TEST_CASE("attack: locking memory is charged or refused", "[attack][memory]") {
    if (!have_cgroup()) return;
    const AttackRun populate =
        run_attack({"--memory-limit", "64M", "--wall-limit", "15s"}, {"locked", "256"});
    check_memory_verdict(populate, 64);
    const AttackRun locked =
        run_attack({"--memory-limit", "64M", "--wall-limit", "15s"}, {"locked", "16"});
    INFO(describe(locked));
    CHECK(locked.verdict() == "ok");
    CHECK(locked.told("MAP_LOCKED") == "refused EAGAIN");
}

TEST_CASE("attack: a stack overflow is a segmentation fault", "[attack][memory]") {
    const AttackRun run =
        run_attack({"--stack-limit", "8M", "--memory-limit", "128M", "--wall-limit", "8s"},
                   {"stack-overflow"});
    INFO(describe(run));
    CHECK(run.verdict() == "signal");
    CHECK(run.report.number("signal") == 11);
    CHECK(run.exit_code == 128 + 11);
}

TEST_CASE("attack: a stack of 1 GiB is given when asked for", "[attack][memory]") {
    const AttackRun run =
        run_attack({"--stack-limit", "1G", "--memory-limit", "128M", "--wall-limit", "8s"},
                   {"deep-stack", "1000"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.figure("frames") > 4000);
}

TEST_CASE("attack: a limit too small to start says so", "[attack][memory]") {
    if (!have_cgroup()) return;
    const AttackRun run =
        run_attack({"--memory-limit", "64k", "--wall-limit", "8s"}, {"exit", "0"});
    INFO(describe(run));
    CHECK((run.verdict() == "memory" || run.verdict() == "internal"));
    CHECK(run.report.text("limit") + run.report.text("error") != "");
}

}  // namespace
}  // namespace assay::testing
