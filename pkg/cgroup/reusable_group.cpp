#include "pkg/cgroup/reusable_group.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "pkg/cgroup/group_state.hpp"
#include "pkg/cgroup/kernel_files.hpp"
#include "pkg/posix/files.hpp"

namespace assay::cgroup {
namespace {

constexpr char kRunName[] = "run";

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

    bool is_v2() const { return base->version == Version::kV2; }
    const Directory* with(Controller controller) const {
        const Directory* const found = run->with(controller);
        return found != nullptr ? found : base->with(controller);
    }
    Result<std::chrono::nanoseconds> read_cpu() const;
    Result<void> make_run();
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
    if (parent != nullptr) {
        const ControllerSet controllers =
            is_v2() ? parent->controllers() : ControllerSet{Controller::kMemory};
        const Place place{base->version,         controllers,    controllers,
                          parent->mount_point(), parent->path(), false};
        ASSAY_TRY(Directory made, Directory::create(place, kRunName));
        ASSAY_CHECK(made.open_processes());
        join.push_back(made.processes_fd());
        run->directories.push_back(std::move(made));
    }
    if (is_v2()) {
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
    Limits of_run = limits;
    if (!state_->is_v2()) {
        of_run.processes.reset();
        if (const Directory* pids = state_->with(Controller::kPids)) {
            const std::string most = limits.processes ? std::to_string(*limits.processes) : "max";
            const int failed = write_value(pids->fd(), "pids.max", most);
            if (failed != 0) return system_error("cannot set pids.max to " + most, failed);
        }
    }
    return state_->run->apply(of_run);
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
    const Directory* const memory = state_->with(Controller::kMemory);
    if (!state_->is_v2()) {
        usage.memory_peak_bytes = number_in(memory, "memory.max_usage_in_bytes");
        return usage;
    }
    usage.memory_peak_bytes = number_in(memory, "memory.peak");
    usage.processes_peak = number_in(state_->with(Controller::kPids), "pids.peak");
    if (usage.memory_peak_bytes || memory == nullptr) return usage;
    if (const auto events = read_small(memory->fd(), "memory.events")) {
        usage.oom_kills = number_of(*events, "oom_kill");
    }
    return usage;
}

Result<void> ReusableGroup::renew() {
    ASSAY_CHECK(state_->run->remove());
    return state_->make_run();
}

}  // namespace assay::cgroup
