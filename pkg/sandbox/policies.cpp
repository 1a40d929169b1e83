// The built-in policies. What each call may do to the host, and who misses it, is the reason for
// its place; the tests run the refused calls and the programs that must not notice.
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "pkg/sandbox/seccomp.hpp"

namespace assay::sandbox {
namespace {

using Names = std::vector<std::string>;

constexpr std::uint64_t kLow32Bits = 0xffff'ffff;

SyscallRule refuse(int error_number, Names names, std::vector<ArgumentRule> arguments = {}) {
    return {std::move(names), Action::kErrno, error_number, std::move(arguments)};
}

SyscallRule allow(Names names, std::vector<ArgumentRule> arguments = {}) {
    return {std::move(names), Action::kAllow, 0, std::move(arguments)};
}

// The argument as the kernel sees an int or unsigned.
ArgumentRule equals_int(unsigned index, std::uint64_t value) {
    return {index, Comparison::kMaskedEqual, value, kLow32Bits};
}

ArgumentRule has_bit(unsigned index, std::uint64_t bit) {
    return {index, Comparison::kMaskedEqual, bit, bit};
}

// Acts of an administrator. The kernel refuses most of them for want of a capability as well; the
// filter keeps the code behind them out of reach of a program that gains one.
SyscallRule administration() {
    return refuse(EPERM, {"mount",
                          "umount2",
                          "pivot_root",
                          "chroot",
                          "swapon",
                          "swapoff",
                          "reboot",
                          "kexec_load",
                          "kexec_file_load",
                          "init_module",
                          "finit_module",
                          "delete_module",
                          "acct",
                          "quotactl",
                          "quotactl_fd",
                          "settimeofday",
                          "clock_settime",
                          "clock_adjtime",
                          "adjtimex",
                          "sethostname",
                          "setdomainname",
                          "setns",
                          "syslog",
                          "vhangup",
                          "iopl",
                          "ioperm",
                          "open_by_handle_at",
                          "fanotify_init",
                          "fanotify_mark",
                          "name_to_handle_at",
                          "process_vm_readv",
                          "process_vm_writev",
                          "kcmp",
                          "pidfd_getfd"});
}

// Interfaces that a kernel may be too old for or built without. ENOSYS is the answer that
// libraries have a second way for: libuv goes from io_uring to epoll, mount(8) to mount(2).
SyscallRule optional_interfaces() {
    return refuse(ENOSYS, {"clone3",
                           "io_uring_setup",
                           "io_uring_enter",
                           "io_uring_register",
                           "bpf",
                           "perf_event_open",
                           "userfaultfd",
                           "keyctl",
                           "add_key",
                           "request_key",
                           "open_tree",
                           "open_tree_attr",
                           "move_mount",
                           "fsopen",
                           "fsconfig",
                           "fsmount",
                           "fspick",
                           "mount_setattr",
                           "statmount",
                           "listmount",
                           "memfd_secret",
                           "modify_ldt",
                           "lookup_dcookie",
                           "uselib",
                           "sysfs",
                           "ustat"});
}

// New namespaces give capabilities over fresh kernel objects: most local root exploits of the last
// ten years begin with CLONE_NEWUSER. A flag of CLONE_NEWTIME is a signal number to clone.
void refuse_namespaces(SeccompPolicy& policy) {
    for (const std::uint64_t flag : {CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                     CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET}) {
        policy.rules.push_back(refuse(EPERM, {"clone", "unshare"}, {has_bit(0, flag)}));
    }
    constexpr std::uint64_t kNewTime = 0x80;
    policy.rules.push_back(refuse(EPERM, {"unshare"}, {has_bit(0, kNewTime)}));
}

// UNIX, IPv4 and IPv6 sockets, within the box's own network. Not netlink either: glibc takes
// EAFNOSUPPORT as "assume all address families". One comparison per argument and rule, so the
// families between are named one by one; what has a high bit set is above the last.
void refuse_address_families(SeccompPolicy& policy) {
    constexpr std::uint64_t kBetween[] = {3, 4, 5, 6, 7, 8, 9};
    static_assert(AF_UNIX == 1 && AF_INET == 2 && AF_INET6 == 10);
    const auto refuse_family = [&](Comparison comparison, std::uint64_t family) {
        policy.rules.push_back(refuse(EAFNOSUPPORT, {"socket"},
                                      {{.index = 0, .comparison = comparison, .value = family}}));
    };
    refuse_family(Comparison::kEqual, AF_UNSPEC);
    for (const std::uint64_t family : kBetween) refuse_family(Comparison::kEqual, family);
    refuse_family(Comparison::kGreater, AF_INET6);
    policy.rules.push_back(
        refuse(EAFNOSUPPORT, {"socketpair"},
               {{.index = 0, .comparison = Comparison::kNotEqual, .value = AF_UNIX}}));
}

// Keystrokes into the terminal that the program shares with its caller, and line disciplines, which
// load kernel modules. The kernel reads 32 bits of the command.
void refuse_terminal_commands(SeccompPolicy& policy) {
    for (const std::uint64_t command : {TIOCSTI, TIOCLINUX, TIOCSETD}) {
        policy.rules.push_back(refuse(EPERM, {"ioctl"}, {equals_int(1, command)}));
    }
}

// Limits of another process. The kernel asks for equal uids only, which the box's init has when the
// caller is an ordinary user.
SyscallRule limits_of_others() {
    return refuse(EPERM, {"prlimit64"},
                  {{.index = 0, .comparison = Comparison::kNotEqual, .value = 0},
                   {.index = 2, .comparison = Comparison::kNotEqual, .value = 0}});
}

ArgumentRule thread_without_namespaces() {
    constexpr std::uint64_t kNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                          CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
                                          CLONE_NEWNET;
    return {0, Comparison::kMaskedEqual, CLONE_THREAD, CLONE_THREAD | kNamespaces};
}

// What any program computes, reads and writes with.
SyscallRule strict_input_and_output() {
    return allow({"read",         "write",         "readv",       "writev",     "pread64",
                  "pwrite64",     "preadv",        "pwritev",     "preadv2",    "pwritev2",
                  "lseek",        "open",          "openat",      "openat2",    "close",
                  "close_range",  "stat",          "fstat",       "lstat",      "newfstatat",
                  "statx",        "access",        "faccessat",   "faccessat2", "readlink",
                  "readlinkat",   "getcwd",        "getdents",    "getdents64", "fcntl",
                  "flock",        "fsync",         "fdatasync",   "ftruncate",  "fallocate",
                  "fadvise64",    "dup",           "dup2",        "dup3",       "pipe",
                  "pipe2",        "poll",          "ppoll",       "select",     "pselect6",
                  "epoll_create", "epoll_create1", "epoll_ctl",   "epoll_wait", "epoll_pwait",
                  "epoll_pwait2", "eventfd",       "eventfd2",    "sendfile",   "copy_file_range",
                  "splice",       "tee",           "statfs",      "fstatfs",    "chdir",
                  "fchdir",       "umask",         "memfd_create"});
}

SyscallRule strict_memory_and_threads() {
    return allow({"mmap",
                  "munmap",
                  "mprotect",
                  "mremap",
                  "madvise",
                  "brk",
                  "msync",
                  "mincore",
                  "mlock",
                  "mlock2",
                  "munlock",
                  "mseal",
                  "pkey_alloc",
                  "pkey_free",
                  "pkey_mprotect",
                  "map_shadow_stack",
                  "membarrier",
                  "futex",
                  "futex_waitv",
                  "futex_wake",
                  "futex_wait",
                  "futex_requeue",
                  "set_robust_list",
                  "get_robust_list",
                  "set_tid_address",
                  "rseq",
                  "arch_prctl",
                  "prctl",
                  "get_mempolicy",
                  "sched_yield",
                  "sched_getaffinity",
                  "sched_getparam",
                  "sched_getscheduler",
                  "sched_get_priority_max",
                  "sched_get_priority_min"});
}

SyscallRule strict_time_signals_and_self() {
    return allow({"clock_gettime",
                  "clock_getres",
                  "clock_nanosleep",
                  "nanosleep",
                  "gettimeofday",
                  "time",
                  "times",
                  "getrusage",
                  "timer_create",
                  "timer_settime",
                  "timer_gettime",
                  "timer_delete",
                  "timer_getoverrun",
                  "timerfd_create",
                  "timerfd_settime",
                  "timerfd_gettime",
                  "setitimer",
                  "getitimer",
                  "alarm",
                  "pause",
                  "rt_sigaction",
                  "rt_sigprocmask",
                  "rt_sigreturn",
                  "rt_sigsuspend",
                  "rt_sigpending",
                  "rt_sigtimedwait",
                  "sigaltstack",
                  "signalfd",
                  "signalfd4",
                  "restart_syscall",
                  "tgkill",
                  "tkill",
                  "getpid",
                  "gettid",
                  "getppid",
                  "getpgrp",
                  "getpgid",
                  "getsid",
                  "getuid",
                  "geteuid",
                  "getgid",
                  "getegid",
                  "getresuid",
                  "getresgid",
                  "getgroups",
                  "capget",
                  "getrlimit",
                  "getpriority",
                  "getcpu",
                  "uname",
                  "sysinfo",
                  "getrandom",
                  "execve",
                  "exit",
                  "exit_group"});
}

// What runtimes try and do without: a cache they may not write, a limit they would like to raise.
SyscallRule strict_tried_in_vain() {
    return refuse(EPERM, {"mkdir",
                          "mkdirat",
                          "rmdir",
                          "unlink",
                          "unlinkat",
                          "rename",
                          "renameat",
                          "renameat2",
                          "link",
                          "linkat",
                          "symlink",
                          "symlinkat",
                          "chmod",
                          "fchmod",
                          "fchmodat",
                          "fchmodat2",
                          "chown",
                          "fchown",
                          "lchown",
                          "fchownat",
                          "truncate",
                          "utimensat",
                          "utimes",
                          "utime",
                          "futimesat",
                          "setrlimit",
                          "setpriority",
                          "kill",
                          "getxattr",
                          "lgetxattr",
                          "fgetxattr",
                          "listxattr",
                          "llistxattr",
                          "flistxattr",
                          "setpgid",
                          "setsid",
                          "mbind",
                          "set_mempolicy",
                          "sched_setaffinity",
                          "sched_setscheduler",
                          "sched_setparam",
                          "inotify_init1",
                          "ioprio_set"});
}

}  // namespace

// Everything but what is refused, so that compilers, interpreters, virtual machines and shells run
// as they do outside. Among what stays:
// - ptrace, which LeakSanitizer needs at the exit of every program; it reaches what kill(2)
// reaches.
// - personality, which ThreadSanitizer and debuggers need; it changes nothing but the caller.
// - seccomp without a listener: a program may confine itself further.
SeccompPolicy default_policy() {
    SeccompPolicy policy;
    policy.default_action = Action::kAllow;
    policy.rules = {administration(), limits_of_others(), optional_interfaces(),
                    refuse(EPERM, {"seccomp"}, {has_bit(1, SECCOMP_FILTER_FLAG_NEW_LISTENER)})};
    refuse_namespaces(policy);
    refuse_address_families(policy);
    refuse_terminal_commands(policy);
    return policy;
}

// One program that computes, with threads, reading and writing files it is shown: no other process,
// no socket. A program may still replace itself (execve starts it, and cannot be counted), but has
// nothing to go on with. prlimit64 reaches the caller alone. A UNIX socket is refused rather than
// fatal: libc tries nscd before it reads /etc/passwd.
SeccompPolicy strict_policy() {
    constexpr std::uint64_t kTerminalAndReadiness[] = {TCGETS,  TIOCGWINSZ, FIONREAD,
                                                       FIONBIO, FIOCLEX,    FIONCLEX};
    constexpr std::uint64_t kSelf = 0;
    SeccompPolicy policy;
    policy.default_action = Action::kKill;
    policy.rules = {
        strict_input_and_output(),
        strict_memory_and_threads(),
        strict_time_signals_and_self(),
        strict_tried_in_vain(),
        optional_interfaces(),
        refuse(EPERM, {"socket"}, {equals_int(0, AF_UNIX)}),
        allow({"clone"}, {thread_without_namespaces()}),
        allow({"prlimit64"}, {{.index = 0, .comparison = Comparison::kEqual, .value = kSelf}})};
    for (const std::uint64_t command : kTerminalAndReadiness) {
        policy.rules.push_back(allow({"ioctl"}, {equals_int(1, command)}));
    }
    return policy;
}

}  // namespace assay::sandbox
