// A group for many runs, one after the other, with the figures of each its own.
//
// Most of a group can be used again: limits are written when they differ, CPU time is the
// difference to what was read before. Peaks are the difficulty. What they count is a directory
// below the group: on v1 of the memory controller alone, on v2 the one that processes live in. Its
// peak of memory is set back (memory.max_usage_in_bytes, memory.peak since 6.12) where the run
// before has left at most 512 KiB charged, which then is the most by which the next figure is too
// high: mostly pages that the kernel holds ready for the group on each CPU, 60 to 600 KiB on two
// CPUs after a mere `cat`. With more left (page cache, many CPUs), where a v2 run had more than
// one process, whose peak cannot be set back, and on older kernels, the directory is made anew. In
// a daemon that runs `cat` it is, one time in sixteen; each costs 110 us more.
//
// Rejected: a new directory for every run, for the above; to take what is left off the next figure,
// as the pages held ready are the next run's first; force_empty, which throws the host's page cache
// away.
//
// One thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "pkg/cgroup/cgroup.hpp"
#include "pkg/result/result.hpp"

namespace assay::cgroup {

class ReusableGroup {
  public:
    // Ready for the first run, whose processes may use the CPUs of the list (empty: the parent's).
    // As Hierarchy::create(), not to be called by two threads at once.
    static Result<ReusableGroup> create(const Hierarchy& hierarchy, const std::string& cpu_set);

    // Before processes join: what this run may use. Without a number there is no limit. The limits
    // of CPUs are not these runs'.
    Result<void> limit(const Limits& limits);
    std::span<const int> join_descriptors() const;
    // CPU time of this run so far. Hot path: one pread.
    Result<std::chrono::nanoseconds> cpu_time() const;

    // At the end of the run: CPU time, peaks and, where it can be known, kills for want of memory.
    Usage usage() const;
    // Ready for the next run. The group must be empty of processes; an error says that it cannot be
    // used any more.
    Result<void> renew();

    ReusableGroup(ReusableGroup&&) noexcept;
    ReusableGroup& operator=(ReusableGroup&&) noexcept;
    ~ReusableGroup();  // kills what is in it and removes it

  private:
    struct State;
    explicit ReusableGroup(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace assay::cgroup
