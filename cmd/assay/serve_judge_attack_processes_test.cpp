// The attack list against the daemon, processes and time: lines 1 to 23 but 5 (with 4), 15 (in
// serve_judge_attack_daemon_test.cpp), 17 (a client's own sum of limits) and 23 (no program uses
// exactly its limit).
#include <catch2/catch.hpp>

#include "internal/testing/judge_run.hpp"

namespace assay::testing {
namespace {

const std::chrono::milliseconds kShort{300};

// 1
TEST_CASE("judge attack: a fork bomb meets the process limit", "[judge][processes]") {
    JudgeUnderAttack judge;
    if (!judge.have_cgroup()) return;
    const JudgedRun run = judge.attack({"fork-bomb"}, {.process_limit = 40});
    INFO(describe(run));
    CHECK(run.accepted());
    CHECK(run.told("fork") == "refused EAGAIN");
    CHECK(run.figure("made") == 39);
    if (run.process_peak != 0) CHECK(run.process_peak == 40);
}

TEST_CASE("judge attack: forking in every process ends at a time limit", "[judge][processes]") {
    JudgeUnderAttack judge;
    if (!judge.have_cgroup()) return;
    const JudgedRun by_clock =
        judge.attack({"fork-storm"}, {.clock_limit = kShort, .process_limit = 40});
    INFO(describe(by_clock));
    CHECK(by_clock.status == "Time Limit Exceeded");
    CHECK(by_clock.process_peak <= 40);
    const JudgedRun by_cpu =
        judge.attack({"fork-storm"}, {.cpu_limit = kShort, .process_limit = 40});
    INFO(describe(by_cpu));
    CHECK(by_cpu.status == "Time Limit Exceeded");
    CHECK(by_cpu.time > kShort);
}

// 2
TEST_CASE("judge attack: a thread bomb meets the process limit", "[judge][processes]") {
    JudgeUnderAttack judge;
    if (!judge.have_cgroup()) return;
    const JudgedRun run = judge.attack({"thread-bomb"}, {.process_limit = 40});
    INFO(describe(run));
    CHECK(run.accepted());
    CHECK(run.told("thread") == "refused EAGAIN");
    CHECK(run.figure("made") == 39);
}

// 3
TEST_CASE("judge attack: a daemon does not outlive its program", "[judge][processes]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"daemon-stays"});
    INFO(describe(run));
    CHECK(run.accepted());
}

// 4 and 5
TEST_CASE("judge attack: an orphan's CPU time counts", "[judge][processes]") {
    JudgeUnderAttack judge;
    if (!judge.have_cgroup()) return;
    const JudgedRun counted = judge.attack({"daemon-burns", "200"});
    INFO(describe(counted));
    CHECK(counted.accepted());
    CHECK(counted.time >= std::chrono::milliseconds(200));
    const JudgedRun limited = judge.attack({"daemon-burns", "8000"}, {.cpu_limit = kShort});
    INFO(describe(limited));
    CHECK(limited.status == "Time Limit Exceeded");
}

// 6
TEST_CASE("judge attack: a leader that exits before its threads does not end the run",
          "[judge][processes]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"leader-exits", "200"});
    INFO(describe(run));
    CHECK(run.status == "Nonzero Exit Status");
    CHECK(run.exit_status == 7);
    CHECK(run.run_time >= std::chrono::milliseconds(200));
}

TEST_CASE("judge attack: an exec by another thread is the same run", "[judge][processes]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"thread-execs", "200"});
    INFO(describe(run));
    CHECK(run.accepted());
    CHECK(run.run_time >= std::chrono::milliseconds(200));
}

// 7
TEST_CASE("judge attack: a sleeper ends at the clock limit", "[judge][processes]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"sleep"}, {.clock_limit = kShort});
    INFO(describe(run));
    CHECK(run.status == "Time Limit Exceeded");
    CHECK(run.exit_status == 9);
    CHECK(run.run_time >= kShort);
    CHECK(run.time < run.run_time);
    CHECK(run.out == "sleeping\n");
}

// 8
TEST_CASE("judge attack: a program deaf to signals is killed all the same", "[judge][processes]") {
    JudgeUnderAttack judge;
    const JudgedRun sleeper = judge.attack({"deaf", "sleep"}, {.clock_limit = kShort});
    INFO(describe(sleeper));
    CHECK(sleeper.status == "Time Limit Exceeded");
    const JudgedRun spinner = judge.attack({"deaf", "spin"}, {.cpu_limit = kShort});
    INFO(describe(spinner));
    CHECK(spinner.status == "Time Limit Exceeded");
}

// 9
TEST_CASE("judge attack: stopping oneself or one's children hides nothing", "[judge][processes]") {
    JudgeUnderAttack judge;
    const JudgedRun self = judge.attack({"stop-self"}, {.clock_limit = kShort});
    INFO(describe(self));
    CHECK(self.status == "Time Limit Exceeded");
    if (!judge.have_cgroup()) return;
    const JudgedRun children = judge.attack({"stop-children"}, {.cpu_limit = kShort});
    INFO(describe(children));
    CHECK(children.status == "Time Limit Exceeded");
}

// 10
TEST_CASE("judge attack: a vfork child that never ends takes its parent along",
          "[judge][processes]") {
    JudgeUnderAttack judge;
    const JudgedRun sleeper = judge.attack({"vfork-holds", "sleep"}, {.clock_limit = kShort});
    INFO(describe(sleeper));
    CHECK(sleeper.status == "Time Limit Exceeded");
    if (!judge.have_cgroup()) return;
    const JudgedRun spinner = judge.attack({"vfork-holds", "spin"}, {.cpu_limit = kShort});
    INFO(describe(spinner));
    CHECK(spinner.status == "Time Limit Exceeded");
}

// 11
TEST_CASE("judge attack: children shorter than a tick are counted", "[judge][processes]") {
    JudgeUnderAttack judge;
    if (!judge.have_cgroup()) return;
    const JudgedRun run = judge.attack({"short-lived", "300", "1"});
    INFO(describe(run));
    CHECK(run.accepted());
    CHECK(static_cast<double>(run.time.count()) >=
          0.99 * static_cast<double>(run.figure("used_ns")));
}

// 12
TEST_CASE("judge attack: threads share one CPU limit", "[judge][processes]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"spin", "4"}, {.cpu_limit = kShort});
    INFO(describe(run));
    CHECK(run.status == "Time Limit Exceeded");
    CHECK(run.time > kShort);
}

// 13
TEST_CASE("judge attack: killing everybody kills nobody but one's own", "[judge][processes]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"kill-everybody", own_pid_namespace()});
    INFO(describe(run));
    CHECK(run.accepted());
    CHECK(run.done("alive afterwards"));
}

// 14
TEST_CASE("judge attack: the zygote cannot be touched", "[judge][processes]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"attack-init", own_pid_namespace()});
    INFO(describe(run));
    CHECK(run.accepted());
    CHECK(run.all_done() == Words{"alive afterwards"});
}

// 16
TEST_CASE("judge attack: zombies nobody waits for meet the process limit", "[judge][processes]") {
    JudgeUnderAttack judge;
    if (!judge.have_cgroup()) return;
    const JudgedRun run = judge.attack({"zombies"}, {.process_limit = 40});
    INFO(describe(run));
    CHECK(run.accepted());
    CHECK(run.told("fork") == "refused EAGAIN");
    CHECK(run.figure("made") == 39);
}

// 18
TEST_CASE("judge attack: own children may be traced, nothing else is there to be",
          "[judge][processes]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"trace-child"});
    INFO(describe(run));
    CHECK(run.accepted());
    const JudgedRun view = judge.attack({"processes"});
    INFO(describe(view));
    CHECK(view.out ==
          "self: " + view.told("self") + "\nprocess: 1\nprocess: " + view.told("self") + "\n");
}

// 19
TEST_CASE("judge attack: no priority is gained", "[judge][scheduling]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"priorities"});
    INFO(describe(run));
    CHECK(run.accepted());
    CHECK(joined(run.not_refused_by_policy({"EACCES"}), "\n") == "");
}

TEST_CASE("judge attack: the CPU set cannot be left", "[judge][scheduling]") {
    JudgeUnderAttack judge;
    if (!judge.have_cgroup()) return;
    const JudgedRun run = judge.attack({"affinity"}, {.cpu_set = "0"});
    INFO(describe(run));
    CHECK(run.accepted());
    CHECK(run.all_done() == Words{"cpu 0"});
}

// 20
TEST_CASE("judge attack: the clock cannot be set", "[judge][scheduling]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"set-clock"});
    INFO(describe(run));
    CHECK(run.accepted());
    CHECK(joined(run.not_refused_by_policy(), "\n") == "");
}

// 21
TEST_CASE("judge attack: resource limits cannot be raised", "[judge][scheduling]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"raise-limits"}, {.stack_limit_bytes = 8u << 20});
    INFO(describe(run));
    CHECK(run.accepted());
    for (const char* limit : {"cpu", "stack", "nofile", "fsize", "core"}) {
        INFO(limit);
        CHECK(run.told(limit) == "refused EPERM");
    }
    CHECK(run.all_done().empty());
}

// 22
TEST_CASE("judge attack: a success that came after the limit is none", "[judge][scheduling]") {
    JudgeUnderAttack judge;
    if (!judge.have_cgroup()) return;
    for (int i = 0; i < 5; ++i) {
        const JudgedRun run =
            judge.attack({"burn", "51"}, {.cpu_limit = std::chrono::milliseconds(50)});
        INFO(describe(run));
        CHECK(run.status == "Time Limit Exceeded");
    }
}

}  // namespace
}  // namespace assay::testing
