// The attack list against the daemon, files and the view of the host: lines 43 to 55, 51 in
// serve_judge_attack_traces_test.cpp.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>

#include "internal/testing/attack_run.hpp"
#include "internal/testing/judge_run.hpp"
#include "pkg/posix/files.hpp"

namespace assay::testing {
namespace {

// 43
TEST_CASE("judge attack: read-only places stay read-only and covered", "[judge][files]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"write-read-only", "/", "/usr", "/usr/bin", "/bin", "/etc",
                                        "/proc", "/proc/scsi", "/dev"});
    INFO(describe(run));
    CHECK(run.accepted());
    CHECK(run.all_done().empty());
}

// 44
TEST_CASE("judge attack: assay's own program cannot be reached from a slot", "[judge][files]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"write-init-program"});
    INFO(describe(run));
    CHECK(run.accepted());
    CHECK(run.all_done().empty());
}

// 45
TEST_CASE("judge attack: only the descriptors asked for are open", "[judge][files]") {
    JudgeUnderAttack judge;
    for (const bool by_pipe : {false, true}) {
        const JudgedRun run = judge.attack({"descriptors"}, {.collect_by_pipe = by_pipe});
        INFO(describe(run));
        CHECK(run.out == "open: 0\nopen: 1\nopen: 2\n");
    }
}

// 46
TEST_CASE("judge attack: the root cannot be left", "[judge][files]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"escape-root"});
    INFO(describe(run));
    CHECK(run.accepted());
    CHECK(joined(run.not_refused_by_policy(), "\n") == "");
}

// 47
TEST_CASE("judge attack: a file larger than the limit exceeds the output limit", "[judge][files]") {
    JudgeUnderAttack judge({"--output-limit", "1m"});
    const JudgedRun run = judge.attack({"write-big", "16"});
    INFO(describe(run));
    CHECK(run.status == "Output Limit Exceeded");
    CHECK(run.exit_status == 25);
}

TEST_CASE("judge attack: files in number end at the inode limit", "[judge][files]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"many-files"});
    INFO(describe(run));
    CHECK(run.accepted());
    CHECK(run.told("create") == "refused ENOSPC");
    CHECK(run.figure("made") <= 4096);
    CHECK(run.figure("made") > 4000);
}

// 48
TEST_CASE("judge attack: a setuid program gains nothing", "[judge][files]") {
    if (!are_root()) return;
    const FreshDirectory scratch;
    std::filesystem::copy_file(attack_program(), scratch / "attack");
    REQUIRE(::chmod(scratch.path().c_str(), 0755) == 0);
    REQUIRE(::chmod((scratch / "attack").c_str(), 06755) == 0);
    const std::string mounts =
        scratch.write("mount.yaml",
                      "mount:\n"
                      "  - {type: bind, source: " +
                          scratch.path().string() +
                          ", target: /setuid, readonly: true}\n"
                          "  - {type: tmpfs, target: /w, data: 'size=16m,nr_inodes=4k'}\n"
                          "  - {type: tmpfs, target: /tmp, data: 'size=16m,nr_inodes=4k'}\n"
                          "proc: true\n"
                          "workDir: /w\n");
    JudgeUnderAttack judge({"--mount-conf", mounts});
    const JudgedRun plain = judge.attack({"identity"});
    const JudgedRun setuid = judge.attack_by({.arguments = {"/setuid/attack", "identity"}});
    INFO(describe(setuid));
    CHECK(setuid.accepted());
    CHECK(setuid.out == plain.out);
}

TEST_CASE("judge attack: a program has no privilege and can gain none", "[judge][files]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"identity"});
    INFO(describe(run));
    CHECK(run.accepted());
    if (::geteuid() == 0) CHECK(run.told("groups") == "0");
    CHECK(run.told("session leader") == "1");
    CHECK(run.out.find("CapEff:\t0000000000000000\n") != std::string::npos);
    CHECK(run.out.find("CapPrm:\t0000000000000000\n") != std::string::npos);
    CHECK(run.out.find("NoNewPrivs:\t1\n") != std::string::npos);
    CHECK(run.refused("setgroups"));
}

// 49
TEST_CASE("judge attack: the server's environment does not reach a program", "[judge][files]") {
    JudgeUnderAttack judge({}, {"LD_LIBRARY_PATH=/tmp", "SECRET_TOKEN=1", "BASH_ENV=/tmp/x"});
    const JudgedRun run = judge.attack({"environment"}, {.environment = {"ASKED_FOR=1"}});
    INFO(describe(run));
    CHECK(run.out == "ASKED_FOR=1\n");
}

// 50
TEST_CASE("judge attack: no core is written", "[judge][files]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"dump-core"});
    INFO(describe(run));
    CHECK(run.status == "Signalled");
    CHECK(run.exit_status == 6);
}

// A handler in core_pattern is started by the kernel outside of every slot and whatever RLIMIT_CORE
// of 0 says.
TEST_CASE("judge attack: no core handler of the host is started", "[judge][files]") {
    if (!in_guest()) return skip("core_pattern belongs to the host");
    if (!are_root()) return;
    const FreshDirectory scratch;
    const std::string handler = scratch / "handler";
    const std::string trace = scratch / "started";
    REQUIRE(
        posix::write_file(handler, "#!/bin/sh\necho started >" + trace + "\n", 0755).has_value());
    const char* const pattern = "/proc/sys/kernel/core_pattern";
    const std::string before = posix::read_file(pattern).value();
    JudgeUnderAttack judge;
    REQUIRE(posix::write_kernel_file(pattern, "|" + handler).has_value());
    const JudgedRun run = judge.attack({"dump-core"});
    CHECK(posix::write_kernel_file(pattern, before).has_value());
    INFO(describe(run));
    CHECK_FALSE(posix::read_file(trace).has_value());
}

