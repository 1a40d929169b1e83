// From the init of a box, or the zygote of a slot, to the program: the last process of ours, and
// its exec.
//
// The launcher shares its parent's memory (vfork), so it costs nothing and its every step can write
// its error into a struct; therefore it calls system calls only, on data prepared before. Order
// matters: the ids and capabilities go before the filter, and the groups are joined last, so that
// what the set-up costs is not charged to the program. Two things come after it: a filter that may
// refuse the join, and, since the capability for a cgroup namespace goes with the ids, the change
// of ids where there is such a namespace (2 us each).
#pragma once

#include <linux/filter.h>
#include <sched.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"
#include "pkg/sandbox/box.hpp"
#include "pkg/sandbox/identity.hpp"

namespace assay::sandbox {

// Everything that the launcher needs, ready for system calls. What it points to is borrowed.
struct LaunchPlan {
    std::span<const char* const> candidates;  // paths to try in this order
    // The first candidate that is an executable file is the program, whatever its exec says. Else
    // all are tried, as execvp(3) does.
    bool look_up = false;
    char* const* arguments = nullptr;  // both end with nullptr
    char* const* environment = nullptr;
    const char* working_directory = "/";
    std::span<int> descriptors;  // becomes 0, 1, 2, …; -1: closed; the launcher renumbers them
    bool controlling_terminal = false;  // descriptor 0 becomes it
    std::span<const ResourceLimit> limits;
    const cpu_set_t* cpus = nullptr;  // affinity; null: inherited
    Ids ids;
    bool drop_groups = false;  // supplementary ones; not allowed to whoever maps one id only
    mode_t umask = 022;
    std::span<const sock_filter> seccomp;
    bool filter_lets_write = false;  // it can be installed before the groups are joined
    bool trace = false;              // seccomp is trace_program(), its listener goes to
    int trace_socket = -1;
    std::span<int> cgroup_join;  // the launcher renumbers them
    // The program's groups are the root of what it can see of groups: cgroup_namespaces(7).
    bool own_cgroup_namespace = false;
    int busy_retries = 0;  // of an exec that fails with ETXTBSY, 1 ms apart
};

// What became of it. The process has been reaped unless pid is set.
struct Launched {
    pid_t pid = -1;
    const char* failed_step = nullptr;  // "enter the working directory"; nullptr: the exec failed
    int error = 0;                      // errno of the step or the exec
    const char* path = nullptr;         // the candidate that decided; nullptr: there is none
    std::int64_t exec_time_ns = 0;      // CLOCK_MONOTONIC
};

// An error: there is no process to be had.
Result<Launched> launch(const LaunchPlan& plan);

struct LaunchResult {
    pid_t pid = -1;
    int exec_error = 0;             // errno of the exec; the process has been reaped then
    std::int64_t exec_time_ns = 0;  // CLOCK_MONOTONIC
};

// The program of a box.
struct LaunchContext {
    const ProgramSpec& program;
    const Identity& identity;
    int stdio[3] = {-1, -1, -1};
    std::span<const ResourceLimit> limits;  // all that the program gets
    std::vector<posix::UniqueFd> cgroup_join;
    mode_t umask = 022;     // the caller's
    int trace_socket = -1;  // where the tracing filter's listener is sent
};

// Runs in the init. An error is a failure before the exec.
Result<LaunchResult> launch(const LaunchContext& context);

std::int64_t monotonic_ns();  // CLOCK_MONOTONIC, async-signal-safe

// For good and for every process below: the bounding set is empty, uid 0 means nothing to an exec.
// Capabilities that the process has stay until it drops them. Async-signal-safe; errno on false.
bool renounce_capabilities();

// With a nullptr at the end. The strings are borrowed.
std::vector<char*> exec_pointers(std::span<const std::string> strings);

}  // namespace assay::sandbox
