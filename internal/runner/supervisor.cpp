#include "internal/runner/supervisor.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "internal/runner/host_groups.hpp"
#include "internal/runner/live_run.hpp"
#include "internal/runner/watcher.hpp"
#include "pkg/posix/unique_fd.hpp"

namespace assay::runner {
namespace {

// Blocks the signals that end us and turns them into a descriptor. A write to a closed pipe is an
// error to us, never an end, and children are waited for, whatever the caller left as disposition.
Result<posix::UniqueFd> take_signals() {
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGCHLD, SIG_DFL);
    sigset_t ending;
    ::sigemptyset(&ending);
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT}) ::sigaddset(&ending, number);
    ::sigprocmask(SIG_BLOCK, &ending, nullptr);
    posix::UniqueFd signals(::signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals) return system_error("cannot watch signals", errno);
    return signals;
}

}  // namespace

struct Supervisor::State {
    struct Live {
        JobId id = 0;
        std::unique_ptr<LiveRun> run;
    };

    HostGroups groups;
    posix::UniqueFd signals;
    Watcher watcher;
    std::vector<Live> live;
    JobId next_id = 0;
    int interrupted = 0;

    explicit State(posix::UniqueFd signal_fd) : signals(std::move(signal_fd)) {
        watcher.watch(signals.get(), POLLIN, [this](short) { interrupt(); });
    }

    void interrupt() {
        signalfd_siginfo info;
        if (::read(signals.get(), &info, sizeof info) != sizeof info) return;
        interrupted = static_cast<int>(info.ssi_signo);
        for (Live& entry : live) {
            entry.run->abort(std::string("interrupted by SIG") + ::sigabbrev_np(interrupted));
        }
    }

    std::optional<Finished> take_finished() {
        const auto over =
            std::ranges::find_if(live, [](const Live& entry) { return entry.run->over(); });
        if (over == live.end()) return std::nullopt;
        const Live entry = std::move(*over);
        live.erase(over);
        Finished finished{entry.id, {}, entry.run->traced_syscalls()};
        finished.outcome = entry.run->finish();
        return finished;
    }

    void poll_and_check() {
        std::optional<LiveRun::Clock::time_point> next;
        for (const Live& entry : live) {
            const auto check = entry.run->next_check();
            if (check && (!next || *check < *next)) next = check;
        }
        watcher.poll_once(next);
        const auto now = LiveRun::Clock::now();
        for (Live& entry : live) {
            const auto check = entry.run->next_check();
            if (check && *check <= now) entry.run->tick(now);
        }
    }
};

Supervisor::Supervisor(std::unique_ptr<State> state) : state_(std::move(state)) {}
Supervisor::Supervisor(Supervisor&&) noexcept = default;
Supervisor& Supervisor::operator=(Supervisor&&) noexcept = default;
Supervisor::~Supervisor() = default;

Result<Supervisor> Supervisor::create() {
    ASSAY_TRY(posix::UniqueFd signals, take_signals());
    return Supervisor(std::make_unique<State>(std::move(signals)));
}

Result<JobId> Supervisor::start(const Job& job) {
    ASSAY_TRY(std::unique_ptr<LiveRun> run, LiveRun::start(job, state_->groups, state_->watcher));
    const JobId id = state_->next_id++;
    state_->live.push_back({id, std::move(run)});
    return id;
}

std::optional<Finished> Supervisor::wait() {
    while (!state_->live.empty()) {
        if (std::optional<Finished> finished = state_->take_finished()) return finished;
        state_->poll_and_check();
    }
    return std::nullopt;
}

void Supervisor::stop(JobId id) {
    for (State::Live& entry : state_->live) {
        if (entry.id == id) entry.run->abort("stopped");
    }
}

void Supervisor::watch(int fd, short events, std::function<void(short)> on_ready) {
    state_->watcher.watch(fd, events, std::move(on_ready));
}

void Supervisor::unwatch(int fd) {
    state_->watcher.unwatch(fd);
}

int Supervisor::interrupted() const {
    return state_->interrupted;
}

}  // namespace assay::runner