// 52
TEST_CASE("judge attack: two programs at once see nothing of each other", "[judge][files]") {
    JudgeUnderAttack judge;
    const std::vector<JudgedRun> runs =
        judge.run({{.arguments = {"attack", "leave-and-stay"}, .pipe_out = true},
                   {.arguments = {"attack", "look-when-told"}, .pipe_in = true}},
                  {{.from = {0, 1}, .to = {1, 0}}});
    INFO(describe(runs[0]) << describe(runs[1]));
    CHECK(runs[1].accepted());
    CHECK(runs[1].told("file in /tmp") == "refused ENOENT");
    CHECK(joined(runs[1].all_done(), "\n") == "");
    judge.check_honest_run_in_any_slot();
}

TEST_CASE("judge attack: programs that run at once have uids of their own", "[judge][files]") {
    if (!are_root()) return;
    JudgeUnderAttack judge;
    const JudgeCommand sleeper = {.arguments = {"attack", "sleep"},
                                  .clock_limit = std::chrono::seconds(5)};
    HttpExchange exchange = judge.begin({sleeper, sleeper});
    const std::vector<ProcessFacts> programs = judge.await_programs(2);
    CHECK(programs[0].uid != programs[1].uid);
    for (const ProcessFacts& program : programs) {
        CHECK(program.uid != 0);
        CHECK(program.uid != 1000);
        for (const ProcessFacts& zygote : judge.zygotes()) CHECK(program.uid != zygote.uid);
    }
    REQUIRE(exchange.answer());
    judge.check_honest_run_in_any_slot();
}

// 53
TEST_CASE("judge attack: the kernel's settings cannot be written", "[judge][view]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack(
        {"open-for-write", "/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern",
         "/proc/sys/kernel/hostname", "/proc/sys/kernel/modprobe", "/proc/sys/vm/drop_caches",
         "/proc/sys/fs/binfmt_misc/register", "/proc/sys/kernel/ns_last_pid",
         "/proc/sys/net/ipv4/ip_forward", "/proc/1/oom_score_adj", "/proc/1/timerslack_ns",
         "/proc/irq/default_smp_affinity", "/proc/mtrr", "/proc/fs/nfsd/threads",
         "/sys/kernel/uevent_helper", "/sys/power/state", "/sys/fs/cgroup/cgroup.procs"});
    INFO(describe(run));
    CHECK(run.accepted());
    CHECK(joined(run.all_done(), "\n") == "");
    CHECK(judge.attack({"lower-oom-score"}).all_done().empty());
}

// 54
TEST_CASE("judge attack: what tells of the host cannot be read", "[judge][view]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"read-files",
                                        "/proc/kcore",
                                        "/proc/kmsg",
                                        "/proc/1/environ",
                                        "/proc/1/maps",
                                        "/proc/keys",
                                        "/proc/timer_list",
                                        "/proc/sched_debug",
                                        "/proc/latency_stats",
                                        "/proc/acpi/wakeup",
                                        "/proc/scsi/scsi",
                                        "/etc/shadow",
                                        "/etc/passwd",
                                        "/root",
                                        "/home/plain",
                                        "/sys/firmware/acpi/tables/DSDT",
                                        "/sys/kernel/debug",
                                        "/dev/mem",
                                        "/dev/kmsg",
                                        "/dev/sda",
                                        "/dev/vda",
                                        "/run/docker.sock",
                                        "/var/run/docker.sock",
                                        "/.env"});
    INFO(describe(run));
    CHECK(run.accepted());
    CHECK(joined(run.all_done(), "\n") == "");
    CHECK(judge.attack({"kernel-log"}).all_done().empty());
    CHECK(judge.attack({"kernel-addresses"}).all_done().empty());
}

TEST_CASE("judge attack: the root holds what was listed and nothing of the host's",
          "[judge][view]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"list", "/"});
    INFO(describe(run));
    for (const char* name : {"root", "home", "boot", "srv", "mnt", "media", "sys", "run"}) {
        CHECK(run.out.find("entry: " + std::string(name) + "\n") == std::string::npos);
    }
    CHECK(judge.attack({"list", "/tmp"}).out == "");
    const JudgedRun mounts = judge.attack({"print-file", "/proc/self/mountinfo"});
    INFO(describe(mounts));
    CHECK(mounts.out.find(" cgroup") == std::string::npos);
    CHECK(mounts.out.find("/.old") == std::string::npos);
}

// 55
TEST_CASE("judge attack: the devices are the harmless ones", "[judge][view]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"devices"});
    INFO(describe(run));
    std::istringstream lines(run.out);
    const Words harmless = {"null", "zero",  "full",   "random", "urandom",
                            "fd",   "stdin", "stdout", "stderr"};
    for (std::string line; std::getline(lines, line);) {
        const std::string name = line.substr(line.find(": ") + 2);
        INFO(name);
        CHECK(std::find(harmless.begin(), harmless.end(), name) != harmless.end());
    }
}

}  // namespace
}  // namespace assay::testing
