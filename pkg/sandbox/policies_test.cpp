// The refused calls, one by one: what the filter answers, and what a program gets.
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <map>

#include "internal/testing/bpf_interpreter.hpp"
#include "internal/testing/filtered_child.hpp"
#include "pkg/sandbox/seccomp.hpp"

namespace assay::sandbox {
namespace {

using Arguments = std::array<std::uint64_t, 6>;
using testing::call;
using testing::evaluate;

constexpr std::uint64_t kHighBit = std::uint64_t{1} << 40;

bool is_same(std::span<const sock_filter> a, std::span<const sock_filter> b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
        return x.code == y.code && x.jt == y.jt && x.jf == y.jf && x.k == y.k;
    });
}

int number_of(const std::string& name) {
    const auto number = syscall_number(name);
    INFO(name);
    REQUIRE(number.has_value());
    return *number;
}

// The errno of a raw call under the default policy, 0 when it was made; no privilege is left that a
// call which slips through could use.
int errno_of(int number, const Arguments& a = {}) {
    const int status = testing::status_under(default_program(), [&] {
        if (::getuid() == 0 && ::syscall(SYS_setresuid, 65534, 65534, 65534) != 0) return 254;
        return ::syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]) == -1 ? errno : 0;
    });
    INFO(syscall_name(number) << " ended with wait status " << status);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

// Refused by the filter, whatever the kernel would say, and seen so by a program.
void check_refused(const std::string& name, int error_number, const Arguments& arguments = {}) {
    const int number = number_of(name);
    INFO(name);
    CHECK(evaluate(default_program(), call(number, arguments)) ==
          (SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error_number)));
    CHECK(errno_of(number, arguments) == error_number);
}

void check_allowed(const std::string& name, const Arguments& arguments = {}) {
    INFO(name);
    CHECK(evaluate(default_program(), call(number_of(name), arguments)) == SECCOMP_RET_ALLOW);
}

const std::map<int, std::vector<std::string>> kRefused = {
    {EPERM,
     {"mount",
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
      "name_to_handle_at",
      "fanotify_init",
      "fanotify_mark",
      "process_vm_readv",
      "process_vm_writev",
      "kcmp",
      "pidfd_getfd"}},
    {ENOSYS, {"clone3",     "io_uring_setup", "io_uring_enter",  "io_uring_register",
              "bpf",        "userfaultfd",    "perf_event_open", "keyctl",
              "add_key",    "request_key",    "open_tree",       "open_tree_attr",
              "move_mount", "fsopen",         "fsconfig",        "fsmount",
              "fspick",     "mount_setattr",  "statmount",       "listmount",
              "modify_ldt", "memfd_secret",   "lookup_dcookie",  "uselib",
              "sysfs",      "ustat"}},
    // With all arguments 0: AF_UNSPEC.
    {EAFNOSUPPORT, {"socket", "socketpair"}},
};

}  // namespace

TEST_CASE("policies: the embedded programs are what the policies compile to", "[policies]") {
    const auto ordinary = compile(default_policy());
    const auto strict = compile(strict_policy());
    REQUIRE(ordinary.has_value());
    REQUIRE(strict.has_value());
    CHECK(is_same(default_program(), *ordinary));
    CHECK(is_same(strict_program(), *strict));
}

TEST_CASE("policies: a program gets the stated errno from each refused call", "[policies]") {
    for (const auto& [error_number, names] : kRefused) {
        for (const std::string& name : names) check_refused(name, error_number);
    }
}

TEST_CASE("policies: nothing else is refused by default", "[policies]") {
    std::map<int, int> refused;
    for (const auto& [error_number, names] : kRefused) {
        for (const std::string& name : names) refused[number_of(name)] = error_number;
    }
    for (int number = 0; number <= kNewestSyscall; ++number) {
        INFO(syscall_name(number));
        const auto entry = refused.find(number);
        const std::uint32_t expected =
            entry == refused.end() ? SECCOMP_RET_ALLOW
                                   : SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(entry->second);
        CHECK(evaluate(default_program(), call(number)) == expected);
    }
}

TEST_CASE("policies: the way that lets a call pass is short", "[policies]") {
    // When a filter is installed the kernel goes this way for each number: it is the cost of a
    // start.
    constexpr std::size_t kShort = 20;
    for (int number = 0; number <= kNewestSyscall; ++number) {
        std::size_t steps = 0;
        const std::uint32_t answer = evaluate(default_program(), call(number), &steps);
        INFO(syscall_name(number));
        if (answer == SECCOMP_RET_ALLOW && number != SYS_clone && number != SYS_unshare) {
            CHECK(steps <= kShort);
        }
    }
}

TEST_CASE("policies: a new namespace is refused in any company", "[policies]") {
    for (const std::uint64_t flag : {CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                     CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET}) {
        check_refused("clone", EPERM, {flag | SIGCHLD});
        check_refused("clone", EPERM, {kHighBit | flag | CLONE_VM | CLONE_FILES | SIGCHLD});
        check_refused("unshare", EPERM, {flag});
        check_refused("unshare", EPERM, {kHighBit | flag | CLONE_FS});
    }
    check_refused("unshare", EPERM, {0x80});
    check_allowed("unshare", {CLONE_FILES | CLONE_FS | CLONE_SYSVSEM});
    check_allowed(
        "clone", {CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                  CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID});
    check_allowed("clone", {CLONE_VM | CLONE_VFORK | SIGCHLD});
}

