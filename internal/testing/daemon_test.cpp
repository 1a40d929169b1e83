#include "internal/testing/daemon.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "pkg/posix/files.hpp"

namespace assay::testing {
namespace {

// Of an orphan that this process has inherited.
bool ends_by_sigkill(pid_t orphan) {
    const posix::UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, orphan, 0)));
    pollfd end{process.get(), POLLIN, 0};
    const bool has_ended = ::poll(&end, 1, 60'000) == 1;
    if (!has_ended) ::kill(orphan, SIGKILL);
    int status = 0;
    return ::waitpid(orphan, &status, 0) == orphan && has_ended && WIFSIGNALED(status) &&
           WTERMSIG(status) == SIGKILL;
}

TEST_CASE("daemon: a test that is killed leaves none", "[testing]") {
    REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    const auto started = posix::make_pipe().value();
    const FreshDirectory directory;
    const pid_t test = ::fork();
    if (test == 0) {
        const Daemon daemon({"serve-judge", "--http-addr", "127.0.0.1:0", "--pre-fork", "0",
                             "--dir", directory.path()});
        const pid_t pid = daemon.pid();
        if (::write(started.write_end.get(), &pid, sizeof pid) != sizeof pid) ::_exit(1);
        for (;;) ::pause();
    }
    pid_t daemon = -1;
    REQUIRE(::read(started.read_end.get(), &daemon, sizeof daemon) == sizeof daemon);
    ::kill(test, SIGKILL);
    ::waitpid(test, nullptr, 0);
    CHECK(ends_by_sigkill(daemon));
    REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 0) == 0);
}

}  // namespace
}  // namespace assay::testing
