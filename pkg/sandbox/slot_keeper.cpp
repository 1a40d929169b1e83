#include "pkg/sandbox/slot_keeper.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "pkg/posix/files.hpp"
#include "pkg/sandbox/init.hpp"
#include "pkg/sandbox/slot_wire.hpp"
#include "pkg/sandbox/zygote.hpp"

namespace assay::sandbox {
namespace {

using posix::UniqueFd;

// The network namespace is the zygote's own act: it goes on while we write the maps.
constexpr unsigned long kNamespaces =
    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

// What the programs of all slots may see of us: our arguments may hold a secret, and process 1 of a
// slot has a copy of them. proc_pid_cmdline(5) reads the memory between two addresses.
void hide_arguments() {
    const Result<std::string> stat = posix::read_file("/proc/self/stat");
    if (!stat.has_value()) return;
    const std::size_t name_end = stat->rfind(')');
    if (name_end == std::string::npos) return;
    // Fields are counted from 1, the name is the second; see proc_pid_stat(5).
    constexpr int kArgumentsStart = 48;
    const char* at = stat->c_str() + name_end + 1;
    for (int field = 3; field < kArgumentsStart; ++field) {
        at = std::strchr(at + 1, ' ');
        if (at == nullptr) return;
    }
    char* end = nullptr;
    const unsigned long start = std::strtoul(at, &end, 10);
    const unsigned long stop = std::strtoul(end, nullptr, 10);
    if (start == 0 || stop <= start) return;
    constexpr std::string_view kTitle = "assay: slots";
    char* text = reinterpret_cast<char*>(start);
    std::memset(text, 0, stop - start);
    std::memcpy(text, kTitle.data(), std::min(kTitle.size(), stop - start - 1));
}

class Keeper {
  public:
    Keeper(const SlotSpec& spec, const Identity& identity, UniqueFd socket)
        : spec_(spec), identity_(identity), socket_(std::move(socket)) {}

    [[noreturn]] void run() {
        prepare();
        for (;;) {
            pollfd events[2] = {{socket_.get(), POLLIN, 0}, {signals_.get(), POLLIN, 0}};
            ::poll(events, 2, -1);
            if (events[1].revents != 0) reap();
            if (events[0].revents == 0) continue;
            std::byte order{};
            if (!receive_message(socket_.get(), {&order, 1}).has_value()) end();
            answer();
        }
    }

  private:
    void prepare() {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        // Without privilege we write the uid maps of a zygote by the right of owning its files in
        // /proc, which those of an undumpable process, and its copies, are not.
        if (identity_.own_uids) ::prctl(PR_SET_DUMPABLE, 0);
        ::prctl(PR_SET_NAME, "assay-slots");
        hide_arguments();
        ::setsid();
        for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
        for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGUSR1, SIGUSR2}) {
            ::signal(number, SIG_IGN);
        }
        sigset_t child;
        ::sigemptyset(&child);
        ::sigaddset(&child, SIGCHLD);
        ::sigprocmask(SIG_SETMASK, &child, nullptr);
        keep_own_descriptors();
        signals_.reset(::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
        raise_limits();
    }

    // The server's other descriptors are none of ours; standard error is for the init command.
    void keep_own_descriptors() {
        socket_.reset(::fcntl(socket_.get(), F_DUPFD_CLOEXEC, 3));
        const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
        ::dup2(null.get(), 0);
        ::dup2(null.get(), 1);
        if (::fcntl(2, F_GETFD) < 0) ::dup2(null.get(), 2);
        const auto own = static_cast<unsigned>(socket_.get());
        if (own > 3) ::close_range(3, own - 1, 0);
        ::close_range(own + 1, ~0u, 0);
        for (const int fd : {0, 1, 2}) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    }

    // A zygote can hold two sets of a program's descriptors. A program's stack may be as large as
    // it was asked for, where we have the privilege.
    static void raise_limits() {
        rlimit files{};
        if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
            files.rlim_cur = std::min<rlim_t>(files.rlim_max, 4096);
            ::setrlimit(RLIMIT_NOFILE, &files);
        }
        rlimit stack{};
        if (::getrlimit(RLIMIT_STACK, &stack) == 0) {
            stack.rlim_max = RLIM_INFINITY;
            ::setrlimit(RLIMIT_STACK, &stack);
        }
    }

