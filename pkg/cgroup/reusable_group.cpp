#include "pkg/cgroup/reusable_group.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <utility>
#include <vector>

#include "pkg/cgroup/group_state.hpp"
#include "pkg/cgroup/kernel_files.hpp"
#include "pkg/posix/files.hpp"

namespace assay::cgroup {
namespace {

constexpr char kRunName[] = "run";
constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();
// With more than this a run's peak would tell of the run before.
constexpr std::uint64_t kMaxLeftBytes = 512u << 10;

std::optional<std::uint64_t> number_in(const Directory* directory, const char* file) {
    if (directory == nullptr) return std::nullopt;
    const auto text = read_small(directory->fd(), file);
    return text ? leading_number(*text) : std::nullopt;
}

// What a v2 group passes on to the groups below it.
Result<void> pass_on(const Directory& parent, Controller controller) {
    if (!parent.controllers().has(controller)) return {};
    const std::string order = "+" + std::string(name_of(controller));
    const int failed = write_value(parent.fd(), "cgroup.subtree_control", order);
    if (failed == 0) return {};
    return system_error("cannot enable " + order.substr(1) + " in " + parent.path(), failed);
}

}  // namespace

struct ReusableGroup::State {
    std::unique_ptr<Group::State> base;  // the directories that stay
    // That of the run; it has none on a v1 host without memory controller.
    std::unique_ptr<Group::State> run;
    std::chrono::nanoseconds cpu_before{0};
    std::vector<int> join;
    posix::UniqueFd peak;  // of the run's memory; can be written where it can be set back
    bool used = false;     // the run's directory has had a run before
    std::uint64_t memory_limit = kUnlimited;  // that the directories have now
    std::uint64_t process_limit = kUnlimited;

