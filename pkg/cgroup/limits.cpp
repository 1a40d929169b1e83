// Limits as the kernel's files want them.
#include <fcntl.h>

#include <cerrno>
#include <cmath>

#include "pkg/cgroup/group_state.hpp"
#include "pkg/cgroup/kernel_files.hpp"
#include "pkg/posix/files.hpp"

namespace assay::cgroup {
namespace {

constexpr std::chrono::milliseconds kShortPeriod{20};

Result<void> set(const Directory& directory, const char* file, const std::string& value) {
    const int failed = write_value(directory.fd(), file, value);
    if (failed == 0) return {};
    Error error = system_error(
        "cannot set " + std::string(file) + " of " + directory.path() + " to " + value, failed);
    if (failed == EINVAL || failed == ERANGE) error.kind = ErrorKind::kUsage;
    return error;
}

// For files that a kernel may lack: swap accounting can be off, and then there is nothing to limit.
Result<void> set_if_present(const Directory& directory, const char* file,
                            const std::string& value) {
    auto done = set(directory, file, value);
    if (!done && done.error().os_error == ENOENT) return {};
    return done;
}

// Memory and swap together. On v1 the sum has a limit of its own, which may not be below memory's;
// on v2 swap is forbidden, and the whole group dies with the first process that is killed.
Result<void> limit_memory(Version version, const Directory& directory, std::uint64_t bytes) {
    const std::string value = std::to_string(bytes);
    if (version == Version::kV2) {
        ASSAY_CHECK(set(directory, "memory.max", value));
        ASSAY_CHECK(set_if_present(directory, "memory.swap.max", "0"));
        return set_if_present(directory, "memory.oom.group", "1");
    }
    ASSAY_CHECK(set(directory, "memory.limit_in_bytes", value));
    auto sum = set(directory, "memory.memsw.limit_in_bytes", value);
    if (sum || sum.error().os_error != ENOENT) return sum;
    return set_if_present(directory, "memory.swappiness", "0");
}

// The kernel's default period of 100 ms would let a short program run at full speed; its smallest
// quota is 1 ms (sched-bwc.rst).
Result<void> limit_cpu_rate(Version version, const Directory& directory, double rate,
                            std::chrono::microseconds wanted_period) {
    constexpr double kLongPeriod = 1'000'000;
    constexpr double kMinQuota = 1'000;
    const auto wanted = static_cast<double>(wanted_period.count());
    const double period = rate * wanted >= kMinQuota ? wanted : kLongPeriod;
    if (!(rate * period >= kMinQuota)) {
        return usage_error("cannot limit the CPU rate to " + std::to_string(rate) +
                           ": less than 0.001");
    }
    const std::string quota = std::to_string(std::llround(rate * period));
    const std::string length = std::to_string(std::llround(period));
    if (version == Version::kV2) return set(directory, "cpu.max", quota + " " + length);
    ASSAY_CHECK(set(directory, "cpu.cfs_period_us", length));
    return set(directory, "cpu.cfs_quota_us", quota);
}

// A new v1 group has neither CPUs nor memory nodes, and cannot be joined before it has both.
Result<void> limit_cpu_set(Version version, const Directory& directory, const std::string& list) {
    if (version == Version::kV2)
        return list.empty() ? Result<void>() : set(directory, "cpuset.cpus", list);
    ASSAY_TRY(const posix::UniqueFd parent,
              posix::open_at(directory.fd(), "..", O_RDONLY | O_DIRECTORY));
    const auto inherit = [&](const char* file) {
        return set(directory, file, read_small(parent.get(), file).value_or(""));
    };
    ASSAY_CHECK(inherit("cpuset.mems"));
    return list.empty() ? inherit("cpuset.cpus") : set(directory, "cpuset.cpus", list);
}

}  // namespace

Result<void> Group::State::apply(const Limits& limits) {
    const Directory* const memory = with(Controller::kMemory);
    if (limits.memory_bytes) ASSAY_CHECK(limit_memory(version, *memory, *limits.memory_bytes));
    if (limits.processes) {
        ASSAY_CHECK(set(*with(Controller::kPids), "pids.max", std::to_string(*limits.processes)));
    }
    if (limits.cpu_rate) {
        ASSAY_CHECK(limit_cpu_rate(version, *with(Controller::kCpu), *limits.cpu_rate,
                                   limits.cpu_period.value_or(kShortPeriod)));
    }
    if (const Directory* cpuset = with(Controller::kCpuset)) {
        ASSAY_CHECK(limit_cpu_set(version, *cpuset, limits.cpu_set));
    }
    return {};
}

}  // namespace assay::cgroup
