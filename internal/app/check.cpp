#include "internal/app/check.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace assay::app {
namespace {

std::string answer(Trial trial) {
    return trial.works() ? "works" : std::strerror(trial.os_error);
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// What a finding says when the thing does not work; when it does, only `found` is told.
struct Loss {
    State state = State::kMissing;
    std::string_view loses = {};
    std::string remedy = {};
    bool required = false;
};

Finding finding(std::string_view area, std::string_view name, Trial trial, const Loss& loss) {
    Finding result;
    result.area = area;
    result.name = name;
    result.found = answer(trial);
    result.required = loss.required;
    if (trial.works()) return result;
    result.state = loss.state;
    result.loses = loss.loses;
    result.remedy = loss.remedy;
    return result;
}

constexpr std::string_view kUncontained =
    "in a container: docker run --security-opt seccomp=unconfined --security-opt "
    "apparmor=unconfined --security-opt systempaths=unconfined";

void judge_cgroup(const HostFacts& facts, std::vector<Finding>& findings) {
    const CgroupFacts& cgroup = facts.cgroup;
    Finding groups;
    groups.area = "cgroup";
    groups.name = "control groups";
    groups.found = cgroup.version + " at " + cgroup.directory;
    if (!cgroup.refusal.empty()) {
        groups.state = State::kWeaker;
        groups.found = cgroup.version == "none" ? "none can be made" : groups.found;
        groups.loses =
            "run: --memory-limit and --cpu-limit are sampled, --process-limit is "
            "RLIMIT_NPROC, --cpu-rate is not enforced (" +
            cgroup.refusal + ")";
        groups.remedy = cgroup.remedy;
        findings.push_back(std::move(groups));
        return;
    }
    findings.push_back(std::move(groups));

    struct Use {
        std::string_view controller;
        std::string_view loses;
    };
    constexpr Use kUses[] = {
        {"memory", "run: --memory-limit is sampled"},
        {"pids", "run: --process-limit is RLIMIT_NPROC"},
        {"cpu", "run: --cpu-rate is not enforced"},
        {"cpuset", "run: --cpu-set is an affinity that the program may change"},
    };
    for (const Use& use : kUses) {
        Finding controller;
        controller.area = "cgroup";
        controller.name = std::string(use.controller) + " controller";
        controller.found = "usable";
        if (!contains(cgroup.usable, use.controller)) {
            controller.state = State::kWeaker;
            controller.found = "not in " + cgroup.directory;
            for (const std::string& other : cgroup.elsewhere) {
                if (other.starts_with(std::string(use.controller) + " ")) controller.found = other;
            }
            controller.loses = use.loses;
            controller.remedy = controller.found.ends_with("switched off")
                                    ? "boot with cgroup_enable=" + std::string(use.controller)
                                    : cgroup.remedy;
        }
        findings.push_back(std::move(controller));
    }
}

std::string user_namespace_remedy(const HostFacts& facts) {
    const NamespaceFacts& namespaces = facts.namespaces;
    if (namespaces.user.os_error == ENOSYS || namespaces.user.os_error == EINVAL) {
        return "a kernel with CONFIG_USER_NS";
    }
    if (namespaces.max_user_namespaces == 0) return "sysctl -w user.max_user_namespaces=15000";
    if (!facts.root && namespaces.unprivileged_userns_clone == 0) {
        return "sysctl -w kernel.unprivileged_userns_clone=1";
    }
    if (!facts.root && namespaces.apparmor_restrict_unprivileged_userns == 1) {
        return "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
    }
    return std::string(kUncontained);
}

void judge_namespaces(const HostFacts& facts, std::vector<Finding>& findings) {
    const NamespaceFacts& namespaces = facts.namespaces;
    findings.push_back(finding("namespaces", "user namespace", namespaces.user,
                               {.loses = "run: nothing can be run",
                                .remedy = user_namespace_remedy(facts),
                                .required = true}));
    // The others are made inside a user namespace; without one they have no fault of their own.
    if (!namespaces.user.works()) return;
    struct Required {
        const char* name;
        Trial trial;
    };
    for (const Required& one :
         {Required{"pid namespace", namespaces.pid}, Required{"mount namespace", namespaces.mount},
          Required{"ipc namespace", namespaces.ipc}, Required{"uts namespace", namespaces.uts}}) {
        findings.push_back(finding("namespaces", one.name, one.trial,
                                   {.loses = "run: nothing can be run",
                                    .remedy = std::string(kUncontained),
                                    .required = true}));
    }
    findings.push_back(finding("namespaces", "network namespace", namespaces.network,
                               {.state = State::kWeaker,
                                .loses = "run: only with --net host",
                                .remedy = std::string(kUncontained)}));
    findings.push_back(finding("namespaces", "cgroup namespace", namespaces.cgroup,
                               {.state = State::kWeaker,
                                .loses = "run: the program can read the name of its group",
                                .remedy = std::string(kUncontained)}));
}

void judge_mounts(const HostFacts& facts, std::vector<Finding>& findings) {
    if (!facts.namespaces.user.works()) return;
    const MountFacts& mounts = facts.mounts;
    findings.push_back(finding("mounts", "tmpfs", mounts.tmpfs,
                               {.loses = "run: nothing can be run",
                                .remedy = std::string(kUncontained),
                                .required = true}));
    findings.push_back(finding("mounts", "fresh /proc", mounts.proc,
                               {.state = State::kWeaker,
                                .loses = "run: programs have no /proc",
                                .remedy = std::string(kUncontained)}));
    findings.push_back(finding("mounts", "overlay", mounts.overlay,
                               {.state = State::kWeaker,
                                .loses = "run: no --rootfs",
                                .remedy = "Linux 5.11 or later, and: modprobe overlay"}));
    if (!facts.root) return;
    findings.push_back(finding("mounts", "id-mapped mounts", mounts.id_mapped,
                               {.state = State::kWeaker,
                                .loses = "run: programs cannot read files that only root may read",
                                .remedy = "Linux 5.12 or later, and a file system that can (ext4, "
                                          "xfs, btrfs)"}));
}

void judge_kernel(const HostFacts& facts, std::vector<Finding>& findings) {
    const KernelFacts& kernel = facts.features;
    findings.push_back(finding(
        "kernel", "pidfd", kernel.pidfd,
        {.loses = "run: nothing can be run", .remedy = "Linux 5.10 or later", .required = true}));
    findings.push_back(finding("kernel", "seccomp filter", kernel.seccomp_filter,
                               {.state = State::kWeaker,
                                .loses = "run: only with --seccomp off",
                                .remedy = "a kernel with CONFIG_SECCOMP_FILTER"}));
    findings.push_back(finding("kernel", "seccomp notification", kernel.seccomp_notify,
                               {.state = State::kWeaker,
                                .loses = "run: no --trace-syscalls",
                                .remedy = "Linux 5.0 or later; in a container: docker run "
                                          "--security-opt seccomp=unconfined"}));
    Finding landlock = finding("kernel", "Landlock", kernel.landlock,
                               {.remedy = "Linux 5.13 or later, booted with lsm=landlock,..."});
    if (kernel.landlock.works()) landlock.found = "ABI " + std::to_string(kernel.landlock_abi);
    findings.push_back(std::move(landlock));
}

void judge_profiling(const HostFacts& facts, std::vector<Finding>& findings) {
    const ProfilingFacts& profiling = facts.profiling;
    const auto paranoid = profiling.perf_event_paranoid.value_or(2);
    findings.push_back(finding("profiling", "perf, software events", profiling.perf_software,
                               {.loses = "profiling: sampling through /proc only",
                                .remedy = "sysctl -w kernel.perf_event_paranoid=1"}));
    const bool no_counters = profiling.perf_hardware.os_error == ENOENT ||
                             profiling.perf_hardware.os_error == EOPNOTSUPP;
    findings.push_back(
        finding("profiling", "perf, hardware events", profiling.perf_hardware,
                {.state = State::kWeaker,
                 .loses = "profiling: samples by time instead of cycles, no counters",
                 .remedy = no_counters ? "counters for this virtual machine, from its host"
                                       : "sysctl -w kernel.perf_event_paranoid=1"}));
    Finding kernel_side = finding("profiling", "perf, kernel side", profiling.perf_kernel,
                                  {.state = State::kWeaker,
                                   .loses = "profiling: time inside the kernel is not broken down",
                                   .remedy = "sysctl -w kernel.perf_event_paranoid=1"});
    kernel_side.found += ", perf_event_paranoid is " + std::to_string(paranoid);
    findings.push_back(std::move(kernel_side));
    findings.push_back(
        finding("profiling", "BPF", profiling.bpf,
                {.state = State::kWeaker,
                 .loses = "profiling: switches and blocking calls are sampled, not traced",
                 .remedy = "run as root, or: setcap cap_bpf,cap_perfmon,cap_sys_ptrace+ep assay"}));
    findings.push_back(finding("profiling", "BTF", {profiling.btf ? 0 : ENOENT},
                               {.state = State::kWeaker,
                                .loses = "profiling: BPF programs cannot be fitted to this kernel",
                                .remedy = "a kernel with CONFIG_DEBUG_INFO_BTF"}));
    const long scope = profiling.ptrace_scope.value_or(0);
    Finding attach;
    attach.area = "profiling";
    attach.name = "attaching to processes";
    attach.found =
        scope == 0 ? "own processes" : "kernel.yama.ptrace_scope is " + std::to_string(scope);
    if (facts.root && scope < 3) attach.found = "all processes";
    if (scope >= 3 || (!facts.root && scope >= 1)) {
        attach.state = State::kWeaker;
        attach.loses = "profiling: only programs that it started itself";
        attach.remedy = scope >= 3 ? "a reboot: ptrace_scope 3 cannot be lowered"
                                   : "sysctl -w kernel.yama.ptrace_scope=0";
    }
    findings.push_back(std::move(attach));
}

std::string figure(const char* format, double value) {
    char text[64];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

std::vector<Noise> judge_noise(const NoiseFacts& facts) {
    constexpr double kMiB = 1 << 20;
    constexpr double kBusyShare = 0.5;  // of the CPUs, by the load average
    constexpr double kStolenShare = 0.01;
    std::vector<Noise> noise;
    if (!facts.governor.empty() && facts.governor != "performance") {
        noise.push_back({"frequency scaling", "governor " + facts.governor,
                         "CPU time depends on how busy the host was before",
                         "cpupower frequency-set -g performance"});
    }
    if (facts.turbo == true) {
        noise.push_back({"turbo", "on", "CPU time depends on temperature and on the other CPUs",
                         "echo 0 > /sys/devices/system/cpu/cpufreq/boost, or 1 > "
                         "/sys/devices/system/cpu/intel_pstate/no_turbo"});
    }
    if (facts.smt == true) {
        noise.push_back({"SMT", "on", "two programs on one core slow each other down",
                         "echo off > /sys/devices/system/cpu/smt/control"});
    }
    if (facts.swap_used_bytes > 0) {
        noise.push_back(
            {"swap", figure("%.0f MiB in use", static_cast<double>(facts.swap_used_bytes) / kMiB),
             "memory that comes back from disk costs wall time", "swapoff -a"});
    }
    if (facts.load && *facts.load > kBusyShare * facts.cpus) {
        noise.push_back(
            {"load", figure("%.2f", *facts.load) + " on " + std::to_string(facts.cpus) + " CPUs",
             "other programs take CPUs, caches and memory bandwidth", "measure on an idle host"});
    }
    if (facts.virtual_machine) {
        const double stolen = facts.stolen_share.value_or(0);
        noise.push_back({"virtual machine", figure("%.1f %% of CPU time stolen", stolen * 100),
                         stolen > kStolenShare
                             ? "other machines on the same host slow this one down"
                             : "other machines on the same host may slow this one down",
                         "measure on a dedicated host"});
    }
    return noise;
}

}  // namespace

std::string_view word(State state) {
    switch (state) {
        case State::kOk:
            return "ok";
        case State::kWeaker:
            return "weaker";
        case State::kMissing:
            return "missing";
    }
    return "";
}

bool HostReport::can_run() const {
    return std::none_of(findings.begin(), findings.end(), [](const Finding& one) {
        return one.required && one.state == State::kMissing;
    });
}

HostReport judge(const HostFacts& facts) {
    HostReport report;
    report.kernel = facts.kernel;
    judge_cgroup(facts, report.findings);
    judge_namespaces(facts, report.findings);
    judge_mounts(facts, report.findings);
    judge_kernel(facts, report.findings);
    judge_profiling(facts, report.findings);
    report.noise = judge_noise(facts.noise);
    return report;
}

}  // namespace assay::app
