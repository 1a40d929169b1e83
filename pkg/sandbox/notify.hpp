// Which system calls a program makes: a filter that reports every call, and the listener's side.
//
// The filter answers SECCOMP_RET_USER_NOTIF; the listener takes the number and lets the call go
// on (SECCOMP_USER_NOTIF_FLAG_CONTINUE, Linux 5.5). This sees every thread and process below the
// first, whatever way they were made, and leaves ptrace, signals and wait to the program. It
// records, it does not protect: what the policy refuses is refused by the filter itself.
//
// Rejected: ptrace with SECCOMP_RET_TRACE. The tracer has to follow forks, pass signals on and tell
// stops apart, and the program can neither ptrace itself nor be debugged.
//
// What it costs the program: about 10 µs a call; a filter of its own with a listener is refused
// (EBUSY); before Linux 5.19 a call that a signal interrupts while it waits for the listener is
// restarted or fails with EINTR, even one that never does so otherwise.
//
// The order of a start, which cannot lock up: the launcher calls install_traced as its last act
// before exec and sends the listener over a socket; nothing that it calls from there to its
// exec or its exit is reported, so nobody needs to listen yet. The program's first call then
// waits for drain(). Sources: seccomp_unotify(2).
#pragma once

#include <linux/filter.h>

#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"
#include "pkg/sandbox/seccomp.hpp"

namespace assay::sandbox {

// The program that reports what `policy` allows and answers the rest as `policy` says. A
// policy that lists what it allows (strict) cannot be traced: a usage error.
Result<std::vector<sock_filter>> tracing_program(const SeccompPolicy& policy = default_policy());

// Installs a tracing program and sends its listener over a UNIX socket. Async-signal-safe, for
// the vfork child that execs next; no_new_privs is set already. Returns 0 or the errno. After it
// the caller may call execve, clock_gettime and exit_group only: any other call waits for the
// listener. exit_group by syscall(2): before _exit, sanitizers put calls of their own.
int install_traced(std::span<const sock_filter> program, int socket) noexcept;

// The other end of that socket: the listener. Blocks until install_traced has sent it.
Result<posix::UniqueFd> receive_listener(int socket);

// Collects the calls of one listener. Used by one thread.
class SyscallTrace {
  public:
    explicit SyscallTrace(posix::UniqueFd listener);

    // Readable when calls wait for drain(). -1, which poll(2) passes over, once drain() saw that
    // no traced process is left; before Linux 5.9 that is never seen, before 6.11 only when all
    // of them were reaped too, so take the end of the run from elsewhere.
    int descriptor() const { return listener_.get(); }

    // Lets waiting calls go on, some hundred at most, so that a flood of them cannot keep the
    // caller from its other work. Never blocks.
    Result<void> drain();

    // The calls seen so far, sorted, and those that every program makes and that are not reported:
    // execve, exit_group, clock_gettime.
    std::vector<std::string> names() const;

  private:
    // False when nothing waits any more.
    Result<bool> take_one();

    posix::UniqueFd listener_;
    std::vector<std::byte> request_;   // seccomp_notif and seccomp_notif_resp at the sizes
    std::vector<std::byte> response_;  // of the running kernel
    std::set<int> numbers_;
};

}  // namespace assay::sandbox