TEST_CASE("policies: only UNIX, IPv4 and IPv6 sockets can be made", "[policies]") {
    for (std::uint64_t family = 0; family < 64; ++family) {
        if (family == AF_UNIX || family == AF_INET || family == AF_INET6) {
            check_allowed("socket", {family, SOCK_STREAM});
        } else {
            check_refused("socket", EAFNOSUPPORT, {family, SOCK_RAW});
        }
    }
    for (const std::uint64_t family : {AF_NETLINK, AF_PACKET, AF_VSOCK, AF_ALG, AF_XDP, AF_KEY}) {
        check_refused("socket", EAFNOSUPPORT, {kHighBit | family, SOCK_RAW});
    }
    check_allowed("socketpair", {AF_UNIX, SOCK_STREAM});
    check_refused("socketpair", EAFNOSUPPORT, {AF_TIPC, SOCK_STREAM});
}

TEST_CASE("policies: terminal commands are known by their low 32 bits", "[policies]") {
    constexpr std::uint64_t kNoDescriptor = 1000;
    for (const std::uint64_t command : {TIOCSTI, TIOCLINUX, TIOCSETD}) {
        check_refused("ioctl", EPERM, {kNoDescriptor, command});
        check_refused("ioctl", EPERM, {kNoDescriptor, kHighBit | command});
        check_refused("ioctl", EPERM, {kNoDescriptor, 0xffff'ffff'0000'0000 | command});
    }
    check_allowed("ioctl", {0, TIOCGWINSZ});
    check_allowed("ioctl", {0, TCGETS});
}

TEST_CASE("policies: a filter of one's own is allowed, a listener is not", "[policies]") {
    check_allowed("seccomp", {SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC});
    check_refused("seccomp", EPERM, {SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER});
    check_refused(
        "seccomp", EPERM,
        {SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_LOG});
}

TEST_CASE("policies: newer and x32 numbers are not there", "[policies]") {
    constexpr int kX32 = 0x40000000;
    CHECK(errno_of(kNewestSyscall + 1) == ENOSYS);
    CHECK(errno_of(kX32 | SYS_getpid) == ENOSYS);
    CHECK(errno_of(kX32 | 512) == ENOSYS);
}

TEST_CASE("policies: a 32-bit call kills", "[policies]") {
    const auto call_as_i386 = [] {
        long result = 20;  // getpid of i386, writev of x86-64
        asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
        return 0;
    };
    const pid_t bare = ::fork();
    if (bare == 0) ::_exit(call_as_i386());
    if (!WIFEXITED(testing::wait_for(bare))) {
        std::puts("skipped: this kernel has no 32-bit calls");
        return;
    }
    for (const auto program : {default_program(), strict_program()}) {
        const int status = testing::status_under(program, call_as_i386);
        REQUIRE(WIFSIGNALED(status));
        CHECK(WTERMSIG(status) == SIGSYS);
    }
}

TEST_CASE("policies: strict kills what makes processes, sockets and signals to others",
          "[policies]") {
    struct Case {
        int number;
        Arguments arguments;
    };
    for (const Case& refused :
         {Case{SYS_fork, {}}, Case{SYS_vfork, {}}, Case{SYS_clone, {SIGCHLD}},
          Case{SYS_socket, {AF_INET, SOCK_STREAM}}, Case{SYS_socketpair, {AF_UNIX, SOCK_STREAM}},
          Case{SYS_connect, {}}, Case{SYS_ptrace, {}}, Case{SYS_mount, {}}, Case{SYS_unshare, {}},
          Case{SYS_setns, {}}, Case{SYS_chroot, {}}, Case{SYS_prlimit64, {1}},
          Case{SYS_ioctl, {0, TIOCSTI}}, Case{SYS_ioctl, {0, kHighBit | TIOCSTI}},
          Case{SYS_shmget, {}}, Case{SYS_mknodat, {}}, Case{SYS_seccomp, {}},
          Case{SYS_execveat, {}}, Case{SYS_personality, {}}}) {
        INFO(syscall_name(refused.number));
        CHECK(evaluate(strict_program(), call(refused.number, refused.arguments)) ==
              SECCOMP_RET_KILL_PROCESS);
        const Arguments& a = refused.arguments;
        const int status = testing::status_under(strict_program(), [&] {
            return static_cast<int>(::syscall(refused.number, a[0], a[1], a[2], a[3], a[4], a[5]));
        });
        REQUIRE(WIFSIGNALED(status));
        CHECK(WTERMSIG(status) == SIGSYS);
    }
}

TEST_CASE("policies: strict allows nothing that the default refuses", "[policies]") {
    for (int number = 0; number <= kNewestSyscall; ++number) {
        for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{CLONE_NEWUSER},
                                          std::uint64_t{CLONE_NEWNET | CLONE_THREAD}}) {
            const seccomp_data data = call(number, {first, TIOCSTI});
            if (evaluate(default_program(), data) == SECCOMP_RET_ALLOW) continue;
            INFO(syscall_name(number));
            CHECK(evaluate(strict_program(), data) != SECCOMP_RET_ALLOW);
        }
    }
}

}  // namespace assay::sandbox
