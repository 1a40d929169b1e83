#include "pkg/sandbox/zygote.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "pkg/posix/files.hpp"
#include "pkg/sandbox/init_command.hpp"
#include "pkg/sandbox/launch.hpp"
#include "pkg/sandbox/slot_traces.hpp"
#include "pkg/sandbox/slot_wire.hpp"

namespace assay::sandbox {
namespace {

using posix::UniqueFd;

constexpr int kBusyRetries = 50;
constexpr int kReapedAtOnce = 256;

void add(rusage& sum, const rusage& more) {
    const auto add_time = [](timeval& to, const timeval& from) {
        to.tv_sec += from.tv_sec;
        to.tv_usec += from.tv_usec;
        if (to.tv_usec >= 1'000'000) {
            to.tv_usec -= 1'000'000;
            ++to.tv_sec;
        }
    };
    add_time(sum.ru_utime, more.ru_utime);
    add_time(sum.ru_stime, more.ru_stime);
    sum.ru_maxrss = std::max(sum.ru_maxrss, more.ru_maxrss);
    sum.ru_minflt += more.ru_minflt;
    sum.ru_majflt += more.ru_majflt;
    sum.ru_inblock += more.ru_inblock;
    sum.ru_oublock += more.ru_oublock;
    sum.ru_nvcsw += more.ru_nvcsw;
    sum.ru_nivcsw += more.ru_nivcsw;
}

// An exec hands the peak of the memory that it leaves, ours, on to the program. Large arguments of
// a run, which are mapped here, would show in the figures of all later ones: forget_peak_rss().
std::uint64_t peak_rss_bytes() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

void close_all_but(std::vector<int> kept) {
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

class Zygote {
  public:
    explicit Zygote(ZygoteContext context)
        : context_(std::move(context)), tree_(context_.spec), orders_(context_.socket.get()) {}

    [[noreturn]] void run() {
        close_inherited();
        open_own_peak();
        if (Result<void> ready = set_up(); !ready.has_value()) fail(ready.error());
        for (;;) serve();
    }

  private:
    int socket() const { return context_.socket.get(); }
    const SlotSpec& spec() const { return context_.spec; }
    const Identity& identity() const { return context_.identity; }

    // What the server has to know about the slot itself; it drops it then.
    [[noreturn]] void fail(const Error& error) {
        (void)send_record(socket(), text_record(Word::kFailed, error));
        StartOrder ignored;
        while (orders_.receive(ignored).has_value()) {
        }
        ::_exit(0);
    }

    void report(const Record& record, std::span<const int> descriptors = {}) {
        if (!send_record(socket(), record, descriptors).has_value()) ::_exit(0);
    }

    void close_inherited() {
        std::vector<int> kept{0, 1, 2, socket(), context_.sources.null_device.get()};
        for (const UniqueFd& bind : context_.sources.binds) kept.push_back(bind.get());
        close_all_but(std::move(kept));
    }

    // While the host's /proc is there, and this process has the ids that own its files in it.
    void open_own_peak() { own_peak_.reset(::open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)); }

    // proc_pid_clear_refs(5): to what is in memory now. Without it figures are too high at times.
    void forget_peak_rss() { (void)!::write(own_peak_.get(), "5", 1); }

    Result<void> set_up() {
        ASSAY_CHECK(prepare_signals());
        ::umask(0);
        ASSAY_CHECK(set_names());
        if (!spec().share_network) ASSAY_CHECK(enter_new_network());
        // Until the keeper has written the uid maps, nothing that needs a mapped id can be done.
        ASSAY_CHECK(receive_record(socket()));
        ASSAY_CHECK(take_identity());
        if (!identity().own_uids) {
            ASSAY_TRY(context_.sources, clone_sources(spec()));
        }
        std::vector<std::string> notes;
        ASSAY_CHECK(open_traces(notes));
        ASSAY_TRY(root_, tree_.build(std::move(context_.sources), notes));
        ASSAY_CHECK(tree_.remember());
        ASSAY_CHECK(run_init_command(spec()));
        end_processes();
        // The server's standard error, where that command wrote, is not ours any more.
        if (::dup3(0, 2, O_CLOEXEC) != 2) {
            return system_error("cannot close standard error", errno);
        }
        if (!renounce_capabilities() || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
            return system_error("cannot give up capabilities", errno);
        }
        ASSAY_CHECK(refuse_keys());
        ASSAY_CHECK(traces_->remember());
        traces_->accept_mounts();
        if (!spec().init_command.empty()) ASSAY_CHECK(clean());
        return say_ready(notes);
    }

    Result<void> say_ready(const std::vector<std::string>& notes) {
        for (const std::string& note : notes) {
            report(text_record(Word::kNote, unsupported_error(note)));
        }
        Record ready;
        ready.word = Word::kReady;
        const int root = root_.get();
        report(ready, {&root, 1});
        root_.reset();
        return {};
    }

    Result<void> prepare_signals() {
        for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
        sigset_t child;
        ::sigemptyset(&child);
        ::sigaddset(&child, SIGCHLD);
        ::sigprocmask(SIG_SETMASK, &child, nullptr);
        signals_.reset(::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
        return signals_ ? Result<void>{}
                        : Result<void>{system_error("cannot open a signal descriptor", errno)};
    }

    Result<void> set_names() {
        const std::string& host = spec().host_name;
        const std::string& domain = spec().domain_name;
        if ((!host.empty() && ::sethostname(host.data(), host.size()) != 0) ||
            (!domain.empty() && ::setdomainname(domain.data(), domain.size()) != 0)) {
            return system_error("cannot set the slot's host name", errno);
        }
        return {};
    }

    Result<void> take_identity() {
        const Ids& ids = identity().init_inside;
        if (identity().own_uids && ::syscall(SYS_setgroups, 0, nullptr) != 0) {
            return system_error("cannot drop the groups", errno);
        }
        if (::syscall(SYS_setresgid, ids.gid, ids.gid, ids.gid) != 0 ||
            ::syscall(SYS_setresuid, ids.uid, ids.uid, ids.uid) != 0) {
            return system_error("cannot take the slot's identity", errno);
        }
        // After the change of ids, which resets both.
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::prctl(PR_SET_DUMPABLE, 0);
        ::prctl(PR_SET_NAME, "assay-slot");
        return {};
    }

    Result<void> open_traces(std::vector<std::string>& notes) {
        TraceOptions options;
        if (Result<UniqueFd> proc = new_proc(); proc.has_value()) {
            options.proc = std::move(*proc);
        } else {
            ASSAY_TRY(options.proc, posix::open_file("/proc", O_RDONLY | O_DIRECTORY));
        }
        options.own_network = !spec().share_network;
        options.shared_uid = !identity().own_uids;
        options.always_renew = std::ranges::any_of(spec().mounts, [](const SlotMount& mount) {
            return mount.kind == SlotMountKind::kProc && !mount.read_only;
        });
        ASSAY_TRY(Traces traces, Traces::open(std::move(options), notes));
        traces_ = std::move(traces);
        return {};
    }

    void serve() {
        StartOrder order;
        const Result<Word> word = orders_.receive(order);
        if (!word.has_value()) ::_exit(0);
        // A late kKill belongs to a run that is over.
        if (*word == Word::kReset) reset();
        if (*word == Word::kRun) run_program(order);
    }

    void run_program(StartOrder& order) {
        exit_ = Record{};
        exit_.inherited_rss_bytes = peak_rss_bytes();
        LaunchPlan plan = plan_of(order);
        const Result<Launched> launched = launch(plan);
        if (!launched.has_value()) return refuse(StartFailure::kSetUp, launched.error());
        if (launched->pid < 0) return refuse_launch(*launched);
        // The program's streams must be the last references, so that whoever reads its output sees
        // the end of it.
        order.received.clear();
        program_ = launched->pid;
        exec_time_ns_ = launched->exec_time_ns;
        Record started;
        started.word = Word::kStarted;
        started.time_ns = exec_time_ns_;
        report(started);
        supervise();
        exit_.word = Word::kExited;
        report(exit_);
    }

    LaunchPlan plan_of(StartOrder& order) const {
        LaunchPlan plan;
        plan.candidates = {order.candidates.data(), order.candidates.size()};
        plan.look_up = order.header.look_up;
        plan.arguments = order.arguments.data();
        plan.environment = order.environment.data();
        plan.working_directory = spec().work_directory.c_str();
        plan.descriptors = order.descriptors;
        plan.controlling_terminal = order.header.controlling_terminal;
        plan.limits = std::span(order.header.limit).first(order.header.limits);
        plan.cpus = order.header.has_cpus ? &order.header.cpus : nullptr;
        plan.ids = identity().program_inside;
        plan.umask = 0;
        plan.seccomp = spec().seccomp;
        plan.cgroup_join = order.groups;
        plan.own_cgroup_namespace = !order.groups.empty();
        plan.busy_retries = kBusyRetries;
        return plan;
    }

    void refuse(StartFailure failure, const Error& error) {
        Record record = text_record(Word::kRefused, error);
        record.start_failure = static_cast<std::uint32_t>(failure);
        report(record);
    }

    void refuse_launch(const Launched& launched) {
        if (launched.failed_step != nullptr) {
            return refuse(
                StartFailure::kSetUp,
                system_error(std::string("cannot ") + launched.failed_step, launched.error));
        }
        // Not a sentence: the path alone, as the server knows what to say.
        Error error{ErrorKind::kUsage, launched.error, {}, {}};
        if (launched.path == nullptr) return refuse(StartFailure::kNotFound, error);
        error.message = launched.path;
        refuse(StartFailure::kExec, error);
    }

    // Until the program ended, on its own or because the server wanted it, or the server is gone.
    void supervise() {
        for (;;) {
            const Reaped reaped = reap();
            if (reaped == Reaped::kProgram) break;
            pollfd events[2] = {{signals_.get(), POLLIN, 0}, {socket(), POLLIN, 0}};
            ::poll(events, 2, reaped == Reaped::kMore ? 0 : -1);
            if (events[0].revents != 0) {
                signalfd_siginfo info;
                while (::read(signals_.get(), &info, sizeof info) > 0) {
                }
            }
            if (events[1].revents == 0) continue;
            StartOrder ignored;
            const Result<Word> word = orders_.receive(ignored);
            if (!word.has_value()) ::_exit(0);
            if (*word == Word::kKill) ::kill(-1, SIGKILL);
        }
        exit_.leftover_processes = end_processes();
    }

    enum class Reaped { kAll, kMore, kProgram };

    // Some of those that ended: whoever forks without end must not keep us from our orders.
    Reaped reap() {
        for (int i = 0; i < kReapedAtOnce; ++i) {
            const pid_t pid = collect(WNOHANG);
            if (pid == program_) return Reaped::kProgram;
            if (pid <= 0) return Reaped::kAll;
        }
        return Reaped::kMore;
    }

    pid_t collect(int options) {
        int status = 0;
        rusage usage{};
        const pid_t pid = ::wait4(-1, &status, options | __WALL, &usage);
        if (pid <= 0) return pid;
        add(exit_.tree_usage, usage);
        if (pid == program_) {
            exit_.time_ns = monotonic_ns() - exec_time_ns_;
            exit_.wait_status = status;
            exit_.usage = usage;
        }
        return pid;
    }

    // Returns how many it had to end, of which those that are dead already are none. None is born
    // after the signal: a fork that it meets fails (copy_process() in kernel/fork.c).
    std::uint64_t end_processes() {
        pid_t pid = collect(WNOHANG);
        for (int i = 0; i < kReapedAtOnce && pid > 0; ++i) pid = collect(WNOHANG);
        if (pid < 0 && errno == ECHILD) return 0;
        ::kill(-1, SIGKILL);
        for (std::uint64_t count = 0;; ++count) {
            do {
                pid = collect(0);
            } while (pid < 0 && errno == EINTR);
            if (pid < 0) return count;
        }
    }

    void reset() {
        Result<void> cleaned = clean();
        if (!cleaned.has_value()) fail(cleaned.error());
        Record record;
        record.word = Word::kClean;
        report(record);
    }

    Result<void> clean() {
        program_ = -1;
        forget_peak_rss();
        end_processes();
        ASSAY_CHECK(traces_->prove_mounts());
        ASSAY_CHECK(tree_.renew());
        ASSAY_CHECK(traces_->renew());
        if (traces_->network_renewed() && !spec().init_command.empty()) {
            return Error{ErrorKind::kInternal,
                         0,
                         "the slot is not clean: what its init command set up for the network is "
                         "used",
                         {}};
        }
        traces_->accept_mounts();
        return tree_.prove_clean();
    }

    ZygoteContext context_;
    SlotTree tree_;
    OrderReceiver orders_;
    UniqueFd root_;
    UniqueFd signals_;
    UniqueFd own_peak_;
    std::optional<Traces> traces_;
    Record exit_;
    pid_t program_ = -1;
    std::int64_t exec_time_ns_ = 0;
};

}  // namespace

void run_zygote(ZygoteContext context) {
    Zygote(std::move(context)).run();
}

}  // namespace assay::sandbox
