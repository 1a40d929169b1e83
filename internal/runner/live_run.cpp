#include "internal/runner/live_run.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "internal/runner/copy_out.hpp"
#include "internal/runner/start_failure.hpp"
#include "internal/runner/system_view.hpp"
#include "internal/runner/verdict.hpp"
#include "pkg/posix/files.hpp"

namespace assay::runner {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// A running task's CPU figure is up to a scheduler tick old: to look more often tells nothing new.
constexpr nanoseconds kShortestCheck = milliseconds(1);
constexpr nanoseconds kSamplingPeriod = milliseconds(10);
// How long the init may take to end everything before it is killed itself.
constexpr nanoseconds kKillPatience = std::chrono::seconds(5);

unsigned usable_cpus(const Limits& limits) {
    cpu_set_t set;
    CPU_ZERO(&set);
    unsigned cpus = 1;
    if (::sched_getaffinity(0, sizeof set, &set) == 0)
        cpus = static_cast<unsigned>(CPU_COUNT(&set));
    if (limits.processes) {
        cpus = static_cast<unsigned>(
            std::min<std::uint64_t>(cpus, std::max<std::uint64_t>(*limits.processes, 1)));
    }
    return std::max(cpus, 1u);
}

nanoseconds to_duration(const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

// The limits that a group of this hierarchy enforces, and those that it cannot.
struct Division {
    cgroup::Limits enforced;
    Limits missing;
};

Division divide(const Limits& limits, const cgroup::Hierarchy& hierarchy) {
    using cgroup::Controller;
    Division division;
    const auto assign = [&hierarchy](Controller controller, const auto& value, auto& enforced,
                                     auto& missing) {
        (hierarchy.has(controller) ? enforced : missing) = value;
    };
    cgroup::Limits& enforced = division.enforced;
    Limits& missing = division.missing;
    assign(Controller::kMemory, limits.memory_bytes, enforced.memory_bytes, missing.memory_bytes);
    assign(Controller::kPids, limits.processes, enforced.processes, missing.processes);
    assign(Controller::kCpu, limits.cpu_rate, enforced.cpu_rate, missing.cpu_rate);
    assign(Controller::kCpuset, limits.cpu_set, enforced.cpu_set, missing.cpu_set);
    if (!hierarchy.has(Controller::kCpuacct)) missing.cpu = limits.cpu;
    return division;
}

}  // namespace

Result<std::unique_ptr<LiveRun>> LiveRun::start(const Job& job, HostGroups& groups,
                                                Watcher& watcher) {
    std::unique_ptr<LiveRun> run(new LiveRun(job, watcher));
    if (Result<void> ready = run->set_up(groups); !ready.has_value()) {
        if (ready.error().kind == ErrorKind::kUsage) return std::move(ready).error();
        run->fail(ready.error());
    }
    return run;
}

LiveRun::~LiveRun() {
    stop_watching();
}

void LiveRun::stop_watching() {
    if (box_) watcher_.unwatch(box_->event_descriptor());
    if (group_) watcher_.unwatch(group_->oom_event_descriptor());
    if (trace_) watcher_.unwatch(trace_->descriptor());
}

Result<void> LiveRun::set_up(HostGroups& groups) {
    cpus_ = usable_cpus(job_.limits);
    ASSAY_TRY(sandbox::BoxSpec spec, make_box_spec(job_));
    ASSAY_CHECK(prepare_streams(spec));
    // Its init builds the file system while the groups are found and made.
    ASSAY_TRY(box_, sandbox::Box::create(spec));
    ASSAY_TRY(const std::optional<std::uint64_t> process_limit, make_group(groups));
    ASSAY_TRY(
        const sandbox::ProgramStart start,
        box_->start(group_ ? group_->join_descriptors() : std::span<const int>(), process_limit));
    outcome_.weaker_limits.insert(outcome_.weaker_limits.end(), box_->notes().begin(),
                                  box_->notes().end());
    if (collector_) collector_->release_program_ends();
    if (start.error != 0) {
        refuse_start(start.error);
        return {};
    }
    started_ = start.at;
    watch_box();
    tick(Clock::now());
    return {};
}

Result<std::optional<std::uint64_t>> LiveRun::make_group(HostGroups& groups) {
    ASSAY_TRY(const cgroup::Hierarchy* const hierarchy, groups.find());
    outcome_.cgroup = cgroup::name_of(hierarchy->version());
    const Division division = divide(job_.limits, *hierarchy);
    const bool grouped = hierarchy->version() != cgroup::Version::kNone;
    Substitutes substitutes = without_groups(division.missing);
    if (job_.require_cgroup && (!grouped || !substitutes.weaker.empty())) {
        const std::string reason = grouped ? substitutes.weaker.front() : hierarchy->why_not();
        return unsupported_error("cannot enforce the limits by control groups: " + reason);
    }
    outcome_.weaker_limits = std::move(substitutes.weaker);
    memory_enforced_ = grouped && !division.missing.memory_bytes;
    sampling_ = !memory_enforced_ || division.missing.cpu;
    if (grouped) {
        ASSAY_TRY(group_, hierarchy->create(division.enforced));
    }
    return substitutes.process_limit;
}

void LiveRun::refuse_start(int error_number) {
    fail(describe_start_failure(job_, error_number));
    outcome_.start_error = error_number;
    // The kernel could not even load the program within the group.
    if (error_number != ENOMEM || !job_.limits.memory_bytes) return;
    outcome_.verdict = Verdict::kMemory;
    outcome_.limit = "memory-limit";
    outcome_.error = describe_memory_failure(job_, outcome_);
}

Result<void> LiveRun::prepare_streams(sandbox::BoxSpec& spec) {
    if (!job_.limits.output_bytes || job_.streams.terminal) return {};
    ASSAY_TRY(collector_,
              Collector::create(watcher_, job_.streams.stdout_fd, job_.streams.stderr_fd,
                                *job_.limits.output_bytes, [this] { kill(); }));
    spec.program.stdout_fd = collector_->program_stdout();
    spec.program.stderr_fd = collector_->program_stderr();
    return {};
}

void LiveRun::watch_box() {
    watcher_.watch(box_->event_descriptor(), POLLIN, [this](short) { collect_exit(); });
    watch_memory();
    watch_syscalls();
    if (job_.streams.terminal) {
        terminal_ = std::make_unique<Terminal>(watcher_, box_->take_terminal(),
                                               job_.streams.stdin_fd, job_.streams.stdout_fd);
    }
}

void LiveRun::watch_memory() {
    memory_check_pending_ = false;
    if (!group_ || group_->oom_event_descriptor() < 0) return;
    watcher_.watch(group_->oom_event_descriptor(), POLLIN, [this](short) { check_memory(); });
}

void LiveRun::watch_syscalls() {
    if (!job_.trace_syscalls) return;
    trace_.emplace(box_->take_syscall_listener());
    watcher_.watch(trace_->descriptor(), POLLIN, [this, listener = trace_->descriptor()](short) {
        (void)trace_->drain();
        if (trace_->descriptor() < 0) watcher_.unwatch(listener);
    });
}

std::vector<std::string> LiveRun::traced_syscalls() const {
    return trace_ ? trace_->names() : std::vector<std::string>();
}

void LiveRun::fail(const Error& error) {
    outcome_.verdict = Verdict::kInternal;
    outcome_.error = to_string(error);
    over_ = true;
}

void LiveRun::collect_exit() {
    watcher_.unwatch(box_->event_descriptor());
    Result<sandbox::ProgramExit> exit = box_->finish();
    if (exit.has_value()) {
        exit_ = *exit;
        over_ = true;
    } else {
        fail(exit.error());
    }
}

void LiveRun::kill() {
    if (killed_at_ || over_) return;
    killed_at_ = Clock::now();
    next_check_ = *killed_at_ + kKillPatience;
    box_->kill();
}

void LiveRun::abort(const std::string& reason) {
    outcome_.error = reason;
    aborted_ = true;
    if (!over_) kill();
}

void LiveRun::check_memory() {
    const Result<std::uint64_t> kills = group_->oom_kills();
    watcher_.unwatch(group_->oom_event_descriptor());
    if (kills.has_value() && *kills > 0) {
        // The whole tree ends with the first victim: what is left is a program that lost a part of
        // itself.
        kill();
    } else if (!killed_at_) {
        // v1 tells of the event before it kills, and goes on telling until then.
        memory_check_pending_ = true;
        next_check_ = Clock::now() + kShortestCheck;
    }
}

nanoseconds LiveRun::cpu_now() {
    if (group_) {
        if (const Result<nanoseconds> cpu = group_->cpu_time(); cpu.has_value()) return *cpu;
    }
    return sampled_cpu_;
}

void LiveRun::take_sample() {
    const ProcessSample sample = sample_descendants(box_->init_pid());
    highest_.resident_bytes = std::max(highest_.resident_bytes, sample.resident_bytes);
    highest_.processes = std::max(highest_.processes, sample.processes);
    sampled_cpu_ = std::max(sampled_cpu_, sample.cpu + waited_children_cpu(box_->init_pid()));
}

void LiveRun::tick(Clock::time_point now) {
    if (over_) return;
    if (killed_at_) {
        if (now >= *killed_at_ + kKillPatience)
            fail(Error{ErrorKind::kInternal, 0, "cannot end the sandbox", {}});
        return;
    }
    if (memory_check_pending_) watch_memory();
    const Limits& limits = job_.limits;
    if (sampling_) take_sample();
    const nanoseconds cpu = limits.cpu ? cpu_now() : nanoseconds(0);
    if (limits.cpu && cpu > *limits.cpu + limits.extra_time) return kill();
    if (limits.wall && now - started_ > *limits.wall + limits.extra_time) return kill();
    if (!memory_enforced_ && limits.memory_bytes && sampled_memory() > *limits.memory_bytes) {
        return kill();
    }
    schedule(now, cpu);
}

void LiveRun::schedule(Clock::time_point now, nanoseconds cpu_used) {
    const Limits& limits = job_.limits;
    std::optional<Clock::time_point> next;
    const auto at_latest = [&next](Clock::time_point time) {
        next = next ? std::min(*next, time) : time;
    };
    if (limits.wall) at_latest(started_ + *limits.wall + limits.extra_time + nanoseconds(1));
    if (limits.cpu) {
        const nanoseconds left = *limits.cpu + limits.extra_time - cpu_used;
        at_latest(now + std::max(left / cpus_, kShortestCheck));
    }
    if (sampling_) at_latest(now + kSamplingPeriod);
    next_check_ = next;
}

Outcome LiveRun::finish() {
    if (collector_) collector_->drain();
    if (terminal_) terminal_->drain();
    terminal_.reset();
    stop_watching();
    if (exit_) {
        fill_usage();
        judge();
        copy_out();
    }
    if (collector_) outcome_.output_bytes = collector_->bytes();
    if (!exit_ && group_) (void)group_->kill(std::chrono::seconds(2));
    // The box's namespaces go while the group is removed.
    if (box_) box_->dismiss();
    group_.reset();
    box_.reset();
    return outcome_;
}

void LiveRun::fill_usage() {
    const int status = exit_->wait_status;
    if (WIFEXITED(status)) outcome_.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) outcome_.signal = WTERMSIG(status);
    const rusage& tree = exit_->tree_usage;
    outcome_.wall = exit_->wall;
    outcome_.started = started_;
    outcome_.user = to_duration(tree.ru_utime);
    outcome_.system = to_duration(tree.ru_stime);
    outcome_.max_rss_bytes = static_cast<std::uint64_t>(exit_->usage.ru_maxrss) * 1024;
    outcome_.voluntary_switches = static_cast<std::uint64_t>(tree.ru_nvcsw);
    outcome_.involuntary_switches = static_cast<std::uint64_t>(tree.ru_nivcsw);
    outcome_.leftover_processes = exit_->leftover_processes;
    fill_sampled_figures();
    if (group_) fill_group_figures();
}

