#include "internal/judge/execute/run_groups.hpp"

#include <limits>
#include <utility>

namespace assay::judge {
namespace {

// The kernel takes no number from here on (PIDS_MAX of kernel/cgroup/pids.c), and has no more
// processes either.
constexpr std::uint64_t kMaxProcesses = 4u << 20;

Error as_clients_know(const char* what, Error error) {
    error.message = std::string("execve: cgroup: ") + what + ": " + error.message;
    return error;
}

}  // namespace

std::uint64_t hard_memory_limit(const Command& command, const PoolOptions& options) {
    const std::uint64_t spare =
        std::numeric_limits<std::uint64_t>::max() - command.memory_limit_bytes;
    return command.memory_limit_bytes + std::min(spare, options.extra_memory_bytes);
}

std::span<const int> RunGroup::join_descriptors() const {
    return std::visit([](const auto& group) { return group.join_descriptors(); }, group_);
}

Result<std::chrono::nanoseconds> RunGroup::cpu_time() const {
    return std::visit([](const auto& group) { return group.cpu_time(); }, group_);
}

cgroup::Usage RunGroup::usage() const {
    return std::visit([](const auto& group) { return group.usage(); }, group_);
}

RunGroups::RunGroups(const cgroup::Hierarchy& hierarchy, const PoolOptions& options)
    : hierarchy_(hierarchy), options_(options) {}

Result<void> RunGroups::add(const std::string& worker_cpus) {
    if (!available()) return {};
    const std::string cpu_set = pins_cpus() ? worker_cpus : "";
    const std::lock_guard lock(mutex_);
    ASSAY_TRY(cgroup::ReusableGroup group, cgroup::ReusableGroup::create(hierarchy_, cpu_set));
    waiting_[cpu_set].push_back(std::move(group));
    return {};
}

cgroup::Limits RunGroups::limits_of(const Command& command) const {
    cgroup::Limits limits;
    if (hierarchy_.has(cgroup::Controller::kMemory)) {
        limits.memory_bytes = hard_memory_limit(command, options_);
    }
    if (hierarchy_.has(cgroup::Controller::kPids) && command.process_limit < kMaxProcesses) {
        limits.processes = command.process_limit;
    }
    if (options_.enable_cpu_rate && command.cpu_rate_permille > 0 &&
        hierarchy_.has(cgroup::Controller::kCpu)) {
        limits.cpu_rate = static_cast<double>(command.cpu_rate_permille) / 1000;
    }
    if (pins_cpus()) limits.cpu_set = command.cpu_set;
    return limits;
}

Result<cgroup::ReusableGroup> RunGroups::take_waiting(const std::string& cpu_set) {
    const std::lock_guard lock(mutex_);
    std::vector<cgroup::ReusableGroup>& waiting = waiting_[cpu_set];
    if (waiting.empty()) return cgroup::ReusableGroup::create(hierarchy_, cpu_set);
    cgroup::ReusableGroup group = std::move(waiting.back());
    waiting.pop_back();
    return group;
}

Result<std::optional<RunGroup>> RunGroups::take(const Command& command,
                                                const std::string& worker_cpus) {
    if (!available()) return std::optional<RunGroup>();
    cgroup::Limits limits = limits_of(command);
    if (!limits.cpu_set.empty() || limits.cpu_rate) {
        if (limits.cpu_set.empty() && pins_cpus()) limits.cpu_set = worker_cpus;
        const std::lock_guard lock(mutex_);
        auto group = hierarchy_.create(limits);
        if (!group) {
            const bool by_set = group.error().message.find("cpuset") != std::string::npos;
            return as_clients_know(
                by_set ? "failed to set cpuset limit" : "failed to set cpu rate limit",
                std::move(group).error());
        }
        return std::optional(RunGroup(*std::move(group), ""));
    }
    const std::string cpu_set = pins_cpus() ? worker_cpus : "";
    auto group = take_waiting(cpu_set);
    if (!group) return as_clients_know("failed to get cgroup", std::move(group).error());
    if (auto limited = group->limit(limits); !limited) {
        return as_clients_know("failed to set memory limit", std::move(limited).error());
    }
    return std::optional(RunGroup(*std::move(group), cpu_set));
}

void RunGroups::give_back(RunGroup group) {
    auto* const reusable = std::get_if<cgroup::ReusableGroup>(&group.group_);
    if (reusable == nullptr || !reusable->renew()) return;
    const std::lock_guard lock(mutex_);
    waiting_[group.cpu_set_].push_back(std::move(*reusable));
}

void RunGroups::clear() {
    const std::lock_guard lock(mutex_);
    waiting_.clear();
}

}  // namespace assay::judge
