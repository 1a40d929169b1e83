// System calls that widen the kernel's surface. Arguments are invalid on purpose: a call that is
// let through fails with EINVAL, EFAULT or EBADF and does nothing; a refusal reads EPERM or ENOSYS.
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attack.h"

static int namespaces(int argc, char** argv) {
    (void)argc, (void)argv;
    static const struct {
        const char* name;
        int flag;
    } kinds[] = {
        {"user", CLONE_NEWUSER}, {"mount", CLONE_NEWNS}, {"pid", CLONE_NEWPID},
        {"net", CLONE_NEWNET},   {"ipc", CLONE_NEWIPC},  {"cgroup", CLONE_NEWCGROUP},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char what[64];
        snprintf(what, sizeof what, "unshare %s", kinds[i].name);
        outcome(what, unshare(kinds[i].flag));
        snprintf(what, sizeof what, "clone %s", kinds[i].name);
        const long child = syscall(SYS_clone, kinds[i].flag | SIGCHLD, NULL, NULL, NULL, NULL);
        if (child == 0) _exit(0);
        outcome(what, child);
        struct clone_args arguments = {.flags = (unsigned)kinds[i].flag, .exit_signal = SIGCHLD};
        snprintf(what, sizeof what, "clone3 %s", kinds[i].name);
        const long third = syscall(SYS_clone3, &arguments, sizeof arguments);
        if (third == 0) _exit(0);
        outcome(what, third);
    }
    return 0;
}

struct call {
    const char* name;
    long number;
    long arguments[5];
};

#define CALL(name, ...)      \
    {                        \
#name, SYS_##name, { \
            __VA_ARGS__      \
        }                    \
    }

static const struct call kForbidden[] = {
    CALL(bpf, 0, 0, 0),
    CALL(perf_event_open, 0, 0, -1, -1, 0),
    CALL(io_uring_setup, 0, 0),
    CALL(io_uring_enter, -1, 0, 0, 0, 0),
    CALL(io_uring_register, -1, 0, 0, 0),
    CALL(userfaultfd, -1),
    CALL(kexec_load, 0, 0, 0, -1),
    CALL(kexec_file_load, -1, -1, 0, 0, -1),
    CALL(init_module, 0, 0, 0),
    CALL(finit_module, -1, 0, 0),
    CALL(delete_module, 0, 0),
    CALL(keyctl, -1, 0, 0, 0, 0),
    CALL(add_key, 0, 0, 0, 0, 0),
    CALL(request_key, 0, 0, 0, 0),
    CALL(open_by_handle_at, -1, 0, 0),
    CALL(name_to_handle_at, -1, 0, 0, 0, 0),
    CALL(swapon, 0, 0),
    CALL(swapoff, 0),
    CALL(reboot, 0, 0, 0, 0),
    CALL(acct, 1),
    CALL(quotactl, 0, 0, 0, 0),
    CALL(pivot_root, 0, 0),
    CALL(setns, -1, 0),
    CALL(mount, 0, 0, 0, 0, 0),
    CALL(umount2, 0, 0),
    CALL(open_tree, -1, 0, 1),
    CALL(move_mount, -1, 0, -1, 0, 0),
    CALL(fsopen, 0, 0),
    CALL(fsconfig, -1, 0, 0, 0, 0),
    CALL(fsmount, -1, 0, 0),
    CALL(fspick, -1, 0, 0),
    CALL(mount_setattr, -1, 0, 0, 0, 0),
    CALL(chroot, 0),
    CALL(iopl, 3),
    CALL(ioperm, 0, 1, 1),
    CALL(syslog, 10, 0, 0),
    CALL(settimeofday, 1, 0),
    CALL(clock_settime, 0, 1),
    CALL(sethostname, 1, 100),
    CALL(setdomainname, 1, 100),
    CALL(fanotify_init, -1, 0),
    CALL(lookup_dcookie, 0, 0, 0),
};

