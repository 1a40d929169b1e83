// Figures of a process tree where no control group counts them: read from /proc while it runs.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>

namespace assay::runner {

struct ProcessSample {
    std::chrono::nanoseconds cpu{0};   // of the live processes
    std::uint64_t resident_bytes = 0;  // sum over processes; shared pages count for each
    std::uint64_t processes = 0;       // threads included
};

// All descendants of `ancestor`, itself not included. Processes that end while they are read are
// left out. Needs CONFIG_PROC_CHILDREN (proc(5), /proc/PID/task/TID/children).
ProcessSample sample_descendants(pid_t ancestor);

// CPU time of the children that `parent` has waited for, to the tick (proc(5), cutime and cstime).
std::chrono::nanoseconds waited_children_cpu(pid_t parent);

}  // namespace assay::runner
