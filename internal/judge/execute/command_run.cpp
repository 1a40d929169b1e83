#include "internal/judge/execute/command_run.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <utility>

#include "internal/judge/execute/copy_in.hpp"
#include "internal/judge/execute/copy_out.hpp"
#include "internal/judge/execute/cpu_list.hpp"
#include "internal/judge/execute/wording.hpp"

namespace assay::judge {
namespace {

using std::chrono::nanoseconds;

// How long a killed program may take to be gone: a core's worth of memory is freed in less.
constexpr std::chrono::seconds kEndPatience{10};

// The CPU figure of a running process is a tick old: looking more often tells nothing new.
constexpr std::chrono::milliseconds kTick{4};

nanoseconds cpu_time(const rusage& usage) {
    const auto whole = std::chrono::seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec);
    return whole + std::chrono::microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

// With a limit of one byte no handler of the host is started for a core, with 0 one is: core(5).
std::uint64_t least_core_limit() {
    rlimit own{};
    return ::getrlimit(RLIMIT_CORE, &own) == 0 ? std::min<std::uint64_t>(1, own.rlim_max) : 0;
}

// The last one counts.
std::optional<std::string> search_path(const std::vector<std::string>& environment) {
    constexpr std::string_view kName = "PATH=";
    for (auto entry = environment.rbegin(); entry != environment.rend(); ++entry) {
        if (entry->starts_with(kName)) return entry->substr(kName.size());
    }
    return std::nullopt;
}

}  // namespace

CommandRun::CommandRun(const Command& command, std::size_t index,
                       const RunSurroundings& surroundings, ReadySlot slot, CachedInputs cached)
    : command_(command),
      index_(index),
      surroundings_(surroundings),
      slot_(std::move(slot)),
      cached_(std::move(cached)) {}

CommandRun::~CommandRun() {
    if (slot_broken_ || running_) {
        // With the slot everything dies that may still be in the group, which then goes too.
        surroundings_.slots.drop(std::move(slot_));
        return;
    }
    // First the files, whose memory the group counts.
    files_ = {};
    surroundings_.slots.give_back(std::move(slot_));
    if (group_) surroundings_.cgroups.give_back(*std::move(group_));
}

Result<CommandFiles> CommandRun::prepare(RunControl& control, std::size_t descriptors,
                                         const SharedRoom& captures) {
    FilePreparation preparation(command_, index_, slot_.slot, control, surroundings_.options,
                                captures);
    return preparation.prepare(cached_, descriptors);
}

void CommandRun::fail(std::string why) {
    running_ = false;
    facts_.failure = std::move(why);
}

void CommandRun::break_slot(std::string why) {
    slot_broken_ = true;
    fail(std::move(why));
}

void CommandRun::copy_files(const RunControl& control) {
    auto failed = copy_in(command_, cached_, slot_.slot, surroundings_.options, control);
    if (!failed) return;
    files_failed_ = true;
    result_.status = Status::kFileError;
    result_.error = std::move(failed->error);
    result_.file_errors = std::move(failed->errors);
}

void CommandRun::start(const std::string& cpu_set) {
    if (!files_failed_) {
        if (const auto begun = execute(cpu_set); !begun) fail(begun.error().message);
    }
    files_.owned.clear();
}

Result<void> CommandRun::execute(const std::string& worker_cpus) {
    if (command_.arguments.empty()) return usage_error("execve: no arguments");
    ASSAY_TRY(group_, surroundings_.cgroups.take(command_, worker_cpus));

    sandbox::SlotProgram program;
    program.arguments = command_.arguments;
    program.environment = slot_.environment;
    program.environment.insert(program.environment.end(), command_.environment.begin(),
                               command_.environment.end());
    program.search_path = search_path(program.environment);
    program.descriptors = files_.descriptors;
    program.controlling_terminal = command_.terminal && !files_.descriptors.empty();
    program.resource_limits = resource_limits();
    if (!surroundings_.cgroups.pins_cpus()) program.cpus = parse_cpu_list(worker_cpus);
    if (group_) program.cgroup_join = group_->join_descriptors();
    if (std::ranges::find(program.descriptors, -1) != program.descriptors.end()) {
        return usage_error("execve: bad file descriptor");
    }
    auto begun = slot_.slot.start(program);
    if (!begun) {
        slot_broken_ = true;
        return begun.error();
    }
    if (begun->failure != sandbox::StartFailure::kNone) {
        // A limit that is too small even for the start shows in the figures, or in this.
        measure_group();
        facts_.killed_for_memory = group_ && begun->error == ENOMEM;
        return usage_error(start_failure(*begun));
    }
    running_ = true;
    started_ = begun->at;
    check(started_);
    return {};
}

// A failed exec reads otherwise where no control group had to be joined before it.
std::string CommandRun::start_failure(const sandbox::SlotStart& start) const {
    const std::string& name = command_.arguments.front();
    switch (start.failure) {
        case sandbox::StartFailure::kNoSearchPath:
            return "execve: handle: " + name +
                   ": no PATH environment variable provided for look up";
        case sandbox::StartFailure::kNotFound:
            return "execve: handle: " + name + ": executable file not found in $PATH";
        case sandbox::StartFailure::kExec:
            return (group_ ? "start: " : "execve: ") + start.detail +
                   ": execve: " + reason_of(start.error);
        default:
            return "execve: " + start.detail;
    }
}

std::vector<sandbox::ResourceLimit> CommandRun::resource_limits() const {
    const PoolOptions& options = surroundings_.options;
    const std::uint64_t memory = hard_memory_limit(command_, options);
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(command_.cpu_limit).count() + 1;
    std::vector<sandbox::ResourceLimit> limits{
        {RLIMIT_CPU, static_cast<std::uint64_t>(seconds)},
        {RLIMIT_NOFILE, options.open_file_limit},
        {RLIMIT_CORE, least_core_limit()},
    };
    if (options.output_limit_bytes > 0)
        limits.push_back({RLIMIT_FSIZE, options.output_limit_bytes});
    if (command_.stack_limit_bytes > 0) {
        limits.push_back({RLIMIT_STACK, std::min(command_.stack_limit_bytes, memory)});
    }
    if (command_.limit_data_segment || !group_) limits.push_back({RLIMIT_DATA, memory});
    if (command_.limit_address_space) limits.push_back({RLIMIT_AS, memory});
    return limits;
}

CommandRun::Clock::time_point CommandRun::clock_end() const {
    const nanoseconds limit =
        command_.clock_limit.count() == 0 ? command_.cpu_limit : command_.clock_limit;
    const nanoseconds most = Clock::time_point::max() - started_;
    return started_ + std::min(limit, most);
}

void CommandRun::check(Clock::time_point now) {
    if (killed_) {
        if (now - *killed_ >= kEndPatience) break_slot("execve: the program did not die in time");
        return;
    }
    nanoseconds cpu_left = command_.cpu_limit;
    if (group_ && now > started_) {
        if (const auto used = group_->cpu_time()) cpu_left -= *used;
    }
    const nanoseconds clock_left = clock_end() - now;
    if (now > started_ && (cpu_left < nanoseconds(0) || clock_left < nanoseconds(0))) {
        return kill();
    }
    look_again_after(now, cpu_left, clock_left);
}

// As late as the limits cannot be exceeded by much: CPU time is used on so many CPUs at once.
void CommandRun::look_again_after(Clock::time_point now, nanoseconds cpu_left,
                                  nanoseconds clock_left) {
    static const unsigned cpus = std::max(1u, std::thread::hardware_concurrency());
    nanoseconds pause = std::min(surroundings_.options.check_interval, clock_left);
    if (group_) pause = std::min(pause, cpu_left / cpus);
    next_check_ = now + std::max<nanoseconds>(pause, kTick);
}

void CommandRun::kill() {
    if (!running_ || killed_) return;
    killed_ = Clock::now();
    next_check_ = *killed_ + kEndPatience;
    slot_.slot.kill();
}

void CommandRun::end() {
    running_ = false;
    auto exit = slot_.slot.finish();
    if (!exit) return break_slot("execve: " + exit.error().message);
    measure(*exit);
}

void CommandRun::measure(const sandbox::ProgramExit& exit) {
    facts_.wait_status = exit.wait_status;
    facts_.wall = exit.wall;
    facts_.time = cpu_time(exit.tree_usage);
    facts_.memory_bytes = static_cast<std::uint64_t>(exit.usage.ru_maxrss) * 1024;
    measure_group();
}

void CommandRun::measure_group() {
    if (!group_) return;
    const cgroup::Usage usage = group_->usage();
    facts_.time = usage.cpu.value_or(facts_.time);
    facts_.memory_bytes = usage.memory_peak_bytes.value_or(facts_.memory_bytes);
    if (surroundings_.cgroups.counts_processes()) {
        facts_.process_peak = usage.processes_peak.value_or(0);
    }
    // Where the kernel has no peak, its own word is better than a figure.
    const bool died_by_kill =
        WIFSIGNALED(facts_.wait_status) && WTERMSIG(facts_.wait_status) == SIGKILL;
    facts_.killed_for_memory = died_by_kill && !usage.memory_peak_bytes && usage.oom_kills > 0u;
}

CommandResult CommandRun::collect(std::uint64_t& answer_room) {
    if (files_failed_) return std::move(result_);
    CopyOut copy(command_, slot_.slot, surroundings_.store, surroundings_.metrics,
                 {surroundings_.options.copy_out_limit_bytes, answer_room});
    copy.collect(files_, result_, facts_);
    decide(command_, facts_, result_);
    return std::move(result_);
}

}  // namespace assay::judge
