// What this host offers, as facts.
//
// Whatever can be tried is tried, in a child process that leaves nothing behind: settings that
// forbid a thing are many (sysctls, AppArmor, seccomp filters of container engines, masked /proc)
// and change with every release, while the kernel's answer is always true. Settings are read
// besides, because they tell what mends a refusal. What the facts mean is check.hpp's business,
// which can so be tested with made-up ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pkg/result/result.hpp"

namespace assay::app {

// The answer to a try: 0 when it worked, else the errno.
struct Trial {
    int os_error = 0;

    bool works() const { return os_error == 0; }
    bool operator==(const Trial&) const = default;
};

struct CgroupFacts {
    std::string version = "none";  // "v1" "v2" "none"
    std::string directory;
    std::vector<std::string> usable;     // controllers that groups of ours can have
    std::vector<std::string> elsewhere;  // controllers of the kernel that they cannot: "NAME at
                                         // MOUNT" or "NAME switched off"
    std::string refusal;                 // why no limited group can be made, empty when one was
    std::string remedy;                  // of the refusal, or of what is not usable
};

struct NamespaceFacts {
    Trial user, pid, mount, ipc, uts, network, cgroup;
    // Settings that forbid user namespaces; empty where the kernel does not have them.
    std::optional<long> max_user_namespaces;
    std::optional<long> unprivileged_userns_clone;              // Debian's
    std::optional<long> apparmor_restrict_unprivileged_userns;  // Ubuntu's
};

// Mounts that a sandbox makes, tried in a user and mount namespace of their own.
struct MountFacts {
    Trial tmpfs, proc, overlay;
    Trial id_mapped;  // tried by root only, who alone needs it
};

struct KernelFacts {
    Trial seccomp_filter, seccomp_notify, pidfd, landlock;
    long landlock_abi = 0;
};

struct ProfilingFacts {
    Trial perf_software, perf_hardware, perf_kernel;
    Trial bpf;
    bool btf = false;
    std::optional<long> perf_event_paranoid;
    std::optional<long> unprivileged_bpf_disabled;
    std::optional<long> ptrace_scope;
};

// What makes measurements differ from run to run. Members are empty where the host does not tell.
struct NoiseFacts {
    int cpus = 1;
    std::optional<double> load;  // of the last minute
    std::string governor;
    std::optional<bool> turbo;
    std::optional<bool> smt;
    std::uint64_t swap_used_bytes = 0;
    bool virtual_machine = false;
    std::optional<double> stolen_share;  // of the CPU time since boot, 0..1
};

struct HostFacts {
    std::string kernel;  // "6.12.0-amd64"
    bool root = false;
    CgroupFacts cgroup;
    NamespaceFacts namespaces;
    MountFacts mounts;
    KernelFacts features;
    ProfilingFacts profiling;
    NoiseFacts noise;
};

// Takes some ten milliseconds. An error means that /proc could not be read.
Result<HostFacts> gather_host_facts();

}  // namespace assay::app
