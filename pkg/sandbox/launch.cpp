#include "pkg/sandbox/launch.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "pkg/sandbox/notify.hpp"

namespace assay::sandbox {
namespace {

// Runs in the vfork child: no allocation, no locks, no return. What it finds out is left in the
// shared memory.
class Launcher {
  public:
    Launcher(const LaunchPlan& plan, Launched& trail) : plan_(plan), trail_(trail) {}

    [[noreturn]] void run() {
        const bool ready =
            step("start a session", ::setsid() >= 0) &&
            step("place the program's descriptors", place_descriptors()) &&
            step("take the terminal",
                 !plan_.controlling_terminal || ::ioctl(0, TIOCSCTTY, 0) == 0) &&
            step("set the resource limits", set_limits()) &&
            step("set the CPU affinity", set_affinity()) &&
            step("join the control groups", !plan_.own_cgroup_namespace || join_and_hide()) &&
            step("take the program's identity", become_program()) &&
            step("enter the working directory", ::chdir(plan_.working_directory) == 0) &&
            step("reset the signals", reset_signals()) && restore_umask() &&
            step("close the other descriptors", close_others()) &&
            step("install the filter and join the control groups", join_and_filter());
        if (ready) plan_.look_up ? exec_found() : exec_any();
        // The raw call: a sanitizer's _exit makes others before, which a tracing filter would
        // report to nobody.
        for (;;) ::syscall(SYS_exit_group, 127);
    }

  private:
    bool step(const char* name, bool done) {
        if (!done && trail_.failed_step == nullptr) {
            trail_.failed_step = name;
            trail_.error = errno;
        }
        return done;
    }

    // Out of the way of the numbers that the program's descriptors get.
    static bool move_above(std::span<int> descriptors, int end) {
        for (int& fd : descriptors) {
            if (fd < 0 || fd >= end) continue;
            fd = ::fcntl(fd, F_DUPFD_CLOEXEC, end);
            if (fd < 0) return false;
        }
        return true;
    }

    bool place_descriptors() {
        const int count = static_cast<int>(plan_.descriptors.size());
        if (!move_above(plan_.descriptors, count) || !move_above(plan_.cgroup_join, count)) {
            return false;
        }
        int trace_socket[1] = {plan_.trace ? plan_.trace_socket : -1};
        if (!move_above(trace_socket, count)) return false;
        trace_socket_ = trace_socket[0];
        for (int i = 0; i < count; ++i) {
            const int from = plan_.descriptors[static_cast<std::size_t>(i)];
            if (from < 0) {
                ::close(i);
            } else if (::dup2(from, i) < 0) {
                return false;
            }
        }
        return true;
    }

    bool set_limits() {
        for (const ResourceLimit& limit : plan_.limits) {
            const rlimit value{limit.value, limit.value};
            if (::setrlimit(static_cast<__rlimit_resource>(limit.resource), &value) != 0) {
                return false;
            }
        }
        return true;
    }

    bool set_affinity() {
        return plan_.cpus == nullptr || ::sched_setaffinity(0, sizeof *plan_.cpus, plan_.cpus) == 0;
    }

    bool become_program() {
        const Ids& ids = plan_.ids;
        if (plan_.drop_groups && ::syscall(SYS_setgroups, 0, nullptr) != 0) return false;
        // The raw calls: glibc's would try to reach the other threads of a process that has none.
        if (::syscall(SYS_setresgid, ids.gid, ids.gid, ids.gid) != 0) return false;
        if (::syscall(SYS_setresuid, ids.uid, ids.uid, ids.uid) != 0) return false;
        __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
        __user_cap_data_struct none[2] = {};
        return ::syscall(SYS_capset, &header, none) == 0 &&
               ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    }

    static bool reset_signals() {
        sigset_t none;
        ::sigemptyset(&none);
        return ::sigprocmask(SIG_SETMASK, &none, nullptr) == 0;
    }

    bool restore_umask() {
        ::umask(plan_.umask);
        return true;
    }

    bool close_others() {
        return ::syscall(SYS_close_range, static_cast<unsigned>(plan_.descriptors.size()), ~0u,
                         CLOSE_RANGE_CLOEXEC) == 0;
    }

    bool join_groups() {
        if (plan_.own_cgroup_namespace) return true;
        return write_to_groups();
    }

    bool write_to_groups() {
        for (const int group : plan_.cgroup_join) {
            if (::write(group, "0", 1) != 1) return false;
        }
        return true;
    }

    // The namespace is that of a process that is in the groups.
    bool join_and_hide() { return write_to_groups() && ::unshare(CLONE_NEWCGROUP) == 0; }

    bool install_filter() {
        if (plan_.seccomp.empty()) return true;
        sock_fprog program{static_cast<unsigned short>(plan_.seccomp.size()),
                           const_cast<sock_filter*>(plan_.seccomp.data())};
        return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
    }

    // A filter that may refuse what the join needs comes after it; a tracing one comes last in any
    // case.
    bool join_and_filter() {
        if (plan_.filter_lets_write && !plan_.trace) return install_filter() && join_groups();
        if (!join_groups()) return false;
        if (!plan_.trace) return install_filter();
        errno = install_traced(plan_.seccomp, trace_socket_);
        return errno == 0;
    }