void LiveRun::fill_sampled_figures() {
    outcome_.cpu = std::max(outcome_.user + outcome_.system, sampled_cpu_);
    outcome_.cpu_source = "rusage";
    const std::uint64_t sampled = sampled_memory();
    outcome_.memory_peak_bytes = sampled > 0 ? sampled : outcome_.max_rss_bytes;
    outcome_.memory_source = sampling_ ? "sampled" : "max-rss";
    if (highest_.processes > 0) outcome_.processes_peak = highest_.processes;
}

// The highest sum seen while it ran, or what its largest process is known to have had at the end. 0
// when it was never seen and had less than its launcher.
std::uint64_t LiveRun::sampled_memory() const {
    const std::uint64_t largest = outcome_.max_rss_bytes;
    const bool own = exit_ && largest > exit_->inherited_rss_bytes;
    return std::max(highest_.resident_bytes, own ? largest : 0);
}

void LiveRun::fill_group_figures() {
    const cgroup::Usage usage = group_->usage();
    if (usage.cpu) {
        outcome_.cpu = *usage.cpu;
        outcome_.cpu_source = "cgroup";
    }
    if (usage.user && usage.system) {
        outcome_.user = *usage.user;
        outcome_.system = *usage.system;
    }
    if (usage.memory_peak_bytes) {
        outcome_.memory_peak_bytes = *usage.memory_peak_bytes;
        outcome_.memory_source = "cgroup";
    }
    outcome_.oom_kills = usage.oom_kills.value_or(0);
    if (usage.processes_peak) outcome_.processes_peak = usage.processes_peak;
    outcome_.io_read_bytes = usage.io_read_bytes;
    outcome_.io_written_bytes = usage.io_written_bytes;
}

