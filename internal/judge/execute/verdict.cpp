#include "internal/judge/execute/verdict.hpp"

#include <signal.h>
#include <sys/wait.h>

namespace assay::judge {
namespace {

Status of_signal(int number) {
    switch (number) {
        case SIGKILL:
        case SIGXCPU:
            return Status::kTimeLimitExceeded;
        case SIGXFSZ:
            return Status::kOutputLimitExceeded;
        case SIGSYS:
            return Status::kDangerousSyscall;
        default:
            return Status::kSignalled;
    }
}

void decide_by_end(const RunFacts& facts, CommandResult& result) {
    if (!facts.failure.empty()) {
        result.status = Status::kInternalError;
        result.error = facts.failure;
    } else if (WIFSIGNALED(facts.wait_status)) {
        result.exit_status = WTERMSIG(facts.wait_status);
        result.status = of_signal(result.exit_status);
    } else {
        result.exit_status = WEXITSTATUS(facts.wait_status);
        result.status = result.exit_status == 0 ? Status::kAccepted : Status::kNonzeroExitStatus;
    }
}

void decide_by_files(const RunFacts& facts, CommandResult& result) {
    if (result.status != Status::kAccepted) return;
    if (facts.collector_exceeded) {
        result.status = Status::kOutputLimitExceeded;
        result.error = name_of(Status::kOutputLimitExceeded);
    } else if (!facts.copy_failure.empty()) {
        result.status = Status::kFileError;
        result.error = facts.copy_failure;
    }
}

void decide_by_limits(const Command& command, const RunFacts& facts, CommandResult& result) {
    if (result.time > command.cpu_limit) result.status = Status::kTimeLimitExceeded;
    if (result.memory_bytes > command.memory_limit_bytes || facts.killed_for_memory) {
        result.status = Status::kMemoryLimitExceeded;
    }
    // Killed by someone else, and before its time: the program itself, or the one who cancelled.
    if (result.status == Status::kTimeLimitExceeded && result.exit_status != 0 &&
        result.time < command.cpu_limit && result.run_time < command.clock_limit) {
        result.status = Status::kSignalled;
    }
}

}  // namespace

void decide(const Command& command, const RunFacts& facts, CommandResult& result) {
    result.time = facts.time;
    result.run_time = facts.wall;
    result.memory_bytes = facts.memory_bytes;
    result.process_peak = facts.process_peak;
    decide_by_end(facts, result);
    decide_by_files(facts, result);
    decide_by_limits(command, facts, result);
}

}  // namespace assay::judge
