#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "pkg/cgroup/backoff.hpp"
#include "pkg/cgroup/group_state.hpp"
#include "pkg/posix/files.hpp"

namespace assay::cgroup {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::size_t kRandomBytes = 8;

Result<std::string> fresh_name(const std::string& family) {
    unsigned char bytes[kRandomBytes];
    if (::getrandom(bytes, sizeof bytes, 0) != sizeof bytes) {
        return system_error("cannot read random bytes", errno);
    }
    std::string name = family + '-';
    for (const unsigned char byte : bytes) {
        name += kDigits[byte >> 4];
        name += kDigits[byte & 15];
    }
    return name;
}

}  // namespace

Directory::Directory(const Place& place, const std::string& name)
    : path_(place.directory + "/" + name),
      name_(name),
      mount_point_(place.mount_point),
      controllers_(place.controllers) {}

Directory::Directory(Directory&& other) noexcept
    : path_(std::exchange(other.path_, {})),
      name_(std::move(other.name_)),
      mount_point_(std::move(other.mount_point_)),
      controllers_(other.controllers_),
      fd_(std::move(other.fd_)),
      processes_(std::move(other.processes_)) {}

Directory& Directory::operator=(Directory&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(name_, other.name_);
    std::swap(mount_point_, other.mount_point_);
    std::swap(controllers_, other.controllers_);
    std::swap(fd_, other.fd_);
    std::swap(processes_, other.processes_);
    return *this;
}

Directory::~Directory() {
    (void)remove();
}

Result<Directory> Directory::create(const Place& place, const std::string& name) {
    const std::string path = place.directory + "/" + name;
    if (::mkdir(path.c_str(), 0755) != 0) {
        Error error = system_error("cannot create cgroup " + path, errno);
        if (errno == EROFS || errno == EACCES || errno == EPERM) {
            error.kind = ErrorKind::kUnsupported;
            error.remedy = remedy_for(place.version);
        }
        return error;
    }
    return adopt(place, name);
}

Result<Directory> Directory::adopt(const Place& place, const std::string& name) {
    Directory directory(place, name);
    auto fd = posix::open_file(directory.path_, O_RDONLY | O_DIRECTORY);
    if (!fd) {
        directory.path_.clear();
        return fd.error();
    }
    directory.fd_ = *std::move(fd);
    return directory;
}

std::optional<Directory> Directory::adopt_unowned(const Place& place, const std::string& name,
                                                  std::chrono::milliseconds patience) {
    Directory directory(place, name);
    directory.fd_ =
        posix::UniqueFd(::open(directory.path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    Backoff backoff(patience);
    while (directory.fd_) {
        if (directory.lock()) return directory;
        if (directory.has_live_owner() || !backoff.wait()) break;
    }
    directory.path_.clear();
    return std::nullopt;
}

// flock(2) decides: it excludes every other descriptor, those of the same process too, but a fork
// copies it. A record lock (fcntl(2)) cannot exclude here, but goes with the process that took it,
// whatever it forked: it tells an owner that lives from one that is survived for a moment.
bool Directory::lock() const {
    if (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) return false;
    struct flock life {};
    life.l_type = F_RDLCK;
    return ::fcntl(fd_.get(), F_SETLK, &life) == 0;
}

// Asked as an open file description, which sees the locks of its own process too.
bool Directory::has_live_owner() const {
    struct flock life {};
    life.l_type = F_WRLCK;
    return ::fcntl(fd_.get(), F_OFD_GETLK, &life) == 0 && life.l_type != F_UNLCK;
}

// A thread that moves itself by v1's `tasks` is spared the lock that cgroup.procs takes on all
// forks and exits of the host, which after a quiet moment waits for an RCU grace period: 35 us
// against 7 to 12 ms (kernel/cgroup/cgroup.c, __cgroup_procs_write_start). v2 has no such file.
Result<void> Directory::open_processes() {
    processes_.reset(::openat(fd_.get(), "tasks", O_WRONLY | O_CLOEXEC));
    if (processes_) return {};
    ASSAY_TRY(processes_, posix::open_at(fd_.get(), "cgroup.procs", O_WRONLY));
    return {};
}

Result<void> Directory::remove() {
    if (path_.empty()) return {};
    if (::rmdir(path_.c_str()) != 0 && errno != ENOENT) {
        return system_error("cannot remove cgroup " + path_, errno);
    }
    path_.clear();
    return {};
}

// Between mkdir and flock the new group has no lock, and a sweep may take it for a dead one. Then
// the lock cannot be had, or cgroup.procs is gone: another name is tried.
bool is_of_family(std::string_view name, std::string_view family) {
    return name.size() == family.size() + 1 + 2 * kRandomBytes && name.starts_with(family) &&
           name[family.size()] == '-' &&
           name.find_first_not_of(kDigits, family.size() + 1) == name.npos;
}

namespace {

// `name` gives one for each attempt.
template <class Name>
Result<Directory> create_owned(const Place& place, const Name& name) {
    constexpr int kAttempts = 16;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        ASSAY_TRY(const std::string wanted, name());
        auto directory = Directory::create(place, wanted);
        if (!directory) {
            if (directory.error().os_error == EEXIST || directory.error().os_error == ENOENT)
                continue;
            return directory.error();
        }
        if (directory->lock() && directory->open_processes()) return directory;
    }
    return Error{ErrorKind::kSystem,
                 EBUSY,
                 "cannot lock a new cgroup in " + place.directory + ": swept away each time",
                 {}};
}

}  // namespace

Result<Directory> claim(const Place& place, const std::string& family) {
    return create_owned(place, [&] { return fresh_name(family); });
}

Result<Directory> join_claim(const Place& place, const std::string& name) {
    return create_owned(place, [&] { return Result<std::string>(name); });
}

}  // namespace assay::cgroup