void LiveRun::judge() {
    Facts facts;
    facts.internal_failure = aborted_;
    facts.oom_kills = outcome_.oom_kills;
    if (!memory_enforced_) facts.sampled_memory_bytes = sampled_memory();
    facts.cpu = outcome_.cpu;
    facts.wall = outcome_.wall;
    facts.output_bytes = collector_ ? collector_->bytes() : 0;
    facts.exit_code = outcome_.exit_code;
    facts.signal = outcome_.signal;
    const Judgement judgement = runner::judge(facts, job_.limits);
    outcome_.verdict = judgement.verdict;
    outcome_.limit = judgement.limit;
    if (outcome_.verdict == Verdict::kSignal) outcome_.error = describe_loader_failure(job_);
    if (outcome_.verdict == Verdict::kMemory)
        outcome_.error = describe_memory_failure(job_, outcome_);
}

void LiveRun::copy_out() {
    for (const Copy& copy : job_.files.copy_out) {
        const Result<void> copied =
            copy_out_of(*box_, copy, job_.limits.disk_bytes.value_or(kDefaultDiskBytes));
        if (copied.has_value()) continue;
        // A program that failed has the verdict of its failure; what it did not leave is no news
        // then.
        if (outcome_.verdict == Verdict::kOk) fail(copied.error());
    }
}

}  // namespace assay::runner
