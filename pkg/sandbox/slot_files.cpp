// The slot's files as the server reaches them. The server is not in the slot: what it opens is
// resolved below the slot's root (openat2(2)), whatever links a program has made there.
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "pkg/posix/files.hpp"
#include "pkg/sandbox/slot.hpp"
#include "pkg/sandbox/slot_state.hpp"
#include "pkg/sandbox/tree_paths.hpp"

namespace assay::sandbox {
namespace {

using posix::UniqueFd;

// The slot's file systems know only the ids that are mapped in it: what is made there must be made
// as one of them. It holds for this thread alone (setfsuid(2)), and takes away the rights over
// files that root has. The kernel makes the process undumpable with it, which a server that handles
// secrets of its clients can only like.
class AsOwner {
  public:
    explicit AsOwner(bool foreign, const Ids& owner) : foreign_(foreign) {
        if (!foreign_) return;
        gid_ = static_cast<gid_t>(::setfsgid(owner.gid));
        uid_ = static_cast<uid_t>(::setfsuid(owner.uid));
    }
    ~AsOwner() {
        if (!foreign_) return;
        ::setfsuid(uid_);
        ::setfsgid(gid_);
    }
    AsOwner(const AsOwner&) = delete;
    AsOwner& operator=(const AsOwner&) = delete;

  private:
    bool foreign_;
    uid_t uid_ = 0;
    gid_t gid_ = 0;
};

// The thread has none of the server's further groups, which setfsgid(2) leaves: the system call is
// of one thread, the C library's function of all.
class WithoutGroups {
  public:
    WithoutGroups() {
        groups_.resize(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
        const int count = ::getgroups(static_cast<int>(groups_.size()), groups_.data());
        groups_.resize(static_cast<std::size_t>(std::max(0, count)));
        ::syscall(SYS_setgroups, 0, nullptr);
    }
    ~WithoutGroups() { ::syscall(SYS_setgroups, groups_.size(), groups_.data()); }
    WithoutGroups(const WithoutGroups&) = delete;
    WithoutGroups& operator=(const WithoutGroups&) = delete;

  private:
    std::vector<gid_t> groups_;
};

// A rename elsewhere in the tree can make the kernel give up with EAGAIN.
UniqueFd open_below(int root, const std::string& path, std::uint64_t flags, mode_t mode) {
    open_how how{};
    how.flags = flags | O_CLOEXEC;
    how.mode = mode;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    constexpr int kTries = 32;
    for (int i = 0; i < kTries; ++i) {
        UniqueFd file(
            static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
        if (file || (errno != EAGAIN && errno != EINTR)) return file;
    }
    return {};
}

}  // namespace

std::string Slot::State::inside(const std::string& path) const {
    return path.starts_with('/') ? path : spec->work_directory + "/" + path;
}

// The mounts go with the last process of their namespace, a moment before that one has ended.
bool Slot::State::has_ended() const {
    pollfd end{process.get(), POLLIN, 0};
    if (::poll(&end, 1, 0) > 0) return true;
    return work_is_mounted && is_work_unmounted();
}

// Not when it cannot be looked at: without a descriptor to spare, say.
bool Slot::State::is_work_unmounted() const {
    const UniqueFd work = open_below(root.get(), inside("."), O_PATH | O_DIRECTORY, 0);
    struct stat here {};
    struct stat above {};
    return work && ::fstat(work.get(), &here) == 0 && ::fstat(root.get(), &above) == 0 &&
           here.st_dev == above.st_dev;
}

Error Slot::State::file_error(const std::string& what, int number) const {
    if (!has_ended()) return system_error(what, number);
    return Error{ErrorKind::kInternal, 0, what + ": the slot's zygote has ended", {}};
}

Result<UniqueFd> Slot::open(const std::string& path, int flags, mode_t mode) const {
    const bool makes = (flags & (O_CREAT | __O_TMPFILE)) != 0;
    const bool path_only = (flags & O_PATH) != 0;
    const int extra = path_only ? 0 : O_NONBLOCK | O_NOCTTY;
    UniqueFd file;
    {
        const AsOwner owner(state_->foreign && makes, state_->owner);
        file = open_below(state_->root.get(), state_->inside(path),
                          static_cast<std::uint64_t>(static_cast<unsigned>(flags | extra)),
                          makes ? mode : 0);
        if (file && makes && mode != 0) {
            // Whatever our umask is; of a file that was there and is another's, it stays.
            (void)::fchmod(file.get(), mode);
        }
    }
    if (!file) return state_->file_error("cannot open " + path, errno);
    if (!path_only && (flags & O_NONBLOCK) == 0) {
        ::fcntl(file.get(), F_SETFL, flags & O_APPEND);
    }
    return file;
}

Result<UniqueFd> Slot::open_as_program(const std::string& path, int flags) const {
    if (!state_->foreign) return open(path, flags);
    const std::string full = state_->inside(path);
    const auto wanted = static_cast<std::uint64_t>(static_cast<unsigned>(flags));
    UniqueFd file;
    {
        const WithoutGroups alone;
        const AsOwner program(true, state_->program);
        file = open_below(state_->root.get(), full, wanted | O_NONBLOCK | O_NOCTTY, 0);
    }
    if (file) return file;
    const int refusal = errno;
    // A file of its own, without the right to read it: chmod(2) would give it.
    struct stat status {};
    const UniqueFd place = open_below(state_->root.get(), full, (wanted & O_NOFOLLOW) | O_PATH, 0);
    if (refusal != EACCES || !place || ::fstat(place.get(), &status) != 0 ||
        status.st_uid != state_->program.uid || !S_ISREG(status.st_mode)) {
        return state_->file_error("cannot open " + path, refusal);
    }
    return posix::open_file("/proc/self/fd/" + std::to_string(place.get()), O_RDONLY);
}

Result<void> Slot::make_parents(const std::string& path) const {
    const std::string full = state_->inside(path);
    const std::string parent = parent_of(full);
    constexpr std::uint64_t kFlags = O_RDONLY | O_DIRECTORY;
    if (open_below(state_->root.get(), parent, O_PATH | O_DIRECTORY, 0)) return {};
    if (errno != ENOENT || parent == "/") {
        return state_->file_error("cannot make " + parent, errno);
    }
    ASSAY_CHECK(make_parents(parent));
    const UniqueFd above = open_below(state_->root.get(), parent_of(parent), kFlags, 0);
    const AsOwner owner(state_->foreign, state_->owner);
    if (!above || ::mkdirat(above.get(), last_of(parent).c_str(), 0777) != 0) {
        return errno == EEXIST ? Result<void>{}
                               : Result<void>{state_->file_error("cannot make " + parent, errno)};
    }
    const UniqueFd made(::openat(above.get(), last_of(parent).c_str(),
                                 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!made || ::fchmod(made.get(), 0777) != 0) {
        return state_->file_error("cannot set the mode of " + parent, errno);
    }
    return {};
}

Result<void> Slot::make_symlink(const std::string& target, const std::string& path) const {
    const std::string full = state_->inside(path);
    const UniqueFd parent =
        open_below(state_->root.get(), parent_of(full), O_PATH | O_DIRECTORY, 0);
    const AsOwner owner(state_->foreign, state_->owner);
    if (!parent || ::symlinkat(target.c_str(), parent.get(), last_of(full).c_str()) != 0) {
        return state_->file_error("cannot make the symbolic link " + path, errno);
    }
    return {};
}

Ids Slot::host_owner() const {
    return state_->owner;
}

}  // namespace assay::sandbox
