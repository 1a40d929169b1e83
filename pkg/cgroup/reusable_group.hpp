// A group for many runs, one after the other, with the figures of each its own.
//
// Most of a group can be used again: limits are set anew, CPU time is the difference to what was
// read before, and the number of processes has nothing to carry over. Memory cannot: what a run has
// left charged (page cache, dentries, pages held back per CPU, 150 to 400 KiB after a mere `cat`)
// would be found in the peak of the next. So the part that counts memory is a directory below the
// group that is made anew for every run: on v1 of the memory controller alone, on v2 the one that
// processes live in. It costs 125 us a run, a Group of its own 290, and of these only the limits
// and the figures lie between a run's request and its answer.
//
// Rejected: resetting the peak (memory.max_usage_in_bytes, memory.peak since 6.12), for the above;
// force_empty, which throws the host's page cache away.
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
