#include "internal/judge/execute/verdict.hpp"

#include <signal.h>

#include <catch2/catch.hpp>

namespace assay::judge {
namespace {

using std::chrono::milliseconds;

constexpr int exited(int code) {
    return code << 8;
}

Command usual_command() {
    Command command;
    command.cpu_limit = milliseconds(1000);
    command.clock_limit = milliseconds(2000);
    command.memory_limit_bytes = 1000;
    return command;
}

RunFacts usual_facts(int wait_status = 0) {
    RunFacts facts;
    facts.wait_status = wait_status;
    facts.time = milliseconds(10);
    facts.wall = milliseconds(20);
    facts.memory_bytes = 500;
    return facts;
}

CommandResult decided(const Command& command, const RunFacts& facts) {
    CommandResult result;
    decide(command, facts, result);
    return result;
}

CommandResult decided(const RunFacts& facts) {
    return decided(usual_command(), facts);
}

TEST_CASE("verdict: an exit status decides", "[judge]") {
    CHECK(decided(usual_facts()).status == Status::kAccepted);
    const CommandResult failed = decided(usual_facts(exited(42)));
    CHECK(failed.status == Status::kNonzeroExitStatus);
    CHECK(failed.exit_status == 42);
    CHECK(failed.error.empty());
}

TEST_CASE("verdict: figures are passed on", "[judge]") {
    RunFacts facts = usual_facts();
    facts.process_peak = 3;
    const CommandResult result = decided(facts);
    CHECK(result.time == milliseconds(10));
    CHECK(result.run_time == milliseconds(20));
    CHECK(result.memory_bytes == 500);
    CHECK(result.process_peak == 3);
}

TEST_CASE("verdict: signals have statuses of their own", "[judge]") {
    CHECK(decided(usual_facts(SIGSEGV)).status == Status::kSignalled);
    CHECK(decided(usual_facts(SIGSEGV)).exit_status == SIGSEGV);
    CHECK(decided(usual_facts(SIGXFSZ)).status == Status::kOutputLimitExceeded);
    CHECK(decided(usual_facts(SIGSYS)).status == Status::kDangerousSyscall);
}

TEST_CASE("verdict: SIGKILL before its time is a signal where a clock limit is given", "[judge]") {
    for (const int number : {SIGKILL, SIGXCPU}) {
        CHECK(decided(usual_facts(number)).status == Status::kSignalled);
        Command without_clock = usual_command();
        without_clock.clock_limit = {};
        CHECK(decided(without_clock, usual_facts(number)).status == Status::kTimeLimitExceeded);
    }
}

TEST_CASE("verdict: SIGKILL after the clock limit is a time limit", "[judge]") {
    RunFacts facts = usual_facts(SIGKILL);
    facts.wall = milliseconds(2000);
    CHECK(decided(facts).status == Status::kTimeLimitExceeded);
}

TEST_CASE("verdict: file errors count after exit 0 alone", "[judge]") {
    RunFacts facts = usual_facts();
    facts.copy_failure = "open x: no such file or directory";
    CHECK(decided(facts).status == Status::kFileError);
    CHECK(decided(facts).error == facts.copy_failure);
    facts.collector_exceeded = true;
    CHECK(decided(facts).status == Status::kOutputLimitExceeded);
    CHECK(decided(facts).error == "Output Limit Exceeded");
    facts.wait_status = exited(1);
    CHECK(decided(facts).status == Status::kNonzeroExitStatus);
    CHECK(decided(facts).error.empty());
}

TEST_CASE("verdict: time beats files and exit status, memory beats time", "[judge]") {
    RunFacts facts = usual_facts(exited(3));
    facts.collector_exceeded = true;
    facts.time = milliseconds(1001);
    CHECK(decided(facts).status == Status::kTimeLimitExceeded);
    facts.memory_bytes = 1001;
    CHECK(decided(facts).status == Status::kMemoryLimitExceeded);
}

TEST_CASE("verdict: figures equal to the limits are within them", "[judge]") {
    RunFacts facts = usual_facts();
    facts.time = usual_command().cpu_limit;
    facts.memory_bytes = usual_command().memory_limit_bytes;
    CHECK(decided(facts).status == Status::kAccepted);
}

TEST_CASE("verdict: the kernel's word on memory counts without a figure", "[judge]") {
    RunFacts facts = usual_facts(SIGKILL);
    facts.killed_for_memory = true;
    CHECK(decided(facts).status == Status::kMemoryLimitExceeded);
}

TEST_CASE("verdict: what could not run is an internal error with its reason", "[judge]") {
    RunFacts facts;
    facts.failure = "start: /x: execve: no such file or directory";
    const CommandResult result = decided(facts);
    CHECK(result.status == Status::kInternalError);
    CHECK(result.error == facts.failure);
}

}  // namespace
}  // namespace assay::judge
