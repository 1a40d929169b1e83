// The attack list, attacks on the runner from outside of the box: signals at any moment, a dead
// init. These need a shell that runs assay in the background; `$@` in it is the whole command.
#include <catch2/catch.hpp>

#include "internal/testing/attack_run.hpp"
#include "internal/testing/process.hpp"

namespace assay::testing {
namespace {

Words shell(const std::string& script) {
    return {"/bin/sh", "-c", script, "sh"};
}

// Starts it, waits until the program has spoken, then does `act` with $assay as its pid.
std::string once_it_speaks(const std::string& act) {
    return "exec 8>&1; said=$(mktemp -u) && mkfifo $said; \"$@\" >$said 8>&- & assay=$!; "
           "exec 7<$said; rm $said; read word <&7; " +
           act + "; wait $assay; echo ended: $? >&8";
}

TEST_CASE("attack: a box whose init dies is no success", "[attack][runner]") {
    const AttackRun run = run_boxed_under(
        shell(once_it_speaks("kill -KILL $(cat /proc/$assay/task/$assay/children)")),
        {"--wall-limit", "8s"}, {attack_program(), "sleep"});
    INFO(describe(run));
    CHECK(run.told("ended") == "125");
    CHECK(run.verdict() == "internal");
    CHECK(run.report.text("error") != "");
}

TEST_CASE("attack: the runner told to end takes the box with it", "[attack][runner]") {
    const struct {
        const char* signal;
        const char* status;
    } cases[] = {{"TERM", "143"}, {"INT", "130"}, {"HUP", "129"}};
    for (const auto& one : cases) {
        // A background job of a shell ignores INT; env sets it back.
        const AttackRun run =
            run_boxed_under(shell(once_it_speaks(std::string("kill -") + one.signal + " $assay")),
                            {"--wall-limit", "8s"}, {attack_program(), "sleep"});
        INFO(one.signal << "\n" << describe(run));
        if (std::string(one.signal) != "INT") CHECK(run.told("ended") == one.status);
        CHECK(run.verdict() != "ok");
    }
}

TEST_CASE("attack: a killed runner takes its box along, and the next one sweeps its groups",
          "[attack][runner]") {
    const AttackRun run = run_boxed_under(
        shell(once_it_speaks("init=$(cat /proc/$assay/task/$assay/children); kill -KILL $assay; "
                             "while kill -0 $init 2>/dev/null; do :; done; " +
                             assay_binary() + " run " + attack_program() + " exit 0")),
        {"--wall-limit", "8s"}, {attack_program(), "sleep"});
    INFO(describe(run));
    CHECK(run.told("ended") == "137");
    CHECK(run.verdict() == "");
}

// Kills at every moment of a run's life: before the box, in its making, in the program, at the end.
TEST_CASE("attack: a runner killed at any moment leaves nothing", "[attack][runner]") {
    const AttackRun run = run_boxed_under(
        shell(
            "i=0; while [ $i -lt 60 ]; do \"$@\" & assay=$!; j=0; while [ $j -lt $((i * 7)) ]; do "
            "j=$((j + 1)); done; kill -KILL $assay 2>/dev/null; wait $assay; i=$((i + 1)); done; "
            "exec \"$@\""),
        {"--process-limit", "10", "--memory-limit", "64M", "--wall-limit", "8s"},
        {attack_program(), "exit", "0"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
}

// The runner and the init live in a group that becomes too small for them: the kernel kills one.
TEST_CASE("attack: a runner without memory reports no success", "[attack][runner]") {
    if (!in_guest()) return skip("a control group for the runner is made in the guest only");
    if (!are_root()) return;
    const std::string begin =
        "g=/sys/fs/cgroup/assay-test-small; mkdir $g; set -- sh -c "
        "'echo 0 >/sys/fs/cgroup/assay-test-small/cgroup.procs; exec \"$@\"' sh \"$@\"; ";
    const std::string end = "; " + assay_binary() + " run " + attack_program() +
                            " exit 0; until rmdir $g 2>/dev/null; do :; done";
    const AttackRun run =
        run_boxed_under(shell(begin + once_it_speaks("echo 4096 >$g/memory.max") + end),
                        {"--wall-limit", "8s"}, {attack_program(), "sleep"});
    INFO(describe(run));
    CHECK((run.told("ended") == "137" || run.told("ended") == "125"));
    CHECK((run.verdict() == "" || run.verdict() == "internal"));
}

TEST_CASE("attack: boxes have uids of their own", "[attack][runner]") {
    if (!are_root()) return;
    const AttackRun run = run_boxed_under(
        shell(once_it_speaks("init=$(cat /proc/$assay/task/$assay/children); "
                             "program=$(cat /proc/${init% }/task/${init% }/children); "
                             "grep ^Uid: /proc/${program% }/status >&8; kill -TERM $assay")),
        {"--wall-limit", "8s"}, {attack_program(), "sleep"});
    INFO(describe(run));
    CHECK(run.out.find("Uid:\t") != std::string::npos);
    CHECK(run.out.find("Uid:\t0\t") == std::string::npos);
    CHECK(run.out.find("Uid:\t1000\t") == std::string::npos);
}

TEST_CASE("attack: a run beside another sees nothing of it", "[attack][runner]") {
    const AttackRun run = run_boxed_under(
        shell(once_it_speaks(assay_binary() + " run " + attack_program() + " look >&8; " +
                             assay_binary() + " run " + attack_program() +
                             " processes >&8; kill -TERM $assay")),
        {"--wall-limit", "8s"}, {attack_program(), "sleep"});
    INFO(describe(run));
    CHECK(run.all_done().empty());
    CHECK(run.out.find("process: 1\nprocess: " + run.told("self") + "\n") != std::string::npos);
}

TEST_CASE("attack: a pair whose one side dies ends, and the report says which",
          "[attack][runner]") {
    const AttackRun run =
        run_boxed({"--interact", attack_program() + " talk-on", "--wall-limit", "8s"},
                  {attack_program(), "exit", "0"});
    INFO(describe(run));
    CHECK(run.report.text("first_to_end") == "program");
    CHECK(run.report.text("broke_pipe") == "program");
    CHECK(run.report.text("program.verdict") == "ok");
    CHECK(run.report.text("interactor.verdict") == "nonzero");
    CHECK(run.report.number("interactor.exit_code") == 4);
}

TEST_CASE("attack: a pair that stalls ends at the wall limit on both sides", "[attack][runner]") {
    const AttackRun run =
        run_boxed({"--interact", attack_program() + " talk", "--wall-limit", "300ms"},
                  {attack_program(), "talk"});
    INFO(describe(run));
    CHECK(run.exit_code == 124);
    CHECK(run.report.text("both_stalled") == "true");
    CHECK(run.report.text("program.verdict") == "wall");
}

}  // namespace
}  // namespace assay::testing
