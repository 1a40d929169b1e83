#include "internal/app/host_trials.hpp"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "pkg/posix/files.hpp"

namespace assay::app {
namespace {

// Runs `attempt`, which returns 0 or an errno, in a child. An answer that cannot be had counts as
// EIO.
template <class Attempt>
Trial in_child(Attempt attempt) {
    const pid_t pid = ::fork();
    if (pid < 0) return {errno};
    if (pid == 0) ::_exit(attempt());
    int status = 0;
    if (::waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) return {EIO};
    return {WEXITSTATUS(status)};
}

int errno_unless(bool worked) {
    return worked ? 0 : errno;
}

// Maps ourselves to ourselves: without it, and where AppArmor takes the capabilities away, the new
// user namespace is of no use. Inside the child only.
int enter_user_namespace(int further_namespaces) {
    const std::string uid = std::to_string(::geteuid());
    const std::string gid = std::to_string(::getegid());
    if (::unshare(CLONE_NEWUSER | further_namespaces) != 0) return errno;
    if (auto done = posix::write_kernel_file("/proc/self/setgroups", "deny"); !done) {
        return done.error().os_error;
    }
    if (auto done = posix::write_kernel_file("/proc/self/uid_map", uid + " " + uid + " 1"); !done) {
        return done.error().os_error;
    }
    auto done = posix::write_kernel_file("/proc/self/gid_map", gid + " " + gid + " 1");
    return done ? 0 : done.error().os_error;
}

// As the sandbox enters them: inside a user namespace of its own.
Trial try_namespace(int flag) {
    return in_child([flag] {
        if (const int refused = enter_user_namespace(0); refused != 0) return refused;
        return errno_unless(::unshare(flag) == 0);
    });
}

std::optional<long> read_setting(const std::string& path) {
    const auto text = posix::read_file(path);
    if (!text) return std::nullopt;
    char* end = nullptr;
    const long value = std::strtol(text->c_str(), &end, 10);
    return end == text->c_str() ? std::nullopt : std::optional<long>(value);
}

int enter_private_mounts(int further_namespaces) {
    if (const int refused = enter_user_namespace(CLONE_NEWNS | further_namespaces); refused != 0) {
        return refused;
    }
    return errno_unless(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
}

int mount_scratch() {
    if (const int refused = enter_private_mounts(0); refused != 0) return refused;
    return errno_unless(::mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, nullptr) == 0);
}

int mount_overlay() {
    if (const int refused = mount_scratch(); refused != 0) return refused;
    for (const char* name : {"/tmp/lower", "/tmp/upper", "/tmp/work", "/tmp/merged"}) {
        if (::mkdir(name, 0700) != 0) return errno;
    }
    return errno_unless(::mount("overlay", "/tmp/merged", "overlay", 0,
                                "lowerdir=/tmp/lower,upperdir=/tmp/upper,workdir=/tmp/work,"
                                "userxattr") == 0);
}

// A process of a new pid namespace has to mount it. The kernel refuses where the /proc that we see
// is masked.
int mount_proc() {
    if (const int refused = enter_private_mounts(CLONE_NEWPID); refused != 0) return refused;
    return in_child([] {
               return errno_unless(::mount("proc", "/proc", "proc",
                                           MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0);
           })
        .os_error;
}

// A user namespace to map by, kept by a child that sleeps until our end of the pipe closes.
int map_ids_of_a_mount() {
    auto ready = posix::make_pipe();
    auto hold = posix::make_pipe();
    if (!ready || !hold) return errno;
    const pid_t holder = ::fork();
    if (holder < 0) return errno;
    char byte = 0;
    if (holder == 0) {
        hold->write_end.reset();
        byte = static_cast<char>(enter_user_namespace(0));
        (void)!::write(ready->write_end.get(), &byte, 1);
        (void)!::read(hold->read_end.get(), &byte, 1);
        ::_exit(0);
    }
    if (::read(ready->read_end.get(), &byte, 1) != 1) return EIO;
    if (byte != 0) return byte;
    auto map = posix::open_file("/proc/" + std::to_string(holder) + "/ns/user", O_RDONLY);
    if (!map) return map.error().os_error;
    const posix::UniqueFd tree(
        static_cast<int>(::syscall(SYS_open_tree, AT_FDCWD, "/usr", OPEN_TREE_CLONE | O_CLOEXEC)));
    if (!tree) return errno;
    mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_IDMAP;
    attributes.userns_fd = static_cast<std::uint64_t>(map->get());
    return errno_unless(::syscall(SYS_mount_setattr, tree.get(), "", AT_EMPTY_PATH, &attributes,
                                  sizeof attributes) == 0);
}

int install_filter(unsigned flags) {
    sock_filter allow_all[] = {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
    const sock_fprog program{1, allow_all};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
    return errno_unless(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) >= 0);
}

Trial try_perf(std::uint32_t type, std::uint64_t event, bool kernel_too) {
    perf_event_attr attributes{};
    attributes.size = sizeof attributes;
    attributes.type = type;
    attributes.config = event;
    attributes.disabled = 1;
    attributes.exclude_kernel = kernel_too ? 0 : 1;
    attributes.exclude_hv = 1;
    const posix::UniqueFd event_fd(static_cast<int>(
        ::syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC)));
    return {errno_unless(static_cast<bool>(event_fd))};
}

// A stack map is what a profiler needs and an unprivileged user never gets.
Trial try_bpf() {
    bpf_attr attributes{};
    attributes.map_type = BPF_MAP_TYPE_STACK_TRACE;
    attributes.key_size = 4;
    attributes.value_size = 8;
    attributes.max_entries = 1;
    const posix::UniqueFd map(
        static_cast<int>(::syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes)));
    return {errno_unless(static_cast<bool>(map))};
}

}  // namespace

