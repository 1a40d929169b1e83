#include "internal/judge/store/file_store.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <mutex>
#include <string_view>
#include <system_error>
#include <unordered_map>

#include "pkg/posix/files.hpp"

namespace assay::judge {
namespace {

constexpr mode_t kDirectoryMode = 0700;
// A program reads its standard input through /dev/stdin, too, with an id of its own.
constexpr mode_t kFileMode = 0644;
constexpr int kTries = 50;
constexpr int kMaxServers = 1000;
constexpr std::string_view kRemedy = "name another directory with --dir";
constexpr std::string_view kHiddenPrefix = ".new-";

// Five random bytes as eight letters, RFC 4648.
Result<std::string> random_id() {
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::array<unsigned char, 5> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
        return system_error("cannot get random bytes", errno);
    }
    std::uint64_t bits = 0;
    for (const unsigned char byte : bytes) bits = (bits << 8) | byte;
    std::string id;
    for (int shift = 35; shift >= 0; shift -= 5) id += kAlphabet[(bits >> shift) & 31];
    return id;
}

// Hidden names are those of files that are not whole, and "." and "..".
bool can_be_id(std::string_view id) {
    return !id.empty() && id.front() != '.' && id.find('/') == id.npos && id.find('\0') == id.npos;
}

std::optional<struct stat> regular_file_status(int directory, const char* name) {
    struct stat status {};
    if (::fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
    if (!S_ISREG(status.st_mode)) return std::nullopt;
    return status;
}

std::chrono::system_clock::time_point time_point_of(const timespec& time) {
    const auto since_epoch =
        std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
    return std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(since_epoch));
}

// In a directory where everybody may make names, as /dev/shm, the name may be a trap.
Result<void> check_owner(const std::string& path) {
    const std::filesystem::path parent = std::filesystem::path(path).parent_path();
    struct stat around {};
    struct stat status {};
    if (::stat(parent.empty() ? "." : parent.c_str(), &around) != 0) return {};
    if ((around.st_mode & S_ISVTX) == 0 || (around.st_mode & S_IWOTH) == 0) return {};
    if (::lstat(path.c_str(), &status) != 0 || status.st_uid == ::geteuid()) return {};
    return Error{ErrorKind::kUsage, EWOULDBLOCK,
                 "cannot use " + path + ": it belongs to user " + std::to_string(status.st_uid),
                 "remove it, or " + std::string(kRemedy)};
}

Result<posix::UniqueFd> open_directory(const std::string& path) {
    std::error_code failure;
    const std::filesystem::path parent = std::filesystem::path(path).parent_path();
    if (!parent.empty()) std::filesystem::create_directories(parent, failure);
    if (!failure && ::mkdir(path.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
        failure.assign(errno, std::system_category());
    }
    if (failure) return system_error("cannot make " + path, failure.value());
    ASSAY_CHECK(check_owner(path));
    return posix::open_file(path, O_RDONLY | O_DIRECTORY);
}

// Whether the path still leads to the directory: its last owner may have removed it meanwhile.
bool is_at(const posix::UniqueFd& directory, const std::string& path) {
    struct stat open {};
    struct stat there {};
    return ::fstat(directory.get(), &open) == 0 && ::stat(path.c_str(), &there) == 0 &&
           open.st_dev == there.st_dev && open.st_ino == there.st_ino;
}

// Opens the directory for this store alone.
Result<posix::UniqueFd> claim(const std::string& path) {
    for (int i = 0; i < kTries; ++i) {
        ASSAY_TRY(posix::UniqueFd directory, open_directory(path));
        if (::flock(directory.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
            return Error{ErrorKind::kUsage, EWOULDBLOCK,
                         "cannot use " + path + ": another server keeps its files there",
                         "stop that one, or " + std::string(kRemedy)};
        }
        if (is_at(directory, path)) return directory;
    }
    return system_error("cannot use " + path, EAGAIN);
}

// Calls `visit` with the name and status of each regular file that is whole.
template <class Visit>
Result<void> for_each_file(int directory, const std::string& path, Visit visit) {
    ASSAY_TRY(posix::UniqueFd fd, posix::open_at(directory, ".", O_RDONLY | O_DIRECTORY));
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(fd.get()), ::closedir);
    if (entries == nullptr) return system_error("cannot list " + path, errno);
    fd.release();
    while (const dirent* entry = ::readdir(entries.get())) {
        if (!can_be_id(entry->d_name)) continue;
        if (const auto status = regular_file_status(directory, entry->d_name)) {
            visit(entry->d_name, *status);
        }
    }
    return {};
}

}  // namespace

struct FileStore::State {
    struct Added {
        std::string name;
        std::chrono::steady_clock::time_point used;
    };