    void reap() {
        signalfd_siginfo info;
        while (::read(signals_.get(), &info, sizeof info) > 0) {
        }
        for (;;) {
            const pid_t pid = ::waitpid(-1, nullptr, WNOHANG | __WALL);
            if (pid <= 0) return;
            std::erase(zygotes_, pid);
        }
    }

    [[noreturn]] void end() {
        for (const pid_t pid : zygotes_) ::kill(pid, SIGKILL);
        while (::waitpid(-1, nullptr, __WALL) > 0 || errno == EINTR) {
        }
        ::_exit(0);
    }

    struct Made {
        pid_t pid = -1;
        UniqueFd process;  // pidfd
        UniqueFd socket;   // the server's end
        Identity identity;
    };

    void answer() {
        KeeperAnswer answer;
        std::vector<int> descriptors;
        const Result<Made> made = make();
        if (made.has_value()) {
            answer.record.word = Word::kReady;
            answer.pid = made->pid;
            answer.owner = owner_of(made->identity);
            answer.program = made->identity.program_outside;
            descriptors = {made->socket.get(), made->process.get()};
        } else {
            answer.record = text_record(Word::kFailed, made.error());
        }
        const iovec bytes{&answer, sizeof answer};
        if (!send_message(socket_.get(), {&bytes, 1}, descriptors).has_value()) end();
    }

    Ids owner_of(const Identity& identity) const {
        const bool same_uid = spec_.root_inside.uid == identity.program_inside.uid;
        const bool same_gid = spec_.root_inside.gid == identity.program_inside.gid;
        return {same_uid ? identity.program_outside.uid : identity.init_outside.uid,
                same_gid ? identity.program_outside.gid : identity.init_outside.gid};
    }

    Result<Made> make() {
        SlotSources sources;
        if (identity_.own_uids) {
            ASSAY_TRY(sources, clone_sources(spec_));
        }
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
            return system_error("cannot create a socket pair", errno);
        }
        Made made;
        made.socket.reset(ends[0]);
        made.identity = identity_;
        UniqueFd theirs(ends[1]);
        int pidfd = -1;
        made.pid = static_cast<pid_t>(::syscall(SYS_clone, kNamespaces | CLONE_PIDFD | SIGCHLD,
                                                nullptr, &pidfd, nullptr, nullptr));
        if (made.pid < 0) return namespace_error(errno, "a slot");
        if (made.pid == 0) {
            run_zygote(ZygoteContext{spec_, identity_, std::move(theirs), std::move(sources)});
        }
        zygotes_.push_back(made.pid);
        made.process.reset(pidfd);
        choose_outside(made.identity, made.pid);
        Result<void> mapped = write_maps(made.identity, made.pid);
        // Without this word the zygote ends as soon as its socket does.
        if (mapped.has_value()) mapped = send_record(made.socket.get(), Record{});
        if (!mapped.has_value()) {
            ::kill(made.pid, SIGKILL);
            return std::move(mapped).error();
        }
        return made;
    }

    const SlotSpec& spec_;
    const Identity& identity_;
    UniqueFd socket_;
    UniqueFd signals_;
    std::vector<pid_t> zygotes_;  // not waited for yet, so the numbers are theirs
};

}  // namespace

Result<Identity> slot_identity(const SlotSpec& spec) {
    Identity identity = choose_inside(spec.program_inside.uid, spec.program_inside.gid);
    const bool two_uids = spec.root_inside.uid != spec.program_inside.uid;
    const bool two_gids = spec.root_inside.gid != spec.program_inside.gid;
    if (!identity.own_uids && (two_uids || two_gids)) {
        return unsupported_error(
            "cannot give programs another user id than the slot's: this user may map one id only",
            "run it as root, or without ids for containers");
    }
    // choose_inside() has found free ones for the case that programs have those of root_inside.
    if (two_uids) identity.init_inside.uid = spec.root_inside.uid;
    if (two_gids) identity.init_inside.gid = spec.root_inside.gid;
    return identity;
}

void run_keeper(const SlotSpec& spec, const Identity& identity, UniqueFd socket) {
    Keeper(spec, identity, std::move(socket)).run();
}

}  // namespace assay::sandbox
