#include "internal/judge/execute/cgroup_pool.hpp"

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

std::span<const int> PooledCgroup::join_descriptors() const {
    return std::visit([](const auto& group) { return group.join_descriptors(); }, group_);
}

Result<std::chrono::nanoseconds> PooledCgroup::cpu_time() const {
    return std::visit([](const auto& group) { return group.cpu_time(); }, group_);
}

cgroup::Usage PooledCgroup::usage() const {
    return std::visit([](const auto& group) { return group.usage(); }, group_);
}

CgroupPool::CgroupPool(const cgroup::Hierarchy& hierarchy, const PoolOptions& options,
                       std::size_t most_kept)
    : hierarchy_(hierarchy), options_(options), most_kept_(most_kept) {}

Result<void> CgroupPool::add(const std::string& worker_cpus) {
    if (!available()) return {};
    const std::string cpu_set = pins_cpus() ? worker_cpus : "";
    const std::lock_guard lock(mutex_);
    ASSAY_TRY(cgroup::ReusableGroup group, cgroup::ReusableGroup::create(hierarchy_, cpu_set));
    waiting_[cpu_set].push_back(std::move(group));
    return {};
}

cgroup::Limits CgroupPool::limits_of(const Command& command) const {
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
        limits.cpu_period =
            std::chrono::duration_cast<std::chrono::microseconds>(options_.cpu_period);
    }
    if (pins_cpus()) limits.cpu_set = command.cpu_set;
    return limits;
}

Result<cgroup::ReusableGroup> CgroupPool::take_waiting(const std::string& cpu_set) {
    const std::lock_guard lock(mutex_);
    std::vector<cgroup::ReusableGroup>& waiting = waiting_[cpu_set];
    if (waiting.empty()) return cgroup::ReusableGroup::create(hierarchy_, cpu_set);
    cgroup::ReusableGroup group = std::move(waiting.back());
    waiting.pop_back();
    return group;
}

Result<std::optional<PooledCgroup>> CgroupPool::take(const Command& command,
                                                     const std::string& worker_cpus) {
    if (!available()) return std::optional<PooledCgroup>();
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
        return std::optional(PooledCgroup(*std::move(group), ""));
    }
    const std::string cpu_set = pins_cpus() ? worker_cpus : "";
    auto group = take_waiting(cpu_set);
    if (!group) return as_clients_know("failed to get cgroup", std::move(group).error());
    if (auto limited = group->limit(limits); !limited) {
        return as_clients_know("failed to set memory limit", std::move(limited).error());
    }
    return std::optional(PooledCgroup(*std::move(group), cpu_set));
}

void CgroupPool::give_back(PooledCgroup group) {
    auto* const reusable = std::get_if<cgroup::ReusableGroup>(&group.group_);
    if (reusable == nullptr || !reusable->renew()) return;
    const std::lock_guard lock(mutex_);
    std::vector<cgroup::ReusableGroup>& waiting = waiting_[group.cpu_set_];
    if (waiting.size() < most_kept_) waiting.push_back(std::move(*reusable));
}

void CgroupPool::clear() {
    const std::lock_guard lock(mutex_);
    waiting_.clear();
}

}  // namespace assay::judge