NamespaceFacts try_namespaces() {
    NamespaceFacts facts;
    // A mount tells whether the capabilities of the new namespace are real.
    facts.user = in_child([] { return enter_private_mounts(0); });
    facts.pid = try_namespace(CLONE_NEWPID);
    facts.mount = try_namespace(CLONE_NEWNS);
    facts.ipc = try_namespace(CLONE_NEWIPC);
    facts.uts = try_namespace(CLONE_NEWUTS);
    facts.network = try_namespace(CLONE_NEWNET);
    facts.cgroup = try_namespace(CLONE_NEWCGROUP);
    facts.max_user_namespaces = read_setting("/proc/sys/user/max_user_namespaces");
    facts.unprivileged_userns_clone = read_setting("/proc/sys/kernel/unprivileged_userns_clone");
    facts.apparmor_restrict_unprivileged_userns =
        read_setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
    return facts;
}

MountFacts try_mounts() {
    MountFacts facts;
    facts.tmpfs = in_child(mount_scratch);
    facts.proc = in_child(mount_proc);
    facts.overlay = in_child(mount_overlay);
    if (::geteuid() == 0) facts.id_mapped = in_child(map_ids_of_a_mount);
    return facts;
}

KernelFacts try_kernel_features() {
    KernelFacts facts;
    facts.seccomp_filter = in_child([] { return install_filter(0); });
    facts.seccomp_notify =
        in_child([] { return install_filter(SECCOMP_FILTER_FLAG_NEW_LISTENER); });
    const posix::UniqueFd self(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
    facts.pidfd = {errno_unless(static_cast<bool>(self))};
    facts.landlock_abi =
        ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    facts.landlock = {errno_unless(facts.landlock_abi > 0)};
    return facts;
}

ProfilingFacts try_profiling() {
    ProfilingFacts facts;
    facts.perf_software = try_perf(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, false);
    facts.perf_hardware = try_perf(PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, false);
    facts.perf_kernel = try_perf(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, true);
    facts.bpf = try_bpf();
    facts.btf = ::access("/sys/kernel/btf/vmlinux", R_OK) == 0;
    facts.perf_event_paranoid = read_setting("/proc/sys/kernel/perf_event_paranoid");
    facts.unprivileged_bpf_disabled = read_setting("/proc/sys/kernel/unprivileged_bpf_disabled");
    facts.ptrace_scope = read_setting("/proc/sys/kernel/yama/ptrace_scope");
    return facts;
}

}  // namespace assay::app