static int forbidden_calls(int argc, char** argv) {
    (void)argc, (void)argv;
    for (size_t i = 0; i < sizeof kForbidden / sizeof *kForbidden; i++) {
        const struct call* it = &kForbidden[i];
        const long* a = it->arguments;
        errno = 0;
        outcome(it->name, syscall(it->number, a[0], a[1], a[2], a[3], a[4]));
    }
    return 0;
}

static int int_80(int argc, char** argv) {
    (void)argc, (void)argv;
    long result = 20;  // getpid of the 32-bit table; writev of the 64-bit one
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory");
    errno = result < 0 ? (int)-result : 0;
    outcome("int 0x80", result < 0 ? -1 : 0);
    return 0;
}

static int x32(int argc, char** argv) {
    (void)argc, (void)argv;
    outcome("x32", syscall(0x40000000 | SYS_getpid));
    return 0;
}

// The kernel compares only the low 32 bits of the command.
static int type_into_terminal(int argc, char** argv) {
    (void)argc, (void)argv;
    const char letter = 'x';
    const char linux_subcode = 3;
    const unsigned long high = 1ul << 32;
    outcome("TIOCSTI", syscall(SYS_ioctl, 0, TIOCSTI, &letter));
    outcome("TIOCSTI with high bits", syscall(SYS_ioctl, 0, TIOCSTI | high, &letter));
    outcome("TIOCLINUX", syscall(SYS_ioctl, 0, TIOCLINUX, &linux_subcode));
    outcome("TIOCLINUX with high bits", syscall(SYS_ioctl, 0, TIOCLINUX | high, &linux_subcode));
    outcome("open the terminal", open("/dev/tty", O_RDWR));
    return 0;
}

static int cgroups(int argc, char** argv) {
    (void)argc, (void)argv;
    outcome("mount cgroup2", mount("none", "/tmp", "cgroup2", 0, NULL));
    outcome("mount cgroup", mount("none", "/tmp", "cgroup", 0, "memory"));
    outcome("see /sys/fs/cgroup", open("/sys/fs/cgroup/cgroup.procs", O_RDONLY));
    outcome("see the memory limit", open("/sys/fs/cgroup/memory/memory.limit_in_bytes", O_RDONLY));
    outcome("make a group", open("/sys/fs/cgroup/attack", O_CREAT | O_WRONLY, 0600));
    return 0;
}

// What a program may set about itself and a keeper must survive.
static int odd_settings(int argc, char** argv) {
    (void)argc, (void)argv;
    outcome("PR_SET_DUMPABLE", prctl(PR_SET_DUMPABLE, 0));
    outcome("PR_SET_CHILD_SUBREAPER", prctl(PR_SET_CHILD_SUBREAPER, 1));
    outcome("PR_SET_PDEATHSIG", prctl(PR_SET_PDEATHSIG, SIGKILL));
    outcome("PR_SET_NAME", prctl(PR_SET_NAME, "\n) R 1 1 1"));
    outcome("ADDR_NO_RANDOMIZE", personality(ADDR_NO_RANDOMIZE));
    outcome("READ_IMPLIES_EXEC", personality(READ_IMPLIES_EXEC));
    outcome("drop no_new_privs", prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
    return 0;
}

// A filter of its own that traps getppid, then a listener that never answers.
static int own_filter(int argc, char** argv) {
    (void)argc, (void)argv;
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof code / sizeof *code, code};
    const long listener =
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    if (outcome("listener", listener)) getppid();
    code[2].k = SECCOMP_RET_TRAP;
    if (outcome("trap", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program))) getppid();
    return 0;
}

const struct attack kKernelAttacks[] = {
    {"namespaces", namespaces},
    {"forbidden-calls", forbidden_calls},
    {"int-80", int_80},
    {"x32", x32},
    {"type-into-terminal", type_into_terminal},
    {"cgroups", cgroups},
    {"odd-settings", odd_settings},
    {"own-filter", own_filter},
    {NULL, NULL},
};