    void exec(const char* path) {
        trail_.path = path;
        for (int attempt = 0;; ++attempt) {
            trail_.error = 0;
            trail_.exec_time_ns = monotonic_ns();
            ::execve(path, plan_.arguments, plan_.environment);
            trail_.error = errno;
            if (errno != ETXTBSY || attempt >= plan_.busy_retries) return;
            constexpr timespec kPause{0, 1'000'000};
            ::nanosleep(&kPause, nullptr);
        }
    }

    // Leaves the reason that tells most when every candidate failed, as execvp(3) does.
    void exec_any() {
        int reason = ENOENT;
        for (const char* path : plan_.candidates) {
            exec(path);
            if (trail_.error == EACCES) reason = EACCES;
            if (trail_.error == ENOENT || trail_.error == ENOTDIR || trail_.error == EACCES) {
                continue;
            }
            reason = trail_.error;
            break;
        }
        trail_.error = reason;
    }

    void exec_found() {
        for (const char* path : plan_.candidates) {
            struct stat status {};
            if (::stat(path, &status) == 0 && !S_ISDIR(status.st_mode) &&
                ::access(path, X_OK) == 0) {
                return exec(path);
            }
        }
        trail_.path = nullptr;
        trail_.error = ENOENT;
    }

    const LaunchPlan& plan_;
    Launched& trail_;
    int trace_socket_ = -1;
};

std::vector<std::string> candidate_paths(const ProgramSpec& program) {
    const std::string& name = program.arguments.front();
    if (name.find('/') != std::string::npos) return {name};
    std::string_view path = "/usr/local/bin:/usr/bin:/bin";
    for (const std::string& variable : program.environment) {
        if (variable.starts_with("PATH=")) path = std::string_view(variable).substr(5);
    }
    std::vector<std::string> candidates;
    for (;;) {
        const std::size_t colon = path.find(':');
        const std::string_view directory = path.substr(0, colon);
        candidates.push_back((directory.empty() ? "." : std::string(directory)) + "/" + name);
        if (colon == std::string_view::npos) return candidates;
        path.remove_prefix(colon + 1);
    }
}

Error step_error(const Launched& launched, const ProgramSpec& program) {
    const std::string_view step = launched.failed_step;
    if (step != "enter the working directory") {
        return system_error("cannot " + std::string(step), launched.error);
    }
    Error error = system_error(
        "cannot enter the working directory " + program.working_directory + " in the sandbox",
        launched.error);
    error.kind = ErrorKind::kUsage;
    return error;
}

}  // namespace

std::int64_t monotonic_ns() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

bool renounce_capabilities() {
    int capability = 0;
    while (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) ++capability;
    // EINVAL: the one after the last that this kernel has.
    if (errno != EINVAL) return false;
    constexpr unsigned long kBits =
        SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP_LOCKED |
        SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
    return ::prctl(PR_SET_SECUREBITS, kBits, 0, 0, 0) == 0;
}

std::vector<char*> exec_pointers(std::span<const std::string> strings) {
    std::vector<char*> result;
    result.reserve(strings.size() + 1);
    for (const std::string& text : strings) result.push_back(const_cast<char*>(text.c_str()));
    result.push_back(nullptr);
    return result;
}

Result<Launched> launch(const LaunchPlan& plan) {
    Launched launched;
    const pid_t pid = ::vfork();
    if (pid == 0) Launcher(plan, launched).run();
    if (pid < 0) return system_error("cannot create the program's process", errno);
    if (launched.failed_step == nullptr && launched.error == 0) {
        launched.pid = pid;
        // Killed before it came to the exec: its end tells.
        if (launched.exec_time_ns == 0) launched.exec_time_ns = monotonic_ns();
        return launched;
    }
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return launched;
}

Result<LaunchResult> launch(const LaunchContext& context) {
    const ProgramSpec& program = context.program;
    const std::vector<std::string> candidates = candidate_paths(program);
    const std::vector<char*> candidate_pointers = exec_pointers(candidates);
    const std::vector<char*> arguments = exec_pointers(program.arguments);
    const std::vector<char*> environment = exec_pointers(program.environment);
    int stdio[] = {context.stdio[0], context.stdio[1], context.stdio[2]};
    std::vector<int> groups;
    for (const posix::UniqueFd& group : context.cgroup_join) groups.push_back(group.get());
    cpu_set_t cpus{};
    for (const int cpu : program.cpus) CPU_SET(cpu, &cpus);

    LaunchPlan plan;
    plan.candidates = {candidate_pointers.data(), candidates.size()};
    plan.arguments = arguments.data();
    plan.environment = environment.data();
    plan.working_directory = program.working_directory.c_str();
    plan.descriptors = stdio;
    plan.controlling_terminal = program.terminal;
    plan.limits = context.limits;
    plan.cpus = program.cpus.empty() ? nullptr : &cpus;
    plan.ids = context.identity.program_inside;
    plan.drop_groups = context.identity.own_uids;
    plan.umask = context.umask;
    plan.seccomp = program.seccomp;
    plan.filter_lets_write = program.seccomp_lets_write;
    plan.trace = program.trace_syscalls;
    plan.trace_socket = context.trace_socket;
    plan.cgroup_join = groups;

    ASSAY_TRY(const Launched launched, launch(plan));
    if (launched.failed_step != nullptr) return step_error(launched, program);
    return LaunchResult{launched.pid, launched.error, launched.exec_time_ns};
}

}  // namespace assay::sandbox
