// From facts to a verdict, and from a verdict to an exit code: pure functions.
//
// The verdict never asks who sent a kill: it compares the final figures with the limits. So a
// program that ends by itself 1 ms past its limit gets the same verdict as one that had to be
// killed, and a program that kills itself with SIGKILL is not taken for one that ran out of memory.
// A figure equal to its limit is within it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "internal/runner/job.hpp"
#include "internal/runner/outcome.hpp"

namespace assay::runner {

struct Facts {
    bool internal_failure = false;  // it could not be started, or the box died without a report
    std::uint64_t oom_kills = 0;    // in its group
    std::uint64_t sampled_memory_bytes =
        0;                            // highest sample where no group enforces the limit, else 0
    std::chrono::nanoseconds cpu{0};  // final, whole tree
    std::chrono::nanoseconds wall{0};
    std::uint64_t output_bytes =
        0;  // offered to the collected streams, one past the limit at least
    std::optional<int> exit_code;
    std::optional<int> signal;
};

struct Judgement {
    Verdict verdict = Verdict::kInternal;
    std::string_view limit;  // the option whose limit fired, empty when none did

    bool operator==(const Judgement&) const = default;
};

Judgement judge(const Facts& facts, const Limits& limits);

// What `assay run` exits with: the program's own code, or one of app::RunExitCode.
int exit_code_of(const Outcome& outcome);

}  // namespace assay::runner
