#include "pkg/sandbox/box.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "pkg/sandbox/identity.hpp"
#include "pkg/sandbox/init.hpp"
#include "pkg/sandbox/mount_tree.hpp"
#include "pkg/sandbox/notify.hpp"
#include "pkg/sandbox/wire.hpp"

namespace assay::sandbox {

using posix::UniqueFd;

struct Box::State {
    Identity identity;
    OwnerMap owner_map;
    UniqueFd socket;
    UniqueFd init;  // pidfd
    pid_t init_pid = -1;
    bool killed = false;
    bool has_network = false;
    bool has_terminal = false;
    bool keeps_files = false;
    std::vector<std::string> notes;
    // Held until the init is gone: the kernel takes a network down at a length, in a thread that
    // the init's end would have to share a CPU with.
    UniqueFd network;
    UniqueFd root;
    UniqueFd terminal;
    UniqueFd trace_socket;
    UniqueFd syscall_listener;

    Result<void> hand_over_tree(const BoxSpec& spec);
    void adopt(std::vector<UniqueFd> descriptors);

    ~State() {
        if (!init) return;
        ::syscall(SYS_pidfd_send_signal, init.get(), SIGKILL, nullptr, 0);
        while (::waitpid(init_pid, nullptr, __WALL) < 0 && errno == EINTR) {
        }
    }
};

namespace {

struct SocketPair {
    UniqueFd ours;
    UniqueFd theirs;
};

Result<SocketPair> make_socket_pair() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return system_error("cannot create a socket pair", errno);
    }
    return SocketPair{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// The init makes the others itself, at the same time as we write the maps and build the tree.
constexpr unsigned long kNamespaces = CLONE_NEWUSER | CLONE_NEWPID;

}  // namespace

Box::Box(std::unique_ptr<State> state) : state_(std::move(state)) {}
Box::Box(Box&&) noexcept = default;
Box& Box::operator=(Box&&) noexcept = default;
Box::~Box() = default;

Result<Box> Box::create(const BoxSpec& spec) {
    auto state = std::make_unique<State>();
    state->identity = spec.identity;
    state->has_network = !spec.share_network;
    state->has_terminal = spec.program.terminal;
    state->keeps_files = spec.keeps_files;
    // Before the init, which so finds this CPU taken by two and another one free: a scheduler that
    // packs a first child behind its parent would have them take turns.
    if (state->identity.own_uids && wants_owner_map(spec.filesystem)) {
        ASSAY_TRY(state->owner_map, OwnerMap::create());
    }
    ASSAY_TRY(SocketPair sockets, make_socket_pair());
    SocketPair trace;
    if (spec.program.trace_syscalls) {
        ASSAY_TRY(trace, make_socket_pair());
    }
    int pidfd = -1;
    const long pid = ::syscall(SYS_clone, kNamespaces | CLONE_PIDFD | SIGCHLD, nullptr, &pidfd,
                               nullptr, nullptr);
    if (pid < 0) return namespace_error(errno);
    if (pid == 0) {
        sockets.ours.reset();
        trace.ours.reset();
        run_init(
            InitContext{spec, state->identity, std::move(sockets.theirs), std::move(trace.theirs)});
    }
    state->init.reset(pidfd);
    state->init_pid = static_cast<pid_t>(pid);
    state->socket = std::move(sockets.ours);
    state->trace_socket = std::move(trace.ours);
    sockets.theirs.reset();

    choose_outside(state->identity, state->init_pid);
    ASSAY_CHECK(write_maps(state->identity, state->init_pid));
    ASSAY_CHECK(state->hand_over_tree(spec));
    return Box(std::move(state));
}

// A caller without privilege has no more rights than the init: that one prepares its tree itself.
Result<void> Box::State::hand_over_tree(const BoxSpec& spec) {
    Record go;
    go.word = Word::kGo;
    if (!identity.own_uids) return send_record(socket.get(), go);
    ASSAY_TRY(Tree tree,
              prepare_tree(spec.filesystem, identity, true, spec.program.terminal, owner_map));
    notes = std::move(tree.notes);
    const std::vector<int> descriptors = descriptors_of(tree);
    if (descriptors.size() > kMaxDescriptors) {
        return usage_error("cannot share " + std::to_string(descriptors.size()) +
                           " files with one sandbox: the limit is " +
                           std::to_string(kMaxDescriptors));
    }
    return send_record(socket.get(), go, descriptors);
}

Result<ProgramStart> Box::start(std::span<const int> cgroup_join,
                                std::optional<std::uint64_t> process_limit) {
    state_->owner_map = OwnerMap();  // its process was killed long ago: no time to wait for
    Record run;
    run.word = Word::kRun;
    run.process_limit = process_limit.value_or(0);
    // When the init failed already, what it says matters, not that it no longer listens.
    (void)send_record(state_->socket.get(), run, cgroup_join);
    for (;;) {
        ASSAY_TRY(Received received, receive_record(state_->socket.get()));
        const Record& record = received.record;
        if (record.word == Word::kNote) state_->notes.emplace_back(record.text.data());
        if (record.word == Word::kFailed) return error_of(record);
        if (record.word != Word::kStarted) continue;
        state_->adopt(std::move(received.descriptors));
        if (state_->trace_socket && record.error_number == 0) {
            ASSAY_TRY(state_->syscall_listener, receive_listener(state_->trace_socket.get()));
        }
        return ProgramStart{record.error_number, std::chrono::steady_clock::time_point(
                                                     std::chrono::nanoseconds(record.time_ns))};
    }
}

void Box::State::adopt(std::vector<UniqueFd> descriptors) {
    auto next = descriptors.begin();
    const auto take = [&](bool sent, UniqueFd& place) {
        if (sent && next != descriptors.end()) place = std::move(*next++);
    };
    take(has_network, network);
    take(has_terminal, terminal);
    take(keeps_files, root);
}

int Box::event_descriptor() const {
    return state_->socket.get();
}

Result<ProgramExit> Box::finish() {
    ASSAY_TRY(const Received received, receive_record(state_->socket.get()));
    const Record& record = received.record;
    if (record.word == Word::kFailed) return error_of(record);
    ProgramExit exit;
    exit.wait_status = record.wait_status;
    exit.wall = std::chrono::nanoseconds(record.time_ns);
    exit.usage = record.usage;
    exit.inherited_rss_bytes = record.inherited_rss_bytes;
    exit.tree_usage = record.tree_usage;
    exit.leftover_processes = record.leftover_processes;
    return exit;
}

void Box::kill() {
    if (std::exchange(state_->killed, true)) return;
    Record order;
    order.word = Word::kKill;
    if (!send_record(state_->socket.get(), order).has_value()) {
        ::syscall(SYS_pidfd_send_signal, state_->init.get(), SIGKILL, nullptr, 0);
    }
}

void Box::dismiss() {
    ::syscall(SYS_pidfd_send_signal, state_->init.get(), SIGKILL, nullptr, 0);
}

pid_t Box::init_pid() const {
    return state_->init_pid;
}
uid_t Box::host_uid() const {
    return state_->identity.program_outside.uid;
}
const std::vector<std::string>& Box::notes() const {
    return state_->notes;
}
UniqueFd Box::take_terminal() {
    return std::move(state_->terminal);
}
UniqueFd Box::take_syscall_listener() {
    return std::move(state_->syscall_listener);
}

Result<UniqueFd> Box::open_output(const std::string& path) const {
    open_how how{};
    how.flags = O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    const std::string relative = path.substr(std::min(path.find_first_not_of('/'), path.size()));
    UniqueFd file(static_cast<int>(
        ::syscall(SYS_openat2, state_->root.get(), relative.c_str(), &how, sizeof how)));
    if (!file) {
        if (errno == ELOOP) return usage_error("cannot copy out " + path + ": a symbolic link");
        Error error = system_error("cannot copy out " + path, errno);
        error.kind = ErrorKind::kUsage;
        return error;
    }
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return system_error("cannot examine " + path, errno);
    if (!S_ISREG(status.st_mode)) {
        return usage_error("cannot copy out " + path + ": not a regular file");
    }
    return file;
}

}  // namespace assay::sandbox
