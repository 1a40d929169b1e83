#include "internal/runner/scratch.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "pkg/posix/files.hpp"

namespace assay::runner {
namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

using Directory = std::unique_ptr<DIR, int (*)(DIR*)>;

// Takes the descriptor.
Directory read_directory(posix::UniqueFd fd) {
    Directory directory(::fdopendir(fd.get()), ::closedir);
    if (directory) (void)fd.release();
    return directory;
}

bool is_dot(std::string_view name) {
    return name == "." || name == "..";
}

std::string name_prefix() {
    return "assay-" + std::to_string(::geteuid()) + "-";
}

// Moves the directories in `path` up into `top` and unlinks everything else. `next_name` numbers
// them.
void empty_directory(const std::string& path, const std::string& top, unsigned& next_name) {
    ::chmod(path.c_str(), 0700);
    posix::UniqueFd fd(::open(path.c_str(), kDirectoryFlags));
    if (!fd) return;
    const posix::UniqueFd target(::open(top.c_str(), kDirectoryFlags));
    const Directory directory = read_directory(std::move(fd));
    if (!directory) return;
    const int at = ::dirfd(directory.get());
    while (const dirent* entry = ::readdir(directory.get())) {
        if (is_dot(entry->d_name)) continue;
        if (::unlinkat(at, entry->d_name, 0) == 0 || (errno != EISDIR && errno != EPERM)) continue;
        if (::unlinkat(at, entry->d_name, AT_REMOVEDIR) == 0) continue;
        // A directory can be moved only by one who may write to it: its ".." changes.
        ::fchmodat(at, entry->d_name, 0700, 0);
        ::renameat(at, entry->d_name, target.get(), std::to_string(next_name++).c_str());
    }
}

// A file system may pass over entries while others are removed (readdir(3)): a second look finds
// them.
void remove_one(const std::string& path, const std::string& top, unsigned& next_name) {
    for (int look = 0; look < 3; ++look) {
        empty_directory(path, top, next_name);
        if (::rmdir(path.c_str()) == 0) return;
    }
}

// The lock of a scratch directory of ours, when its owner is gone.
posix::UniqueFd take_orphan(const std::string& path) {
    posix::UniqueFd fd(::open(path.c_str(), kDirectoryFlags));
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0 || status.st_uid != ::geteuid()) return {};
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return {};
    return fd;
}

void sweep_orphans(const std::string& parent) {
    const Directory directory(::opendir(parent.c_str()), ::closedir);
    if (!directory) return;
    const std::string prefix = name_prefix();
    while (const dirent* entry = ::readdir(directory.get())) {
        if (!std::string_view(entry->d_name).starts_with(prefix)) continue;
        const std::string path = parent + "/" + entry->d_name;
        if (const posix::UniqueFd lock = take_orphan(path)) remove_tree(path);
    }
}

// Empty when a sweeper took the new directory for an orphan before it was locked.
std::optional<posix::UniqueFd> lock_new(const std::string& path) {
    posix::UniqueFd lock(::open(path.c_str(), kDirectoryFlags));
    struct stat status {};
    if (!lock || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return std::nullopt;
    if (::fstat(lock.get(), &status) != 0 || status.st_nlink == 0) return std::nullopt;
    return lock;
}

}  // namespace

void remove_tree(const std::string& path) {
    // Every round empties one directory; those below it come up to `path/N` and are next.
    unsigned next_name = 0;
    const std::string staging = path + ".old";
    if (::rename(path.c_str(), staging.c_str()) != 0) return;
    if (::mkdir(path.c_str(), 0700) != 0) return;
    remove_one(staging, path, next_name);
    for (unsigned number = 0; number < next_name; ++number) {
        remove_one(path + "/" + std::to_string(number), path, next_name);
    }
    ::rmdir(path.c_str());
}

Result<ScratchDirectory> ScratchDirectory::create() {
    const char* const chosen = std::getenv("TMPDIR");
    return create_in(chosen != nullptr && *chosen == '/' ? chosen : "/tmp");
}

Result<ScratchDirectory> ScratchDirectory::create_in(const std::string& parent) {
    sweep_orphans(parent);
    for (;;) {
        std::string path = parent + "/" + name_prefix() + "XXXXXX";
        if (::mkdtemp(path.data()) == nullptr) {
            Error error = system_error("cannot create a directory in " + parent, errno);
            error.remedy = "set TMPDIR to a directory that can be written";
            return error;
        }
        if (auto lock = lock_new(path)) return ScratchDirectory(std::move(path), std::move(*lock));
    }
}

ScratchDirectory::ScratchDirectory(std::string path, posix::UniqueFd lock)
    : path_(std::move(path)), lock_(std::move(lock)) {}

ScratchDirectory::ScratchDirectory(ScratchDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}

ScratchDirectory::~ScratchDirectory() {
    if (!path_.empty()) remove_tree(path_);
}

}  // namespace assay::runner
