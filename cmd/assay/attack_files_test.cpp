// The attack list, files and the view of the host: what can be read, written, exhausted and left
// behind. The programs are files.c and host_view.c.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>

#include "internal/testing/attack_run.hpp"
#include "internal/testing/process.hpp"
#include "pkg/posix/files.hpp"

namespace assay::testing {
namespace {

const Words kPatience = {"--wall-limit", "8s"};

TEST_CASE("attack: read-only places stay read-only and covered", "[attack][files]") {
    const AttackRun run = run_attack(kPatience, {"write-read-only", "/", "/usr", "/usr/bin", "/bin",
                                                 "/etc", "/proc", "/dev", attack_directory()});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.all_done().empty());
}

TEST_CASE("attack: assay's own program cannot be written through the box", "[attack][files]") {
    const AttackRun run = run_attack(kPatience, {"write-init-program"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.all_done().empty());
}

TEST_CASE("attack: the root cannot be left", "[attack][files]") {
    const AttackRun run = run_attack(kPatience, {"escape-root"});
    INFO(describe(run));
    CHECK(run.not_refused_by_policy().empty());
}

TEST_CASE("attack: a file larger than the limit is the verdict output", "[attack][files]") {
    const AttackRun run =
        run_attack({"--file-size-limit", "1M", "--wall-limit", "8s"}, {"write-big", "16"});
    INFO(describe(run));
    CHECK(run.verdict() == "output");
    CHECK(run.exit_code == 122);
    CHECK(run.report.text("limit") == "file-size-limit");
    CHECK(run.report.number("signal") == 25);
}

TEST_CASE("attack: files in number end at the inode limit", "[attack][files]") {
    const AttackRun run =
        run_attack({"--inode-limit", "500", "--wall-limit", "8s"}, {"many-files"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.told("create") == "refused ENOSPC");
    CHECK(run.figure("made") <= 500);
    CHECK(run.figure("made") > 400);
}

TEST_CASE("attack: a tree of any depth with any names is gone with the box", "[attack][files]") {
    const AttackRun run = run_attack({"--wall-limit", "15s"}, {"deep-tree", "100000"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.figure("depth") > 1000);
}

TEST_CASE("attack: words of any bytes make a valid report", "[attack][files]") {
    // run_attack checks that the report parses.
    const AttackRun run = run_attack(kPatience, {"count-arguments", "line\nfeed", "\033[31mred",
                                                 "\xff\xfe", "\"quote\\", "", "-rf"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.report.text("command.2") == "line\nfeed");
}

TEST_CASE("attack: only the three streams are open, whatever the caller has open",
          "[attack][files]") {
    const AttackRun run = run_boxed_under(
        {"/bin/sh", "-c", "exec 3</etc/passwd 5>/dev/null 7<. 9</; exec \"$@\"", "sh"}, kPatience,
        {attack_program(), "descriptors"});
    INFO(describe(run));
    CHECK(run.out == "open: 0\nopen: 1\nopen: 2\n");
}

TEST_CASE("attack: a setuid program gains nothing", "[attack][files]") {
    if (!are_root()) return;
    const FreshDirectory scratch;
    const std::string program = scratch / "attack";
    std::filesystem::copy_file(attack_program(), program);
    REQUIRE(::chmod(scratch.path().c_str(), 0755) == 0);
    REQUIRE(::chmod(program.c_str(), 06755) == 0);
    const AttackRun run =
        run_boxed({"--wall-limit", "8s", "--bind", scratch.path().string() + ":/setuid"},
                  {"/setuid/attack", "identity"});
    INFO(describe(run));
    CHECK(run.told("uid").substr(0, 2) != "0 ");
    const std::string ids = run.told("uid");
    CHECK(ids.substr(0, ids.find(' ')) == ids.substr(ids.find(' ') + 1));
}

TEST_CASE("attack: a program has no privilege and can gain none", "[attack][files]") {
    const AttackRun run = run_attack(kPatience, {"identity"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.told("hostname") == "assay");
    // A plain user's groups stay: setgroups(2) is denied where the kernel lets a plain user map a
    // gid.
    if (::geteuid() == 0) CHECK(run.told("groups") == "0");
    CHECK(run.told("session leader") == "1");
    CHECK(run.out.find("CapEff:\t0000000000000000\n") != std::string::npos);
    CHECK(run.out.find("CapPrm:\t0000000000000000\n") != std::string::npos);
    CHECK(run.out.find("CapBnd:\t0000000000000000\n") != std::string::npos);
    CHECK(run.out.find("NoNewPrivs:\t1\n") != std::string::npos);
    CHECK(run.refused("setuid 0"));
    CHECK(run.refused("setgroups"));
}

TEST_CASE("attack: the caller's environment does not reach the program", "[attack][files]") {
    const AttackRun run = run_boxed_under(
        {"/usr/bin/env", "LD_PRELOAD=/no/such.so", "LD_LIBRARY_PATH=/tmp", "SECRET_TOKEN=1",
         "BASH_ENV=/tmp/x"},
        {"--wall-limit", "8s", "--env", "ASKED_FOR=1"}, {attack_program(), "environment"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.out.find("LD_") == std::string::npos);
    CHECK(run.out.find("SECRET_TOKEN") == std::string::npos);
    CHECK(run.out.find("BASH_ENV") == std::string::npos);
    CHECK(run.out.find("ASKED_FOR=1\n") != std::string::npos);
}

TEST_CASE("attack: no core is written", "[attack][files]") {
    const AttackRun run = run_attack(kPatience, {"dump-core"});
    INFO(describe(run));
    CHECK(run.verdict() == "signal");
    CHECK(run.report.number("signal") == 6);
}

// A handler in core_pattern is started by the kernel outside of every box and whatever RLIMIT_CORE
// of 0 says.
TEST_CASE("attack: no core handler of the host is started", "[attack][files]") {
    if (!in_guest()) return skip("core_pattern belongs to the host");
    if (!are_root()) return;
    const FreshDirectory scratch;
    const std::string handler = scratch / "handler";
    const std::string trace = scratch / "started";
    REQUIRE(
        posix::write_file(handler, "#!/bin/sh\necho started >" + trace + "\n", 0755).has_value());
    const std::string before = posix::read_file("/proc/sys/kernel/core_pattern").value();
    REQUIRE(posix::write_kernel_file("/proc/sys/kernel/core_pattern", "|" + handler).has_value());
    const AttackRun run = run_attack(kPatience, {"dump-core"});
    CHECK(posix::write_kernel_file("/proc/sys/kernel/core_pattern", before).has_value());
    INFO(describe(run));
    CHECK_FALSE(posix::read_file(trace).has_value());
}

TEST_CASE("attack: what a run leaves behind is not there for the next", "[attack][files]") {
    const AttackRun first = run_attack(kPatience, {"leave"});
    INFO(describe(first));
    CHECK(first.done("file in /tmp"));
    CHECK(first.done("SysV shared memory"));
    const AttackRun second = run_attack(kPatience, {"look"});
    INFO(describe(second));
    CHECK(second.all_done().empty());
}

TEST_CASE("attack: the kernel's settings cannot be written", "[attack][view]") {
    const AttackRun run = run_attack(
        kPatience,
        {"open-for-write", "/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern",
         "/proc/sys/kernel/hostname", "/proc/sys/kernel/modprobe", "/proc/sys/vm/drop_caches",
         "/proc/sys/fs/binfmt_misc/register", "/proc/sys/kernel/ns_last_pid",
         "/proc/sys/net/ipv4/ip_forward", "/proc/1/oom_score_adj", "/proc/irq/default_smp_affinity",
         "/proc/mtrr", "/proc/fs/nfsd/threads", "/sys/kernel/uevent_helper", "/sys/power/state",
         "/sys/fs/cgroup/cgroup.procs", "/proc/kcore"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.all_done().empty());
    const AttackRun score = run_attack(kPatience, {"lower-oom-score"});
    CHECK(score.all_done().empty());
}

TEST_CASE("attack: what tells of the host cannot be read", "[attack][view]") {
    const AttackRun run = run_attack(kPatience, {"read-files",
                                                 "/proc/kcore",
                                                 "/proc/kmsg",
                                                 "/proc/1/environ",
                                                 "/proc/1/maps",
                                                 "/proc/keys",
                                                 "/proc/timer_list",
                                                 "/proc/sched_debug",
                                                 "/etc/shadow",
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
                                                 "/proc/acpi/wakeup",
                                                 "/proc/scsi/scsi"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.all_done().empty());
    CHECK(run_attack(kPatience, {"kernel-log"}).all_done().empty());
    CHECK(run_attack(kPatience, {"kernel-addresses"}).all_done().empty());
}

TEST_CASE("attack: the root holds what was listed and nothing of the host's", "[attack][view]") {
    const AttackRun run = run_attack(kPatience, {"list", "/"});
    INFO(describe(run));
    for (const char* name : {"root", "boot", "srv", "mnt", "media"}) {
        CHECK(run.out.find("entry: " + std::string(name) + "\n") == std::string::npos);
    }
    // The current directory is shown at its own path, which may lead through /tmp.
    const bool below_tmp = attack_directory().starts_with("/tmp/");
    CHECK((below_tmp || run_attack(kPatience, {"list", "/tmp"}).told("entry") == ""));
    CHECK(run_attack(kPatience, {"list", "/dev/shm"}).told("entry") == "");
    CHECK(run_attack(kPatience, {"list", "/run"}).told("entry") == "");
}

TEST_CASE("attack: the devices are the harmless ones", "[attack][view]") {
    const AttackRun run = run_attack(kPatience, {"devices"});
    INFO(describe(run));
    std::istringstream lines(run.out);
    const Words harmless = {"null",   "zero", "full", "random", "urandom",
                            "tty",    "shm",  "fd",   "stdin",  "stdout",
                            "stderr", "pts",  "ptmx", "mqueue", "console"};
    for (std::string line; std::getline(lines, line);) {
        const std::string name = line.substr(line.find(": ") + 2);
        INFO(name);
        CHECK(std::find(harmless.begin(), harmless.end(), name) != harmless.end());
    }
}

TEST_CASE("attack: the mount table tells nothing of the host's paths but what is shown",
          "[attack][view]") {
    const AttackRun run = run_attack(kPatience, {"print-file", "/proc/self/mountinfo"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.out.find(" cgroup") == std::string::npos);
    CHECK(run.out.find("/.old") == std::string::npos);
}

}  // namespace
}  // namespace assay::testing
