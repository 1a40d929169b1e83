// From the init to the program: the last process of ours, and its exec.
//
// The launcher shares the init's memory (vfork), so it costs nothing and its every step can write
// its error into a struct; therefore it calls system calls only, on data prepared before. Order
// matters: the ids and capabilities go before the filter, and the groups are joined last, so that
// what the set-up costs is not charged to the program; only a filter that may refuse the join comes
// after it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"
#include "pkg/sandbox/box.hpp"
#include "pkg/sandbox/identity.hpp"

namespace assay::sandbox {

struct LaunchResult {
    pid_t pid = -1;
    int exec_error = 0;             // errno of the exec; the process has been reaped then
    std::int64_t exec_time_ns = 0;  // CLOCK_MONOTONIC
};

struct LaunchContext {
    const ProgramSpec& program;
    const Identity& identity;
    int stdio[3] = {-1, -1, -1};
    std::vector<posix::UniqueFd> cgroup_join;
    mode_t umask = 022;     // the caller's
    int trace_socket = -1;  // where the tracing filter's listener is sent
};

// Runs in the init. An error is a failure before the exec.
Result<LaunchResult> launch(const LaunchContext& context);

}  // namespace assay::sandbox
