#include "internal/runner/verdict.hpp"

#include <cerrno>
#include <csignal>

#include "internal/app/exit_codes.hpp"

namespace assay::runner {
namespace {

template <class Figure>
bool exceeds(const Figure& figure, const std::optional<Figure>& limit) {
    return limit && figure > *limit;
}

}  // namespace

Judgement judge(const Facts& facts, const Limits& limits) {
    if (facts.internal_failure || (!facts.exit_code && !facts.signal)) {
        return {Verdict::kInternal, {}};
    }
    if (facts.oom_kills > 0 || exceeds(facts.sampled_memory_bytes, limits.memory_bytes)) {
        return {Verdict::kMemory, "memory-limit"};
    }
    if (exceeds(facts.cpu, limits.cpu)) return {Verdict::kTime, "cpu-limit"};
    if (exceeds(facts.wall, limits.wall)) return {Verdict::kWall, "wall-limit"};
    if (exceeds(facts.output_bytes, limits.output_bytes)) {
        return {Verdict::kOutput, "output-limit"};
    }
    // Without a limit of ours the signal is the program's own doing (it can set its own rlimit).
    if (facts.signal == SIGXFSZ && limits.file_size_bytes) {
        return {Verdict::kOutput, "file-size-limit"};
    }
    if (facts.signal == SIGSYS) return {Verdict::kSyscall, "seccomp"};
    if (facts.signal) return {Verdict::kSignal, {}};
    return {*facts.exit_code == 0 ? Verdict::kOk : Verdict::kNonzero, {}};
}

int exit_code_of(const Outcome& outcome) {
    switch (outcome.verdict) {
        case Verdict::kInternal:
            if (outcome.start_error == 0) return app::kRunFailed;
            return outcome.start_error == ENOENT ? app::kRunNotFound : app::kRunCannotExecute;
        case Verdict::kMemory:
            return app::kRunMemoryLimit;
        case Verdict::kTime:
        case Verdict::kWall:
            return app::kRunTimeLimit;
        case Verdict::kOutput:
            return app::kRunOutputLimit;
        case Verdict::kSyscall:
            return app::kRunForbiddenCall;
        case Verdict::kSignal:
            return app::kRunSignalBase + outcome.signal.value_or(0);
        case Verdict::kNonzero:
        case Verdict::kOk:
            return outcome.exit_code.value_or(app::kRunFailed);
    }
    return app::kRunFailed;
}

}  // namespace assay::runner