    StoreOptions options;
    posix::UniqueFd directory;
    mutable std::mutex mutex;
    std::unordered_map<std::string, Added> added;  // guarded by mutex
};

NewFile::~NewFile() {
    if (!hidden_name_.empty()) ::unlinkat(directory_, hidden_name_.c_str(), 0);
}

FileStore::FileStore() : state_(std::make_unique<State>()) {}

FileStore::~FileStore() {
    if (!state_->directory || !state_->options.remove_at_end) return;
    std::error_code ignored;
    std::filesystem::remove_all(state_->options.directory, ignored);
}

Result<std::unique_ptr<FileStore>> FileStore::open(const StoreOptions& options) {
    std::string path = options.directory;
    auto directory = claim(path);
    for (int number = 2; options.or_another && number <= kMaxServers; ++number) {
        if (directory || directory.error().os_error != EWOULDBLOCK) break;
        path = options.directory + "-" + std::to_string(number);
        directory = claim(path);
    }
    if (!directory) return directory.error();
    std::unique_ptr<FileStore> store(new FileStore);
    store->state_->options = options;
    store->state_->options.directory = std::move(path);
    store->state_->directory = *std::move(directory);
    return store;
}

Result<NewFile> FileStore::create() const {
    const int directory = state_->directory.get();
    auto file = posix::open_at(directory, ".", O_TMPFILE | O_RDWR, kFileMode);
    std::string hidden_name;
    if (!file && (file.error().os_error == EOPNOTSUPP || file.error().os_error == EISDIR)) {
        ASSAY_TRY(const std::string id, random_id());
        hidden_name.append(kHiddenPrefix).append(id);
        file = posix::open_at(directory, hidden_name, O_CREAT | O_EXCL | O_RDWR, kFileMode);
    }
    if (!file) {
        return system_error("cannot make a file in " + state_->options.directory,
                            file.error().os_error);
    }
    // Whatever the umask is.
    (void)::fchmod(file->get(), kFileMode);
    return NewFile(directory, std::move(*file), std::move(hidden_name));
}

Result<std::string> FileStore::add(NewFile file, const std::string& name) {
    const std::string source = "/proc/self/fd/" + std::to_string(file.descriptor());
    for (int i = 0; i < kTries; ++i) {
        ASSAY_TRY(std::string id, random_id());
        // Listed first, so that nobody sees the file without its name.
        {
            const std::lock_guard lock(state_->mutex);
            const State::Added added{name, std::chrono::steady_clock::now()};
            if (!state_->added.emplace(id, added).second) continue;
        }
        const bool is_hidden = !file.hidden_name_.empty();
        const int directory = state_->directory.get();
        const int failed = ::linkat(is_hidden ? directory : AT_FDCWD,
                                    is_hidden ? file.hidden_name_.c_str() : source.c_str(),
                                    directory, id.c_str(), is_hidden ? 0 : AT_SYMLINK_FOLLOW);
        if (failed == 0) return id;
        const int reason = errno;
        const std::lock_guard lock(state_->mutex);
        state_->added.erase(id);
        if (reason != EEXIST) {
            return system_error("cannot store a file in " + state_->options.directory, reason);
        }
    }
    return system_error("cannot store a file in " + state_->options.directory, EEXIST);
}

Result<std::optional<StoredFile>> FileStore::get(const std::string& id) {
    std::optional<StoredFile> found;
    // Looked at before it is opened: opening a device can have effects.
    if (!can_be_id(id) || !regular_file_status(state_->directory.get(), id.c_str())) return found;
    auto file =
        posix::open_at(state_->directory.get(), id, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (!file) {
        if (file.error().os_error == ENOENT || file.error().os_error == ELOOP) return found;
        return file.error();
    }
    struct stat status {};
    if (::fstat(file->get(), &status) != 0 || !S_ISREG(status.st_mode)) return found;
    found.emplace();
    found->name = id;
    found->file = std::move(*file);
    found->size_bytes = static_cast<std::uint64_t>(status.st_size);
    found->modified = time_point_of(status.st_mtim);
    const std::lock_guard lock(state_->mutex);
    if (const auto added = state_->added.find(id); added != state_->added.end()) {
        found->name = added->second.name;
        added->second.used = std::chrono::steady_clock::now();
    }
    return found;
}

bool FileStore::remove(const std::string& id) {
    if (!can_be_id(id) || !regular_file_status(state_->directory.get(), id.c_str())) return false;
    if (::unlinkat(state_->directory.get(), id.c_str(), 0) != 0) return false;
    const std::lock_guard lock(state_->mutex);
    state_->added.erase(id);
    return true;
}

Result<std::map<std::string, std::string>> FileStore::list() const {
    std::map<std::string, std::string> names;
    const std::string& path = state_->options.directory;
    ASSAY_CHECK(for_each_file(
        state_->directory.get(), path,
        [&names](const char* name, const auto&) { names.emplace(name, std::string()); }));
    const std::lock_guard lock(state_->mutex);
    for (auto& [id, name] : names) {
        if (const auto added = state_->added.find(id); added != state_->added.end()) {
            name = added->second.name;
        }
    }
    return names;
}

FileStore::Totals FileStore::totals() const {
    Totals totals;
    (void)for_each_file(state_->directory.get(), state_->options.directory,
                        [&totals](const char*, const struct stat& status) {
                            ++totals.files;
                            totals.bytes += static_cast<std::uint64_t>(status.st_size);
                        });
    return totals;
}

const std::string& FileStore::directory() const {
    return state_->options.directory;
}

void FileStore::expire(std::chrono::steady_clock::time_point now) {
    if (state_->options.lifetime.count() == 0) return;
    const std::lock_guard lock(state_->mutex);
    for (auto file = state_->added.begin(); file != state_->added.end();) {
        if (now - file->second.used <= state_->options.lifetime) {
            ++file;
            continue;
        }
        ::unlinkat(state_->directory.get(), file->first.c_str(), 0);
        file = state_->added.erase(file);
    }
}

}  // namespace assay::judge
