// The attack list, processes and time: programs that multiply, hide, refuse to die or cheat the
// clock.
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "internal/testing/attack_run.hpp"
#include "pkg/posix/files.hpp"

namespace assay::testing {
namespace {

std::string own_pid_namespace() {
    struct stat status {};
    REQUIRE(::stat("/proc/self/ns/pid", &status) == 0);
    return std::to_string(status.st_ino);
}

TEST_CASE("attack: a fork bomb meets the process limit", "[attack][processes]") {
    if (!have_cgroup()) return;
    const AttackRun run =
        run_attack({"--process-limit", "40", "--wall-limit", "8s"}, {"fork-bomb"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.told("fork") == "refused EAGAIN");
    CHECK(run.figure("made") == 39);
    CHECK(run.report.number("processes_peak") == 40);
    CHECK(run.report.number("leftover_processes") == 39);
}

TEST_CASE("attack: forking in every process ends at the wall limit", "[attack][processes]") {
    if (!have_cgroup()) return;
    const AttackRun run =
        run_attack({"--process-limit", "40", "--wall-limit", "500ms"}, {"fork-storm"});
    INFO(describe(run));
    CHECK(run.verdict() == "wall");
    CHECK(run.exit_code == 124);
    CHECK(run.report.text("limit") == "wall-limit");
    CHECK(run.report.number("processes_peak") <= 40);
}

TEST_CASE("attack: forking in every process ends at the CPU limit", "[attack][processes]") {
    if (!have_cgroup()) return;
    const AttackRun run = run_attack(
        {"--process-limit", "40", "--cpu-limit", "300ms", "--wall-limit", "8s"}, {"fork-storm"});
    INFO(describe(run));
    CHECK(run.verdict() == "time");
    CHECK(run.report.text("limit") == "cpu-limit");
}

TEST_CASE("attack: a thread bomb meets the process limit", "[attack][processes]") {
    if (!have_cgroup()) return;
    const AttackRun run =
        run_attack({"--process-limit", "40", "--wall-limit", "8s"}, {"thread-bomb"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.told("thread") == "refused EAGAIN");
    CHECK(run.figure("made") == 39);
    CHECK(run.report.number("processes_peak") == 40);
}

TEST_CASE("attack: a daemon is counted and does not survive", "[attack][processes]") {
    const AttackRun run = run_attack({"--wall-limit", "8s"}, {"daemon-stays"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.report.number("leftover_processes") == 1);
}

TEST_CASE("attack: a CPU limit holds for an orphan in a session of its own",
          "[attack][processes]") {
    if (!have_cgroup()) return;
    const AttackRun run =
        run_attack({"--cpu-limit", "300ms", "--wall-limit", "8s"}, {"daemon-burns", "8000"});
    INFO(describe(run));
    CHECK(run.verdict() == "time");
}

TEST_CASE("attack: a leader that exits before its threads does not end the run",
          "[attack][processes]") {
    const AttackRun run = run_attack({"--wall-limit", "8s"}, {"leader-exits", "200"});
    INFO(describe(run));
    CHECK(run.verdict() == "nonzero");
    CHECK(run.report.number("exit_code") == 7);
    CHECK(run.report.number("cpu_s") >= 0.2);
}

TEST_CASE("attack: an exec by another thread is the same run", "[attack][processes]") {
    const AttackRun run = run_attack({"--wall-limit", "8s"}, {"thread-execs", "200"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.report.number("cpu_s") >= 0.2);
}

TEST_CASE("attack: sleeping forever ends at the wall limit", "[attack][processes]") {
    const AttackRun run = run_attack({"--wall-limit", "300ms", "--cpu-limit", "5s"}, {"sleep"});
    INFO(describe(run));
    CHECK(run.verdict() == "wall");
    CHECK(run.exit_code == 124);
    CHECK(run.out == "sleeping\n");
    CHECK(run.report.number("cpu_s") < 0.1);
    CHECK(run.report.number("wall_s") >= 0.3);
}

TEST_CASE("attack: a program deaf to signals is killed all the same", "[attack][processes]") {
    const AttackRun spinner =
        run_attack({"--cpu-limit", "300ms", "--wall-limit", "8s"}, {"deaf", "spin"});
    INFO(describe(spinner));
    CHECK(spinner.verdict() == "time");
    const AttackRun sleeper = run_attack({"--wall-limit", "300ms"}, {"deaf", "sleep"});
    INFO(describe(sleeper));
    CHECK(sleeper.verdict() == "wall");
}

TEST_CASE("attack: a stopped program ends at the wall limit", "[attack][processes]") {
    const AttackRun run = run_attack({"--wall-limit", "300ms", "--cpu-limit", "5s"}, {"stop-self"});
    INFO(describe(run));
    CHECK(run.verdict() == "wall");
}

TEST_CASE("attack: children stopped in turn cannot hide CPU time", "[attack][processes]") {
    if (!have_cgroup()) return;
    const AttackRun run =
        run_attack({"--cpu-limit", "400ms", "--wall-limit", "8s"}, {"stop-children"});
    INFO(describe(run));
    CHECK(run.verdict() == "time");
}

TEST_CASE("attack: a vfork child that never ends takes its parent along", "[attack][processes]") {
    const AttackRun sleeper = run_attack({"--wall-limit", "300ms"}, {"vfork-holds", "sleep"});
    INFO(describe(sleeper));
    CHECK(sleeper.verdict() == "wall");
    if (!have_cgroup()) return;
    const AttackRun spinner =
        run_attack({"--cpu-limit", "300ms", "--wall-limit", "8s"}, {"vfork-holds", "spin"});
    INFO(describe(spinner));
    CHECK(spinner.verdict() == "time");
}

TEST_CASE("attack: killing everybody kills nobody but one's own", "[attack][processes]") {
    const AttackRun run =
        run_attack({"--wall-limit", "8s"}, {"kill-everybody", own_pid_namespace()});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.done("alive afterwards"));
}

TEST_CASE("attack: the box's init cannot be touched", "[attack][processes]") {
    const AttackRun run = run_attack({"--wall-limit", "8s"}, {"attack-init", own_pid_namespace()});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.all_done() == Words{"alive afterwards"});
}

TEST_CASE("attack: zombies nobody waits for meet the process limit", "[attack][processes]") {
    if (!have_cgroup()) return;
    const AttackRun run = run_attack({"--process-limit", "40", "--wall-limit", "8s"}, {"zombies"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.told("fork") == "refused EAGAIN");
    CHECK(run.figure("made") == 39);
}

// Without a process limit, on a host with few numbers left: the runner needs none for its end.
TEST_CASE("attack: the host's process numbers used up end the bomb, not the runner",
          "[attack][processes]") {
    if (!in_guest()) return skip("process numbers belong to the host");
    if (!are_root()) return;
    constexpr char kSetting[] = "/proc/sys/kernel/pid_max";
    const std::string before = posix::read_file(kSetting).value();
    REQUIRE(posix::write_kernel_file(kSetting, "600").has_value());
    const AttackRun run = run_attack({"--wall-limit", "8s"}, {"fork-bomb"});
    CHECK(posix::write_kernel_file(kSetting, before).has_value());
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.told("fork") == "refused EAGAIN");
    CHECK(run.figure("made") < 600);
    CHECK(run.report.number("leftover_processes") == static_cast<double>(run.figure("made")));
}

TEST_CASE("attack: only the program's own processes are seen", "[attack][processes]") {
    const AttackRun run = run_attack({"--wall-limit", "8s"}, {"processes"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.out ==
          "self: " + run.told("self") + "\nprocess: 1\nprocess: " + run.told("self") + "\n");
}

TEST_CASE("attack: no priority is gained", "[attack][scheduling]") {
    const AttackRun run = run_attack({"--wall-limit", "8s"}, {"priorities"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.not_refused_by_policy({"EACCES"}).empty());
}

TEST_CASE("attack: the CPU set cannot be left", "[attack][scheduling]") {
    if (!have_cgroup()) return;
    const AttackRun run = run_attack({"--cpu-set", "0", "--wall-limit", "8s"}, {"affinity"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.all_done() == Words{"cpu 0"});
}

TEST_CASE("attack: the clock cannot be set", "[attack][scheduling]") {
    const AttackRun run = run_attack({"--wall-limit", "8s"}, {"set-clock"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.not_refused_by_policy().empty());
}

TEST_CASE("attack: resource limits cannot be raised", "[attack][scheduling]") {
    const AttackRun run =
        run_attack({"--open-files", "64", "--stack-limit", "8M", "--file-size-limit", "1M",
                    "--cpu-limit", "5s", "--wall-limit", "8s"},
                   {"raise-limits"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.told("nofile") == "refused EPERM");
    CHECK(run.told("fsize") == "refused EPERM");
    CHECK(run.told("core") == "refused EPERM");
    CHECK(run.all_done().empty());
}

TEST_CASE("attack: a success that came after the limit is none", "[attack][scheduling]") {
    for (int i = 0; i < 10; ++i) {
        const AttackRun run =
            run_attack({"--cpu-limit", "50ms", "--wall-limit", "8s"}, {"burn", "51"});
        INFO(describe(run));
        CHECK(run.verdict() == "time");
        CHECK(run.exit_code == 124);
    }
}

}  // namespace
}  // namespace assay::testing
