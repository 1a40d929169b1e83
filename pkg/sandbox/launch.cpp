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

// Everything that the launcher needs, prepared before the vfork.
struct Prepared {
    const LaunchContext& context;
    std::vector<std::string> candidates;  // paths to try, in PATH order
    std::vector<char*> arguments;
    std::vector<char*> environment;
    sock_fprog filter{};
    cpu_set_t cpus{};
};

// What the launcher leaves behind in the shared memory.
struct Trail {
    const char* step = nullptr;  // that failed, nullptr when only the exec can have
    int error = 0;
    int exec_error = 0;
    std::int64_t exec_time_ns = 0;
};

std::vector<char*> pointers(const std::vector<std::string>& strings) {
    std::vector<char*> result;
    result.reserve(strings.size() + 1);
    for (const std::string& text : strings) result.push_back(const_cast<char*>(text.c_str()));
    result.push_back(nullptr);
    return result;
}

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

bool place_streams(const int (&stdio)[3]) {
    int moved[3];
    for (int i = 0; i < 3; ++i) {
        moved[i] = stdio[i] < 0 ? -1 : ::fcntl(stdio[i], F_DUPFD_CLOEXEC, 3);
        if (stdio[i] >= 0 && moved[i] < 0) return false;
    }
    for (int i = 0; i < 3; ++i) {
        if (moved[i] < 0) {
            ::close(i);
        } else if (::dup2(moved[i], i) < 0) {
            return false;
        }
    }
    return true;
}

bool set_limits(const ProgramSpec& program) {
    for (const ResourceLimit& limit : program.resource_limits) {
        const rlimit value{limit.value, limit.value};
        if (::setrlimit(static_cast<__rlimit_resource>(limit.resource), &value) != 0) return false;
    }
    return true;
}

// No process of the box ever has a capability: not by exec as uid 0, not by file capabilities.
bool drop_capabilities() {
    int capability = 0;
    while (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) ++capability;
    // EINVAL: the one after the last that this kernel has.
    if (errno != EINVAL) return false;
    constexpr unsigned long kBits =
        SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP_LOCKED |
        SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
    return ::prctl(PR_SET_SECUREBITS, kBits, 0, 0, 0) == 0;
}

bool become_program(const Identity& identity) {
    const Ids& ids = identity.program_inside;
    if (identity.own_uids && ::syscall(SYS_setgroups, 0, nullptr) != 0) return false;
    // The raw calls: glibc's would try to reach the other threads of a process that has none.
    if (::syscall(SYS_setresgid, ids.gid, ids.gid, ids.gid) != 0) return false;
    if (::syscall(SYS_setresuid, ids.uid, ids.uid, ids.uid) != 0) return false;
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct none[2] = {};
    return ::syscall(SYS_capset, &header, none) == 0 &&
           ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

bool join_groups(const std::vector<posix::UniqueFd>& groups) {
    for (const posix::UniqueFd& group : groups) {
        if (::write(group.get(), "0", 1) != 1) return false;
    }
    return true;
}

bool reset_signals() {
    sigset_t none;
    ::sigemptyset(&none);
    return ::sigprocmask(SIG_SETMASK, &none, nullptr) == 0;
}

bool restore_umask(mode_t mask) {
    ::umask(mask);
    return true;
}

bool enter_directory(const ProgramSpec& program) {
    return ::chdir(program.working_directory.c_str()) == 0;
}

bool install_filter(const Prepared& prepared) {
    if (prepared.filter.len == 0) return true;
    return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prepared.filter) == 0;
}

// A filter that may refuse what the join needs comes after it; a tracing one comes last in any
// case.
bool join_and_filter(const Prepared& prepared) {
    const LaunchContext& context = prepared.context;
    if (context.program.seccomp_lets_write && !context.program.trace_syscalls) {
        return install_filter(prepared) && join_groups(context.cgroup_join);
    }
    if (!join_groups(context.cgroup_join)) return false;
    if (!context.program.trace_syscalls) return install_filter(prepared);
    errno = install_traced(context.program.seccomp, context.trace_socket);
    return errno == 0;
}

std::int64_t now_ns() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

// Sets errno to the reason that tells most when every candidate failed, as execvp(3) does.
void exec_candidates(const Prepared& prepared, Trail& trail) {
    int reason = ENOENT;
    for (const std::string& path : prepared.candidates) {
        trail.exec_time_ns = now_ns();
        ::execve(path.c_str(), prepared.arguments.data(), prepared.environment.data());
        if (errno == EACCES) reason = EACCES;
        if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) {
            reason = errno;
            break;
        }
    }
    trail.exec_error = reason;
}

// Runs in the vfork child: no allocation, no locks, no return.
[[noreturn]] void run_launcher(const Prepared& prepared, Trail& trail) {
    const LaunchContext& context = prepared.context;
    const ProgramSpec& program = context.program;
    const auto step = [&trail](const char* name, bool done) {
        if (!done && trail.step == nullptr) {
            trail.step = name;
            trail.error = errno;
        }
        return done;
    };
    const bool ready =
        step("start a session", ::setsid() >= 0) &&
        step("place the standard streams", place_streams(context.stdio)) &&
        step("take the terminal", !program.terminal || ::ioctl(0, TIOCSCTTY, 0) == 0) &&
        step("set the resource limits", set_limits(program)) &&
        step("set the CPU affinity",
             program.cpus.empty() ||
                 ::sched_setaffinity(0, sizeof prepared.cpus, &prepared.cpus) == 0) &&
        step("drop the capabilities", drop_capabilities()) &&
        step("take the program's identity", become_program(context.identity)) &&
        step("enter the working directory", enter_directory(program)) &&
        step("reset the signals", reset_signals()) && restore_umask(context.umask) &&
        step("close the other descriptors",
             ::syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC) == 0) &&
        step("install the filter and join the control groups", join_and_filter(prepared));
    if (ready) exec_candidates(prepared, trail);
    // The raw call: a sanitizer's _exit makes others before, which a tracing filter would report to
    // nobody.
    for (;;) ::syscall(SYS_exit_group, 127);
}

Error step_error(const Trail& trail, const ProgramSpec& program) {
    Error error = system_error(std::string("cannot ") + trail.step, trail.error);
    if (std::string_view(trail.step) == "enter the working directory") {
        error = system_error(
            "cannot enter the working directory " + program.working_directory + " in the sandbox",
            trail.error);
        error.kind = ErrorKind::kUsage;
    }
    return error;
}

}  // namespace

Result<LaunchResult> launch(const LaunchContext& context) {
    Prepared prepared{context,
                      candidate_paths(context.program),
                      pointers(context.program.arguments),
                      pointers(context.program.environment),
                      {},
                      {}};
    prepared.filter.len = static_cast<unsigned short>(context.program.seccomp.size());
    prepared.filter.filter = const_cast<sock_filter*>(context.program.seccomp.data());
    for (const int cpu : context.program.cpus) CPU_SET(cpu, &prepared.cpus);

    Trail trail;
    const pid_t pid = ::vfork();
    if (pid == 0) run_launcher(prepared, trail);
    if (pid < 0) return system_error("cannot create the program's process", errno);
    if (trail.step == nullptr && trail.exec_error == 0) {
        return LaunchResult{pid, 0, trail.exec_time_ns};
    }
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    if (trail.step != nullptr) return step_error(trail, context.program);
    return LaunchResult{-1, trail.exec_error, trail.exec_time_ns};
}

}  // namespace assay::sandbox
