#include "pkg/sandbox/slot.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <utility>

#include "pkg/sandbox/look_up.hpp"
#include "pkg/sandbox/slot_keeper.hpp"
#include "pkg/sandbox/slot_state.hpp"
#include "pkg/sandbox/slot_wire.hpp"

namespace assay::sandbox {
namespace {

using posix::UniqueFd;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Far beyond what a busy host needs: who does not answer in this time never will.
constexpr seconds kAnswerTime(30);
constexpr seconds kInitCommandTime(300);
constexpr seconds kDeathTime(30);

bool wait_readable(int fd, milliseconds time) {
    pollfd event{fd, POLLIN, 0};
    int ready = -1;
    do {
        ready = ::poll(&event, 1, static_cast<int>(time.count()));
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

void signal_process(const UniqueFd& process, int number) {
    ::syscall(SYS_pidfd_send_signal, process.get(), number, nullptr, 0);
}

void limit_waiting(int socket, seconds time) {
    const timeval limit{time.count(), 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

bool has_nul(const std::vector<std::string>& strings) {
    return std::ranges::any_of(
        strings, [](const std::string& text) { return text.find('\0') != std::string::npos; });
}

Error unexpected(const Record& record) {
    if (record.word == Word::kFailed) return error_of(record);
    return Error{ErrorKind::kInternal, 0, "the slot gave another answer than it was asked for", {}};
}

}  // namespace

Slot::State::~State() {
    if (!process) return;
    signal_process(process, SIGKILL);
    // It ends when everything inside has ended, so that its control groups are empty then.
    (void)wait_readable(process.get(), kDeathTime);
}

Result<void> Slot::State::wait_until_ready() {
    limit_waiting(socket.get(), spec->init_command.empty() ? kAnswerTime : kInitCommandTime);
    for (;;) {
        ASSAY_TRY(Received received, receive_record(socket.get()));
        if (received.record.word == Word::kNote) {
            notes.emplace_back(received.record.text.data());
            continue;
        }
        if (received.record.word != Word::kReady || received.descriptors.empty()) {
            return unexpected(received.record);
        }
        root = std::move(received.descriptors.front());
        work_is_mounted = !is_work_unmounted();
        limit_waiting(socket.get(), kAnswerTime);
        return {};
    }
}

Slot::Slot(std::unique_ptr<State> state) : state_(std::move(state)) {}
Slot::Slot(Slot&&) noexcept = default;
Slot& Slot::operator=(Slot&&) noexcept = default;
Slot::~Slot() = default;

Result<SlotStart> Slot::start(const SlotProgram& program) {
    state_->killed = false;
    SlotStart start;
    start.at = std::chrono::steady_clock::now();
    // What exec(2) could not be told.
    if (program.arguments.empty() || has_nul(program.arguments) || has_nul(program.environment)) {
        start.error = EINVAL;
        start.failure = StartFailure::kExec;
        if (!program.arguments.empty()) start.detail = program.arguments.front();
        return start;
    }
    const std::string& name = program.arguments.front();
    const bool look_up = name.find('/') == std::string::npos;
    const std::vector<std::string> candidates =
        look_up_candidates(name, state_->spec->work_directory, program.search_path);
    ASSAY_CHECK(send_start(state_->socket.get(), program, candidates, look_up));
    ASSAY_TRY(const Received received, receive_record(state_->socket.get()));
    const Record& record = received.record;
    if (record.word == Word::kStarted) {
        start.at = std::chrono::steady_clock::time_point(std::chrono::nanoseconds(record.time_ns));
        return start;
    }
    if (record.word != Word::kRefused) return unexpected(record);
    start.error = record.error_number;
    start.failure = static_cast<StartFailure>(record.start_failure);
    start.detail = record.text.data();
    if (start.failure == StartFailure::kNotFound && !program.search_path) {
        start.failure = StartFailure::kNoSearchPath;
    }
    return start;
}

int Slot::event_descriptor() const {
    return state_->socket.get();
}

void Slot::kill() {
    if (std::exchange(state_->killed, true)) return;
    Record order;
    order.word = Word::kKill;
    if (!send_record(state_->socket.get(), order).has_value()) {
        signal_process(state_->process, SIGKILL);
    }
}

Result<ProgramExit> Slot::finish() {
    if (!state_->killed) (void)wait_readable(state_->socket.get(), milliseconds(-1));
    ASSAY_TRY(const Received received, receive_record(state_->socket.get()));
    const Record& record = received.record;
    if (record.word != Word::kExited) return unexpected(record);
    ProgramExit exit;
    exit.wait_status = record.wait_status;
    exit.wall = std::chrono::nanoseconds(record.time_ns);
    exit.usage = record.usage;
    exit.inherited_rss_bytes = record.inherited_rss_bytes;
    exit.tree_usage = record.tree_usage;
    exit.leftover_processes = record.leftover_processes;
    return exit;
}

Result<void> Slot::reset() {
    Record order;
    order.word = Word::kReset;
    ASSAY_CHECK(send_record(state_->socket.get(), order));
    ASSAY_TRY(const Received received, receive_record(state_->socket.get()));
    if (received.record.word != Word::kClean) return unexpected(received.record);
    return {};
}

pid_t Slot::zygote_pid() const {
    return state_->pid;
}

const std::vector<std::string>& Slot::notes() const {
    return state_->notes;
}

struct SlotKeeper::State {
    std::shared_ptr<const SlotSpec> spec;
    bool own_uids = false;
    pid_t pid = -1;
    UniqueFd process;  // pidfd
    UniqueFd socket;
    std::mutex mutex;  // of the socket: one question and its answer at a time

    Result<std::unique_ptr<Slot::State>> ask();

    ~State() {
        if (!process) return;
        socket.reset();
        if (!wait_readable(process.get(), kDeathTime)) signal_process(process, SIGKILL);
        while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
};

SlotKeeper::SlotKeeper(std::unique_ptr<State> state) : state_(std::move(state)) {}
SlotKeeper::SlotKeeper(SlotKeeper&&) noexcept = default;
SlotKeeper& SlotKeeper::operator=(SlotKeeper&&) noexcept = default;
SlotKeeper::~SlotKeeper() = default;

Result<SlotKeeper> SlotKeeper::start(const SlotSpec& spec) {
    auto state = std::make_unique<State>();
    state->spec = std::make_shared<const SlotSpec>(spec);
    ASSAY_TRY(const Identity identity, slot_identity(spec));
    state->own_uids = identity.own_uids;
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return system_error("cannot create a socket pair", errno);
    }
    state->socket.reset(ends[0]);
    UniqueFd theirs(ends[1]);
    int pidfd = -1;
    state->pid = static_cast<pid_t>(
        ::syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, nullptr, &pidfd, nullptr, nullptr));
    if (state->pid < 0) return system_error("cannot fork the keeper of the slots", errno);
    if (state->pid == 0) {
        state->socket.reset();
        run_keeper(*state->spec, identity, std::move(theirs));
    }
    state->process.reset(pidfd);
    limit_waiting(state->socket.get(), kAnswerTime);
    return SlotKeeper(std::move(state));
}

Result<std::unique_ptr<Slot::State>> SlotKeeper::State::ask() {
    const std::lock_guard lock(mutex);
    std::byte order{};
    const iovec question{&order, sizeof order};
    KeeperAnswer answer;
    ASSAY_CHECK(send_message(socket.get(), {&question, 1}));
    ASSAY_TRY(Message message,
              receive_message(socket.get(), std::as_writable_bytes(std::span(&answer, 1))));
    if (message.size != sizeof answer) return unexpected(Record{});
    if (answer.record.word != Word::kReady || message.descriptors.size() != 2) {
        return unexpected(answer.record);
    }
    auto made = std::make_unique<Slot::State>();
    made->spec = spec;
    made->pid = answer.pid;
    made->owner = answer.owner;
    made->program = answer.program;
    made->foreign = own_uids;
    made->socket = std::move(message.descriptors[0]);
    made->process = std::move(message.descriptors[1]);
    return made;
}

Result<Slot> SlotKeeper::make_slot() {
    Result<std::unique_ptr<Slot::State>> made = state_->ask();
    if (!made.has_value()) {
        if (!wait_readable(state_->process.get(), milliseconds(0))) return made.error();
        return Error{ErrorKind::kInternal, 0, "the keeper of the slots is gone", {}};
    }
    ASSAY_CHECK((*made)->wait_until_ready());
    return Slot(std::move(*made));
}

pid_t SlotKeeper::pid() const {
    return state_->pid;
}

int SlotKeeper::death_descriptor() const {
    return state_->process.get();
}

}  // namespace assay::sandbox
