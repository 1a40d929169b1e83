// A folder of test cases: the program runs on every NAME.in, its output is compared with the
// answer.
//
// Each case is a job of its own, N in flight; input and output are files, so no pipe can stall. The
// output goes to a file of bounded length, compared once the program has ended. The program sees
// neither the directory of the cases nor another case's output. A compile step runs first, in a box
// too (build_directory.hpp); a checker runs in a box per case and sees /case/input, /case/output
// and /case/answer.
//
// The built-in comparisons run between the polls of the supervisor: other programs in flight are
// then looked at later by the time that takes (20 ms for 64 MiB), their figures stay exact.
#pragma once

#include <linux/filter.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "internal/runner/case_files.hpp"
#include "internal/runner/compare.hpp"
#include "internal/runner/job.hpp"
#include "internal/runner/outcome.hpp"
#include "internal/runner/progress.hpp"
#include "internal/runner/supervisor.hpp"
#include "pkg/result/result.hpp"

namespace assay::runner {

// How much a case may print when --output-limit does not say.
inline constexpr std::uint64_t kCaseOutputBytes = std::uint64_t{64} << 20;

struct CasesOptions {
    std::string directory;
    CompareRule compare;
    std::size_t jobs = 1;  // in flight, at least 1
    bool fail_fast = false;
    std::vector<std::string> compile;       // words; empty: no such step
    std::vector<sock_filter> tool_seccomp;  // for compiler and checker
};

struct CaseResult {
    TestCase test;
    bool ran = false;  // to its end: false after --fail-fast, an interrupt, a failed compile step
    Outcome outcome;   // a checker that failed makes it `internal`
    std::optional<Comparison>
        comparison;      // when the program ended well and there was something to compare
    std::string errors;  // the beginning of what it wrote to stderr
};

// "ok", "wrong", "skipped", else the outcome's word.
std::string_view word(const CaseResult& result);
bool passed(const CaseResult& result);

struct CasesReport {
    std::string directory;
    std::string compare;
    std::size_t jobs = 1;
    std::vector<std::string> command;
    Limits limits;
    std::vector<std::string> compile_command;
    std::optional<Outcome> compile;
    std::vector<CaseResult> cases;  // in natural order
    std::chrono::nanoseconds elapsed{0};
    int interrupted = 0;  // the signal

    std::size_t passed = 0;
    std::size_t failed = 0;
    std::size_t skipped = 0;
};

// 0: all passed; 1: a case or the compile step failed; 125: something could not run; 128+N:
// interrupted.
int exit_code_of(const CasesReport& report);

// The prototype gives command, environment, limits, files and policy; its streams and copies out
// are not used, but the compile step's messages go to its stderr. Errors: the cases cannot be
// found, the job is misspelt, the host has no room.
Result<CasesReport> run_cases(Supervisor& supervisor, const CasesOptions& options,
                              const Job& prototype, Progress& progress);

}  // namespace assay::runner
