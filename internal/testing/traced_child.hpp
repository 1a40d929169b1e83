// A child whose system calls are traced, for tests of tracing and of the policies it writes.
#pragma once

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "internal/testing/filtered_child.hpp"
#include "pkg/sandbox/notify.hpp"

namespace assay::testing {

class TracedChild {
  public:
    // Forks; the child ends with the exit code body(), 255 when it cannot be traced.
    TracedChild(std::span<const sock_filter> program, const std::function<int()>& body) {
        int ends[2] = {-1, -1};
        if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return;
        const posix::UniqueFd here(ends[0]);
        posix::UniqueFd there(ends[1]);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
            ::_exit(sandbox::install_traced(program, there.get()) != 0 ? 255 : body());
        }
        there.reset();
        pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
        if (auto listener = sandbox::receive_listener(here.get())) {
            listener_ = std::move(*listener);
        }
    }
    TracedChild(const TracedChild&) = delete;
    TracedChild& operator=(const TracedChild&) = delete;
    ~TracedChild() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        wait_for(pid_);
    }

    pid_t pid() const { return pid_; }
    posix::UniqueFd take_listener() { return std::move(listener_); }

    // Drains until the child ends; its wait status, -1 when draining failed.
    int finish(sandbox::SyscallTrace& trace) {
        for (;;) {
            pollfd waiting[] = {{trace.descriptor(), POLLIN, 0}, {pidfd_.get(), POLLIN, 0}};
            ::poll(waiting, 2, -1);
            if (!trace.drain()) return -1;
            if (waiting[1].revents != 0) return wait_for(std::exchange(pid_, -1));
        }
    }

  private:
    pid_t pid_ = -1;
    posix::UniqueFd pidfd_;
    posix::UniqueFd listener_;
};

struct Traced {
    int status = -1;
    std::vector<std::string> names;
};

inline Traced trace_of(std::span<const sock_filter> program, const std::function<int()>& body) {
    TracedChild child(program, body);
    sandbox::SyscallTrace trace(child.take_listener());
    Traced traced;
    traced.status = child.finish(trace);
    traced.names = trace.names();
    return traced;
}

}  // namespace assay::testing
