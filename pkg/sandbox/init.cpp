#include "pkg/sandbox/init.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "pkg/posix/files.hpp"
#include "pkg/sandbox/guarded_input.hpp"
#include "pkg/sandbox/launch.hpp"
#include "pkg/sandbox/mount_tree.hpp"
#include "pkg/sandbox/wire.hpp"

namespace assay::sandbox {
namespace {

using posix::UniqueFd;

std::int64_t now_ns() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

struct Terminal {
    UniqueFd master;
    UniqueFd slave;
};

class Init {
  public:
    explicit Init(InitContext context) : context_(std::move(context)) {}

    [[noreturn]] void run() {
        if (Result<void> ready = set_up(); !ready.has_value()) fail(ready.error());
        Result<Received> order = receive_record(socket());
        if (!order.has_value() || order->record.word != Word::kRun) ::_exit(1);
        if (Result<void> started = start(*std::move(order)); !started.has_value()) {
            fail(started.error());
        }
        supervise();
        report_exit();
        // The files of the box can be read as long as this process keeps its mount namespace alive.
        if (context_.spec.keeps_files) wait_for_the_end();
        ::_exit(0);
    }

  private:
    int socket() const { return context_.socket.get(); }

    [[noreturn]] void fail(const Error& error) {
        send_notes();
        (void)send_record(socket(), text_record(Word::kFailed, error));
        wait_for_the_end();
    }

    [[noreturn]] void wait_for_the_end() {
        while (receive_record(socket()).has_value()) {
        }
        ::_exit(0);
    }

    Result<void> set_up() {
        prepare_signals();
        ASSAY_CHECK(make_namespaces());
        ASSAY_CHECK(set_host_name());
        if (!context_.spec.share_network) ASSAY_CHECK(make_network());
        ASSAY_TRY(tree_, wait_for_tree());
        input_ = GuardedInput(context_.spec.program.stdin_fd);
        ASSAY_TRY(root_, attach_tree(context_.spec.filesystem, tree_, context_.identity,
                                     context_.spec.program.terminal));
        return context_.spec.program.terminal ? open_terminal() : Result<void>{};
    }

    // Whatever the caller ignored or handled, a program starts with default actions. (The flag
    // CLONE_CLEAR_SIGHAND leaves what was ignored as it is.)
    static void prepare_signals() {
        for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
        sigset_t all;
        ::sigfillset(&all);
        ::sigprocmask(SIG_SETMASK, &all, nullptr);
    }

    // Until the caller has written the uid maps, nothing that needs a mapped id can be done.
    Result<Tree> wait_for_tree() {
        ASSAY_TRY(Received go, receive_record(socket()));
        ASSAY_CHECK(become_init());
        const FilesystemSpec& files = context_.spec.filesystem;
        if (context_.identity.own_uids) return adopt_tree(files, std::move(go.descriptors));
        OwnerMap none;
        return prepare_tree(files, context_.identity, false, context_.spec.program.terminal, none);
    }

    Result<void> become_init() {
        const Ids& ids = context_.identity.init_inside;
        if (context_.identity.own_uids && ::syscall(SYS_setgroups, 0, nullptr) != 0) {
            return system_error("cannot drop the groups", errno);
        }
        if (::syscall(SYS_setresgid, ids.gid, ids.gid, ids.gid) != 0 ||
            ::syscall(SYS_setresuid, ids.uid, ids.uid, ids.uid) != 0) {
            return system_error("cannot take the sandbox's identity", errno);
        }
        // After the change of ids, which resets both.
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::prctl(PR_SET_DUMPABLE, 0);
        ::prctl(PR_SET_NAME, "assay-init");
        umask_ = ::umask(022);
        if (!renounce_capabilities()) return system_error("cannot drop the capabilities", errno);
        return {};
    }

    // Those that clone(2) did not: see Box::create().
    static Result<void> make_namespaces() {
        if (::unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP) == 0) return {};
        return namespace_error(errno);
    }

    Result<void> set_host_name() {
        const std::string& name = context_.spec.hostname;
        if (::sethostname(name.data(), name.size()) != 0) {
            return system_error("cannot set the host name " + name, errno);
        }
        return {};
    }

