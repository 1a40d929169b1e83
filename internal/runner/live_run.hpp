// One job from its start to its outcome: the box, its control group, its limits.
//
// The Supervisor calls tick() when next_check() has come and finish() when the box's event
// descriptor is ready.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "internal/runner/collector.hpp"
#include "internal/runner/host_groups.hpp"
#include "internal/runner/job.hpp"
#include "internal/runner/outcome.hpp"
#include "internal/runner/process_sample.hpp"
#include "internal/runner/terminal.hpp"
#include "internal/runner/watcher.hpp"
#include "pkg/cgroup/cgroup.hpp"
#include "pkg/result/result.hpp"
#include "pkg/sandbox/box.hpp"
#include "pkg/sandbox/notify.hpp"

namespace assay::runner {

class LiveRun {
  public:
    using Clock = std::chrono::steady_clock;

    // Borrows the groups and the watcher. A usage error is one in the job; failures of the host
    // are told by the outcome.
    static Result<std::unique_ptr<LiveRun>> start(const Job& job, HostGroups& groups,
                                                  Watcher& watcher);
    ~LiveRun();
    LiveRun(const LiveRun&) = delete;
    LiveRun& operator=(const LiveRun&) = delete;

    // The run is over: by an exit report, a failed exec or a failed set-up.
    bool over() const { return over_; }
    std::optional<Clock::time_point> next_check() const { return next_check_; }

    // Looks at the limits and kills for those that are passed.
    void tick(Clock::time_point now);
    // Ends the run from outside; the outcome says why.
    void abort(const std::string& reason);

    // The calls that the program made, sorted, with trace_syscalls; before finish().
    std::vector<std::string> traced_syscalls() const;

    // Once over: final figures, verdict, copies out; everything of the box is gone afterwards.
    Outcome finish();

  private:
    LiveRun(const Job& job, Watcher& watcher) : job_(job), watcher_(watcher) {}

    Result<void> set_up(HostGroups& groups);
    // Returns the RLIMIT_NPROC that stands in for a group's limit.
    Result<std::optional<std::uint64_t>> make_group(HostGroups& groups);
    Result<void> prepare_streams(sandbox::BoxSpec& spec);
    void watch_box();
    void watch_memory();
    void watch_syscalls();
    void stop_watching();
    void fail(const Error& error);
    void refuse_start(int error_number);
    // Ends everything in the box; which limit it was follows from the figures.
    void kill();
    void collect_exit();

    std::chrono::nanoseconds cpu_now();
    void take_sample();
    void check_memory();
    void schedule(Clock::time_point now, std::chrono::nanoseconds cpu_used);

    void fill_usage();
    void fill_group_figures();
    void fill_sampled_figures();
    std::uint64_t sampled_memory() const;
    void judge();
    void copy_out();

    Job job_;
    Watcher& watcher_;
    std::optional<cgroup::Group> group_;
    std::unique_ptr<Collector> collector_;
    std::unique_ptr<Terminal> terminal_;
    std::optional<sandbox::SyscallTrace> trace_;
    std::optional<sandbox::Box> box_;
    Outcome outcome_;
    std::optional<sandbox::ProgramExit> exit_;
    std::optional<Clock::time_point> next_check_;
    Clock::time_point started_;
    std::optional<Clock::time_point> killed_at_;
    bool over_ = false;
    bool aborted_ = false;
    bool memory_check_pending_ = false;
    bool memory_enforced_ = false;  // by the group; else by samples
    bool sampling_ = false;         // for the memory limit, or because no group counts CPU time
    ProcessSample highest_;
    std::chrono::nanoseconds sampled_cpu_{0};
    unsigned cpus_ = 1;
};

}  // namespace assay::runner