    bool is_v2() const { return base->version == Version::kV2; }
    const Directory* with(Controller controller) const {
        const Directory* const found = run->with(controller);
        return found != nullptr ? found : base->with(controller);
    }
    Result<std::chrono::nanoseconds> read_cpu() const;
    Result<void> make_run();
    void open_peak();
    bool reset_run();
    Result<void> replace_run();
    Result<void> limit_memory(std::uint64_t bytes);
    Result<void> limit_processes(std::uint64_t count);
};

Result<std::chrono::nanoseconds> ReusableGroup::State::read_cpu() const {
    const auto text = read_small(is_v2() ? run->cpu.get() : base->cpu.get());
    if (!text) return system_error("cannot read the CPU time of a cgroup", errno);
    const auto count = is_v2() ? number_of(*text, "usage_usec") : leading_number(*text);
    return std::chrono::nanoseconds(count.value_or(0) * (is_v2() ? 1000 : 1));
}

Result<void> ReusableGroup::State::make_run() {
    const Directory* const parent = base->with(Controller::kMemory);
    run = std::make_unique<Group::State>();
    run->version = base->version;
    join.clear();
    used = false;
    memory_limit = kUnlimited;
    if (is_v2()) process_limit = kUnlimited;
    if (parent != nullptr) {
        const ControllerSet controllers =
            is_v2() ? parent->controllers() : ControllerSet{Controller::kMemory};
        const Place place{base->version,         controllers,    controllers,
                          parent->mount_point(), parent->path(), false};
        ASSAY_TRY(Directory made, Directory::create(place, kRunName));
        ASSAY_CHECK(made.open_processes());
        join.push_back(made.processes_fd());
        run->directories.push_back(std::move(made));
        open_peak();
    }
    if (is_v2()) {
        cpu_before = std::chrono::nanoseconds(0);
        ASSAY_TRY(run->cpu, posix::open_at(with(Controller::kCpuacct)->fd(), "cpu.stat", O_RDONLY));
        return {};
    }
    // The directory that counts CPU time is joined last: the other joins are not the program's.
    for (const int each : base->join) {
        if (parent == nullptr || each != parent->processes_fd()) join.push_back(each);
    }
    if (!base->cpu) return {};
    ASSAY_TRY(cpu_before, read_cpu());
    return {};
}

// Before 6.12 a v2 peak cannot be written, and before 5.19 there is none.
void ReusableGroup::State::open_peak() {
    const int memory = run->directories.front().fd();
    const char* const name = is_v2() ? "memory.peak" : "memory.max_usage_in_bytes";
    peak.reset(::openat(memory, name, O_RDWR | O_CLOEXEC));
    if (!peak) peak.reset(::openat(memory, name, O_RDONLY | O_CLOEXEC));
}

// Whether the run's directory is as good as a new one now.
bool ReusableGroup::State::reset_run() {
    if (!peak) return false;
    const Directory& directory = run->directories.front();
    if (!read_processes(directory.fd()).empty()) return false;
    const auto left = number_in(&directory, is_v2() ? "memory.current" : "memory.usage_in_bytes");
    if (!left || *left > kMaxLeftBytes) return false;
    // A peak of processes cannot be set back, but that of the next run is at least one.
    if (is_v2() && number_in(&directory, "pids.peak").value_or(1) > 1) return false;
    if (::pwrite(peak.get(), "0", 1, 0) != 1) return false;
    const auto cpu = read_cpu();
    if (!cpu) return false;
    cpu_before = *cpu;
    used = true;
    return true;
}

Result<void> ReusableGroup::State::replace_run() {
    ASSAY_CHECK(run->remove());
    return make_run();
}

// A directory that has been used refuses a limit below what is left in it, and v1 one for memory
// above that for memory and swap.
Result<void> ReusableGroup::State::limit_memory(std::uint64_t bytes) {
    if (bytes == memory_limit) return {};
    if (bytes == kUnlimited) return replace_run();
    Limits limits;
    limits.memory_bytes = bytes;
    if (bytes > memory_limit && !is_v2()) {
        (void)write_value(run->directories.front().fd(), "memory.memsw.limit_in_bytes", "-1");
    }
    Result<void> limited = run->apply(limits);
    if (!limited && used) {
        ASSAY_CHECK(replace_run());
        limited = run->apply(limits);
    }
    if (limited) memory_limit = bytes;
    return limited;
}

Result<void> ReusableGroup::State::limit_processes(std::uint64_t count) {
    const Directory* const pids = with(Controller::kPids);
    if (pids == nullptr || count == process_limit) return {};
    const std::string most = count == kUnlimited ? "max" : std::to_string(count);
    const int failed = write_value(pids->fd(), "pids.max", most);
    if (failed != 0) return system_error("cannot set pids.max to " + most, failed);
    process_limit = count;
    return {};
}

ReusableGroup::ReusableGroup(std::unique_ptr<State> state) : state_(std::move(state)) {}
ReusableGroup::ReusableGroup(ReusableGroup&&) noexcept = default;
ReusableGroup& ReusableGroup::operator=(ReusableGroup&&) noexcept = default;
ReusableGroup::~ReusableGroup() = default;

Result<ReusableGroup> ReusableGroup::create(const Hierarchy& hierarchy,
                                            const std::string& cpu_set) {
    Limits limits;
    limits.cpu_set = cpu_set;
    ASSAY_TRY(Group group, hierarchy.create(limits));
    auto state = std::make_unique<State>();
    state->base = std::move(group.state_);
    if (state->is_v2()) {
        for (const Controller controller : {Controller::kMemory, Controller::kPids}) {
            ASSAY_CHECK(pass_on(state->base->directories.front(), controller));
        }
    }
    ASSAY_CHECK(state->make_run());
    return ReusableGroup(std::move(state));
}

Result<void> ReusableGroup::limit(const Limits& limits) {
    // First what may replace the directory that has the other limit.
    ASSAY_CHECK(state_->limit_memory(limits.memory_bytes.value_or(kUnlimited)));
    return state_->limit_processes(limits.processes.value_or(kUnlimited));
}

std::span<const int> ReusableGroup::join_descriptors() const {
    return state_->join;
}

Result<std::chrono::nanoseconds> ReusableGroup::cpu_time() const {
    ASSAY_TRY(const std::chrono::nanoseconds now, state_->read_cpu());
    return now - state_->cpu_before;
}

Usage ReusableGroup::usage() const {
    Usage usage;
    if (const auto cpu = cpu_time()) usage.cpu = *cpu;
    if (const auto peak = read_small(state_->peak.get())) {
        usage.memory_peak_bytes = leading_number(*peak);
    }
    if (!state_->is_v2()) return usage;
    usage.processes_peak = number_in(state_->with(Controller::kPids), "pids.peak");
    const Directory* const memory = state_->with(Controller::kMemory);
    if (usage.memory_peak_bytes || memory == nullptr) return usage;
    if (const auto events = read_small(memory->fd(), "memory.events")) {
        usage.oom_kills = number_of(*events, "oom_kill");
    }
    return usage;
}

Result<void> ReusableGroup::renew() {
    return state_->reset_run() ? Result<void>{} : state_->replace_run();
}

}  // namespace assay::cgroup