    Result<void> make_network() {
        if (::unshare(CLONE_NEWNET) != 0) return namespace_error(errno);
        network_.reset(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        ifreq request{};
        std::strcpy(request.ifr_name, "lo");
        request.ifr_flags = IFF_UP;
        if (!network_ || ::ioctl(network_.get(), SIOCSIFFLAGS, &request) != 0) {
            return system_error("cannot bring up the loopback interface", errno);
        }
        return {};
    }

    Result<void> open_terminal() {
        terminal_.master.reset(::open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
        int unlocked = 0;
        if (!terminal_.master || ::ioctl(terminal_.master.get(), TIOCSPTLCK, &unlocked) != 0) {
            return system_error("cannot open a terminal", errno);
        }
        terminal_.slave.reset(
            ::ioctl(terminal_.master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
        if (!terminal_.slave) return system_error("cannot open the program's terminal", errno);
        const Ids& ids = context_.identity.program_inside;
        if (::fchown(terminal_.slave.get(), ids.uid, ids.gid) != 0) {
            return system_error("cannot give the terminal to the program", errno);
        }
        return {};
    }

    Result<void> start(Received order) {
        const ProgramSpec& program = context_.spec.program;
        std::vector<ResourceLimit> limits = program.resource_limits;
        if (const std::uint64_t processes = order.record.process_limit; processes > 0) {
            limits.push_back({RLIMIT_NPROC, processes});
        }
        LaunchContext launch_context{program,
                                     context_.identity,
                                     {input_.descriptor(), program.stdout_fd, program.stderr_fd},
                                     limits,
                                     std::move(order.descriptors),
                                     umask_,
                                     context_.trace_socket.get()};
        if (program.terminal) {
            for (int& fd : launch_context.stdio) fd = terminal_.slave.get();
        }
        ASSAY_TRY(const LaunchResult launched, launch(launch_context));
        exit_.inherited_rss_bytes = peak_rss_bytes();
        send_notes();
        Record record;
        record.word = Word::kStarted;
        record.error_number = launched.exec_error;
        record.time_ns = launched.exec_time_ns;
        std::vector<int> descriptors;
        for (const int fd : {network_.get(), terminal_.master.get(),
                             context_.spec.keeps_files ? root_.get() : -1}) {
            if (fd >= 0) descriptors.push_back(fd);
        }
        ASSAY_CHECK(send_record(socket(), record, descriptors));
        if (launched.pid < 0) wait_for_the_end();
        program_ = launched.pid;
        exec_time_ns_ = launched.exec_time_ns;
        network_.reset();
        terminal_ = Terminal{};
        close_inherited();
        return {};
    }

    // An exec hands the peak of the memory that it leaves, ours, on to the program (getrusage(2)
    // does not say so; fs/exec.c, exec_mmap).
    static std::uint64_t peak_rss_bytes() {
        rusage usage{};
        ::getrusage(RUSAGE_SELF, &usage);
        return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
    }

    // Everything that came with the fork goes: the program's streams must be the last references,
    // so that a reader of its output sees the end of it, and the caller's locks and pipes are not
    // ours.
    void close_inherited() {
        std::array kept{socket(), root_.get(), input_.kept_original(), input_.kept_guarded()};
        std::ranges::sort(kept);
        unsigned first = 0;
        for (const int fd : kept) {
            if (fd < 0) continue;
            const auto next = static_cast<unsigned>(fd);
            if (first < next) ::close_range(first, next - 1, 0);
            first = next + 1;
        }
        ::close_range(first, ~0u, 0);
    }

    void send_notes() {
        for (const std::string& note : tree_.notes) {
            (void)send_record(socket(), text_record(Word::kNote, unsupported_error(note)));
        }
    }

    // Until the program ended, the caller asked for its end, or the caller is gone.
    void supervise() {
        sigset_t child;
        ::sigemptyset(&child);
        ::sigaddset(&child, SIGCHLD);
        const UniqueFd signals(::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
        while (!reap()) {
            pollfd events[2] = {{signals.get(), POLLIN, 0}, {socket(), POLLIN, 0}};
            ::poll(events, 2, -1);
            if (events[0].revents != 0) {
                signalfd_siginfo info;
                while (::read(signals.get(), &info, sizeof info) > 0) {
                }
            }
            if (events[1].revents != 0) {
                const Result<Received> order = receive_record(socket());
                if (!order.has_value()) ::_exit(0);
                if (order->record.word == Word::kKill) ::kill(-1, SIGKILL);
            }
        }
        exit_.leftover_processes = end_leftovers();
        input_.give_back_position();
        ::getrusage(RUSAGE_CHILDREN, &exit_.tree_usage);
    }

    // Collects what ended so far; true once the main process is among it.
    bool reap() {
        for (;;) {
            int status = 0;
            rusage usage{};
            const pid_t pid = ::wait4(-1, &status, WNOHANG | __WALL, &usage);
            if (pid == program_) {
                exit_.time_ns = now_ns() - exec_time_ns_;
                exit_.wait_status = status;
                exit_.usage = usage;
                return true;
            }
            if (pid <= 0) return false;
        }
    }

    // Counts processes that were alive, not those that had ended and waited to be collected.
    static std::uint64_t end_leftovers() {
        while (::waitpid(-1, nullptr, WNOHANG | __WALL) > 0) {
        }
        ::kill(-1, SIGKILL);
        std::uint64_t count = 0;
        for (;;) {
            const pid_t pid = ::waitpid(-1, nullptr, __WALL);
            if (pid > 0) ++count;
            if (pid < 0 && errno == ECHILD) return count;
        }
    }

    void report_exit() {
        exit_.word = Word::kExited;
        if (!send_record(socket(), exit_).has_value()) ::_exit(0);
    }

    InitContext context_;
    Tree tree_;  // what it holds open goes with close_inherited(), in one call
    mode_t umask_ = 022;
    UniqueFd root_;
    UniqueFd network_;  // a socket, which keeps the namespace
    Terminal terminal_;
    GuardedInput input_;
    Record exit_;
    pid_t program_ = -1;
    std::int64_t exec_time_ns_ = 0;
};

}  // namespace

Error namespace_error(int number, std::string_view whose) {
    Error error = system_error("cannot create " + std::string(whose) + "'s namespaces", number);
    if (number == EPERM || number == ENOSPC || number == EINVAL || number == ENOSYS) {
        error.kind = ErrorKind::kUnsupported;
        error.remedy = "'assay check' says what this host restricts and how to allow it";
    }
    return error;
}

void run_init(InitContext context) {
    Init(std::move(context)).run();
}

}  // namespace assay::sandbox
