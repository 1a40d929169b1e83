// The control groups of runs: limits set before a program starts, figures read when it has ended.
//
// Groups wait for work as slots do, no more than are needed, and are made ready again outside a
// request's answer time. A command that asks for CPUs or a CPU rate of its own gets a group of its
// own.
//
// Without control groups there is none, and limits and figures are those of rlimits and rusage. A
// controller that the host lacks is left out; a limit that cannot be set is an error.
//
// Thread-safe, a PooledCgroup for one thread at a time.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "internal/judge/execute/worker_pool.hpp"
#include "internal/judge/model/model.hpp"
#include "pkg/cgroup/cgroup.hpp"
#include "pkg/cgroup/reusable_group.hpp"
#include "pkg/result/result.hpp"

namespace assay::judge {

class PooledCgroup {
  public:
    std::span<const int> join_descriptors() const;
    Result<std::chrono::nanoseconds> cpu_time() const;
    cgroup::Usage usage() const;

  private:
    friend class CgroupPool;
    using Any = std::variant<cgroup::ReusableGroup, cgroup::Group>;
    PooledCgroup(Any group, std::string cpu_set)
        : group_(std::move(group)), cpu_set_(std::move(cpu_set)) {}
    Any group_;
    std::string cpu_set_;
};

class CgroupPool {
  public:
    // Both are borrowed. No more than most_kept wait for each set of CPUs.
    CgroupPool(const cgroup::Hierarchy& hierarchy, const PoolOptions& options,
               std::size_t most_kept);

    bool available() const { return hierarchy_.version() != cgroup::Version::kNone; }
    bool pins_cpus() const { return hierarchy_.has(cgroup::Controller::kCpuset); }

    // The contract knows a peak of processes on v2 alone.
    bool counts_processes() const { return hierarchy_.version() == cgroup::Version::kV2; }

    // Makes one that waits for runs on these CPUs.
    Result<void> add(const std::string& worker_cpus);
    // A group under the command's limits; empty without control groups. The error reads as clients
    // know it.
    Result<std::optional<PooledCgroup>> take(const Command& command,
                                             const std::string& worker_cpus);
    // After a run, when all its processes are dead.
    void give_back(PooledCgroup group);
    // Removes those that wait.
    void clear();

  private:
    Result<cgroup::ReusableGroup> take_waiting(const std::string& cpu_set);
    cgroup::Limits limits_of(const Command& command) const;

    const cgroup::Hierarchy& hierarchy_;
    const PoolOptions& options_;
    const std::size_t most_kept_;
    std::mutex mutex_;  // of the hierarchy and of those that wait
    std::map<std::string, std::vector<cgroup::ReusableGroup>> waiting_;  // by CPUs
};

// memory_limit_bytes and what the server adds, at most the largest number.
std::uint64_t hard_memory_limit(const Command& command, const PoolOptions& options);

}  // namespace assay::judge
