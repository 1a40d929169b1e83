#include "pkg/sandbox/notify.hpp"

#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <functional>
#include <thread>

#include "internal/testing/bpf_interpreter.hpp"
#include "internal/testing/filtered_child.hpp"
#include "internal/testing/traced_child.hpp"

namespace assay::sandbox {
namespace {

using testing::call;
using testing::evaluate;
using testing::Traced;
using testing::TracedChild;

struct SocketPair {
    SocketPair() {
        int ends[2] = {-1, -1};
        REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
        here.reset(ends[0]);
        there.reset(ends[1]);
    }
    posix::UniqueFd here;
    posix::UniqueFd there;
};

std::vector<sock_filter> tracing() {
    auto program = tracing_program();
    REQUIRE(program.has_value());
    return std::move(*program);
}

bool has(const Traced& traced, const std::string& name) {
    return std::find(traced.names.begin(), traced.names.end(), name) != traced.names.end();
}

Traced trace_of(const std::function<int()>& body) {
    return testing::trace_of(tracing(), body);
}

Traced trace_of_shell(const char* script) {
    return trace_of([script] {
        ::execl("/bin/sh", "sh", "-c", script, nullptr);
        return 127;
    });
}

}  // namespace

TEST_CASE("notify: the calls of a program are named, sorted", "[notify]") {
    const Traced traced = trace_of_shell("cat /etc/passwd > /dev/null");
    CHECK(traced.status == 0);
    CHECK(std::is_sorted(traced.names.begin(), traced.names.end()));
    for (const char* name : {"execve", "exit_group", "openat", "read", "mmap", "close"}) {
        INFO(name);
        CHECK(has(traced, name));
    }
    CHECK_FALSE(has(traced, "socket"));
}

TEST_CASE("notify: processes and threads below the first are seen", "[notify]") {
    const Traced forked = trace_of([] {
        const pid_t child = ::fork();
        if (child == 0) {
            const pid_t grandchild = ::vfork();
            if (grandchild == 0) ::_exit(::syscall(SYS_getpgid, 0) < 0 ? 1 : 0);
            return testing::wait_for(grandchild);
        }
        return testing::wait_for(child);
    });
    CHECK(forked.status == 0);
    CHECK(has(forked, "getpgid"));

    const Traced threaded = trace_of([] {
        std::thread other([] { ::syscall(SYS_getpriority, 0, 0); });
        std::thread third([] { ::sched_yield(); });
        other.join();
        third.join();
        return 0;
    });
    CHECK(threaded.status == 0);
    CHECK(has(threaded, "getpriority"));
    CHECK(has(threaded, "sched_yield"));
}

TEST_CASE("notify: what the policy refuses stays refused while traced", "[notify]") {
    const Traced traced = trace_of([] {
        if (::syscall(SYS_unshare, CLONE_NEWUSER) != -1 || errno != EPERM) return 1;
        if (::syscall(SYS_io_uring_setup, 8, nullptr) != -1 || errno != ENOSYS) return 2;
        if (::socket(AF_NETLINK, SOCK_RAW, 0) != -1 || errno != EAFNOSUPPORT) return 3;
        return 0;
    });
    CHECK(traced.status == 0);
    CHECK_FALSE(has(traced, "io_uring_setup"));
}

TEST_CASE("notify: a program that signals itself all the time is traced to its end", "[notify]") {
    const Traced traced = trace_of([] {
        struct sigaction action {};
        action.sa_handler = [](int) {};
        action.sa_flags = SA_RESTART;
        ::sigaction(SIGALRM, &action, nullptr);
        const itimerval often{{0, 200}, {0, 200}};
        ::setitimer(ITIMER_REAL, &often, nullptr);
        for (int i = 0; i < 2000; ++i) ::syscall(SYS_getpgid, 0);
        return 0;
    });
    CHECK(traced.status == 0);
    CHECK(has(traced, "setitimer"));
    CHECK(has(traced, "rt_sigreturn"));
}

TEST_CASE("notify: a program killed while its call waits leaves nothing to answer", "[notify]") {
    TracedChild child(tracing(), [] { return static_cast<int>(::syscall(SYS_getpgid, 0)); });
    SyscallTrace trace(child.take_listener());
    pollfd waiting{trace.descriptor(), POLLIN, 0};
    REQUIRE(::poll(&waiting, 1, -1) == 1);
    ::kill(child.pid(), SIGKILL);
    const int status = child.finish(trace);
    REQUIRE(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);

    // Nobody has the filter any more: the trace says so and waits for nothing.
    REQUIRE(trace.drain().has_value());
    CHECK(trace.descriptor() == -1);
    CHECK(trace.drain().has_value());
}

TEST_CASE("notify: a launcher whose exec fails ends though nobody listens", "[notify]") {
    const auto program = tracing();
    const SocketPair sockets;
    const pid_t child = ::vfork();
    if (child == 0) {
        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        if (install_traced(program, sockets.there.get()) == 0) {
            ::execl("/nonexistent", "nonexistent", nullptr);
        }
        ::syscall(SYS_exit_group, 127);
    }
    // vfork returns once the child has ended: with a call that waits for a listener, never.
    const int status = testing::wait_for(child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 127);
}

TEST_CASE("notify: a launcher gets to its program though nobody listens yet", "[notify]") {
    const auto program = tracing();
    const SocketPair sockets;
    const pid_t child = ::vfork();
    if (child == 0) {
        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        if (install_traced(program, sockets.there.get()) == 0) {
            ::execl("/bin/true", "true", nullptr);
        }
        ::syscall(SYS_exit_group, 127);
    }
    auto listener = receive_listener(sockets.here.get());
    REQUIRE(listener.has_value());
    SyscallTrace trace(std::move(*listener));
    const posix::UniqueFd ended(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
    pollfd waiting[] = {{trace.descriptor(), POLLIN, 0}, {ended.get(), POLLIN, 0}};
    while (waiting[1].revents == 0) {
        ::poll(waiting, 2, -1);
        REQUIRE(trace.drain().has_value());
    }
    CHECK(testing::wait_for(child) == 0);
}

TEST_CASE("notify: only the launcher's own way of sending passes unseen", "[notify]") {
    const auto program = tracing();
    constexpr std::uint64_t kPlain = MSG_NOSIGNAL;
    constexpr std::uint64_t kHandover = MSG_NOSIGNAL | MSG_DONTROUTE | MSG_EOR;
    CHECK(evaluate(program, call(SYS_sendmsg, {3, 0, kPlain})) == SECCOMP_RET_USER_NOTIF);
    CHECK(evaluate(program, call(SYS_sendmsg, {3, 0, kHandover})) == SECCOMP_RET_ALLOW);
    CHECK(evaluate(program, call(SYS_execve)) == SECCOMP_RET_ALLOW);
    CHECK(evaluate(program, call(SYS_read)) == SECCOMP_RET_USER_NOTIF);
}

TEST_CASE("notify: without a policy every call is seen and made", "[notify]") {
    const auto program = tracing_program({Action::kAllow, 0, {}});
    REQUIRE(program.has_value());
    CHECK(evaluate(*program, call(SYS_mount)) == SECCOMP_RET_USER_NOTIF);
    CHECK(evaluate(*program, call(SYS_clone3)) == SECCOMP_RET_USER_NOTIF);
}

TEST_CASE("notify: a policy that lists what it allows cannot be traced", "[notify]") {
    const auto program = tracing_program(strict_policy());
    REQUIRE(program.has_error());
    CHECK(program.error().kind == ErrorKind::kUsage);
}

TEST_CASE("notify: a socket that closes without a listener is an error", "[notify]") {
    SocketPair sockets;
    sockets.there.reset();
    CHECK(receive_listener(sockets.here.get()).has_error());
}

}  // namespace assay::sandbox
