#include "internal/app/host.hpp"

#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "internal/app/host_trials.hpp"
#include "pkg/cgroup/cgroup.hpp"
#include "pkg/posix/files.hpp"

namespace assay::app {
namespace {

// The first line of a file of the kernel; empty when there is no such file.
std::string first_line(const std::string& path) {
    const auto text = posix::read_file(path);
    return text ? text->substr(0, text->find('\n')) : std::string();
}

std::optional<bool> read_switch(const std::string& path) {
    const std::string line = first_line(path);
    if (line.empty()) return std::nullopt;
    return line == "1";
}

// Makes a group as `run` does, with the limits of all controllers: whether they can be enabled
// shows only then.
CgroupFacts try_cgroup(const cgroup::Hierarchy& hierarchy) {
    CgroupFacts facts;
    facts.version = cgroup::name_of(hierarchy.version());
    facts.directory = hierarchy.directory();
    if (hierarchy.version() == cgroup::Version::kNone) {
        facts.refusal = hierarchy.refusal().message;
        facts.remedy = hierarchy.refusal().remedy;
        return facts;
    }
    using cgroup::Controller;
    for (const Controller controller : {Controller::kCpu, Controller::kCpuacct, Controller::kCpuset,
                                        Controller::kMemory, Controller::kPids}) {
        if (hierarchy.has(controller)) facts.usable.emplace_back(cgroup::name_of(controller));
    }
    cgroup::Limits limits;
    if (hierarchy.has(Controller::kMemory)) limits.memory_bytes = 64 << 20;
    if (hierarchy.has(Controller::kPids)) limits.processes = 10;
    if (hierarchy.has(Controller::kCpu)) limits.cpu_rate = 0.5;
    if (::geteuid() != 0) facts.remedy = cgroup::remedy_for(hierarchy.version());
    if (const auto group = hierarchy.create(limits); !group) {
        facts.refusal = group.error().message;
        facts.remedy = group.error().remedy;
    }
    return facts;
}

// What the kernel has and our groups cannot have, for the controllers that assay has a use for.
void add_elsewhere(CgroupFacts& facts) {
    const auto controllers = cgroup::host_controllers();
    if (!controllers) return;
    for (const cgroup::HostController& controller : *controllers) {
        bool usable = false;
        for (const std::string& name : facts.usable) usable = usable || name == controller.name;
        const bool wanted = controller.name == "cpu" || controller.name == "cpuset" ||
                            controller.name == "memory" || controller.name == "pids";
        if (usable || !wanted) continue;
        const bool mounted = controller.enabled && !controller.mount_point.empty();
        facts.elsewhere.push_back(controller.name +
                                  (mounted ? " at " + controller.mount_point : " switched off"));
    }
}

// proc_stat(5): "cpu  user nice system idle iowait irq softirq steal …", in ticks.
std::optional<double> stolen_share(const std::string& line) {
    constexpr int kFields = 8;
    const char* at = line.c_str() + std::min(line.size(), sizeof "cpu" - 1);
    unsigned long long total = 0;
    unsigned long long ticks = 0;
    for (int field = 0; field < kFields; ++field) {
        char* end = nullptr;
        ticks = std::strtoull(at, &end, 10);
        if (end == at) return std::nullopt;
        total += ticks;
        at = end;
    }
    if (total == 0) return std::nullopt;
    return static_cast<double>(ticks) / static_cast<double>(total);
}

NoiseFacts read_noise() {
    constexpr double kLoadScale = 1 << SI_LOAD_SHIFT;
    const std::string cpu = "/sys/devices/system/cpu/";
    NoiseFacts facts;
    facts.cpus = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
    struct ::sysinfo system {};
    if (::sysinfo(&system) == 0) {
        facts.load = static_cast<double>(system.loads[0]) / kLoadScale;
        facts.swap_used_bytes = (system.totalswap - system.freeswap) * system.mem_unit;
    }
    facts.governor = first_line(cpu + "cpu0/cpufreq/scaling_governor");
    facts.turbo = read_switch(cpu + "cpufreq/boost");
    if (const auto off = read_switch(cpu + "intel_pstate/no_turbo")) facts.turbo = !*off;
    facts.smt = read_switch(cpu + "smt/active");
    const auto cpuinfo = posix::read_file("/proc/cpuinfo");
    facts.virtual_machine = cpuinfo && cpuinfo->find(" hypervisor") != std::string::npos;

    facts.stolen_share = stolen_share(first_line("/proc/stat"));
    return facts;
}

}  // namespace

Result<HostFacts> gather_host_facts() {
    HostFacts facts;
    utsname names{};
    if (::uname(&names) == 0) facts.kernel = names.release;
    facts.root = ::geteuid() == 0;
    ASSAY_TRY(const cgroup::Hierarchy hierarchy, cgroup::Hierarchy::discover());
    facts.cgroup = try_cgroup(hierarchy);
    add_elsewhere(facts.cgroup);
    facts.namespaces = try_namespaces();
    facts.mounts = try_mounts();
    facts.features = try_kernel_features();
    facts.profiling = try_profiling();
    facts.noise = read_noise();
    return facts;
}

}  // namespace assay::app
