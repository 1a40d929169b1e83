// Files that outlive a request: uploads and copyOutCached, known by an id.
//
// A directory on tmpfs (default) or disk. An id is eight characters of base32 (five random bytes);
// names are kept in memory, so that no client's text ever becomes a path. A file has no name in the
// directory until it is whole (O_TMPFILE, then link), so nobody lists or reads half a file, and
// what a killed server was writing is gone with it. Files that lie in the directory already are
// served, with their ids as names.
//
// Only regular files directly in the directory count. Links are not followed, and nothing that
// others put there (fifos, devices, directories) is opened for reading, listed or removed.
//
// With a time to live, a file that was neither added, read nor used for that long is removed;
// files found at the start stay.
//
// A directory has one store at a time, which holds its lock (flock(2)); the lock ends with the
// process, however that ends, and what it left is served by the next store. Another server is told
// so, or, where nobody asked for this very directory, takes the next of DIR-2, DIR-3 and so on. On
// a file system without locks nothing is told.
//
// Rejected: names in extended attributes (tmpfs has none for users); a data base.
//
// Thread-safe. Descriptors are the caller's. An unknown id, or one that is no id at all, is
// std::nullopt, never an error; errors are those of the system, such as too many open files.
// Source: open(2), O_TMPFILE.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"

namespace assay::judge {

struct StoreOptions {
    std::string directory;                 // made when missing
    bool or_another = false;               // DIR-2, DIR-3, … when it is another server's
    bool remove_at_end = true;             // the directory goes with the store
    std::chrono::nanoseconds lifetime{0};  // 0: for ever
};

struct StoredFile {
    std::string name;
    posix::UniqueFd file;  // read-only
    std::uint64_t size_bytes = 0;
    std::chrono::system_clock::time_point modified;
};

// A file on its way into the store; gone unless it is added. Lives no longer than the store.
class NewFile {
  public:
    int descriptor() const { return file_.get(); }

    NewFile(NewFile&&) noexcept = default;
    NewFile& operator=(NewFile&&) = delete;
    ~NewFile();

  private:
    friend class FileStore;
    NewFile(int directory, posix::UniqueFd file, std::string hidden_name)
        : directory_(directory), file_(std::move(file)), hidden_name_(std::move(hidden_name)) {}
    int directory_;  // borrowed
    posix::UniqueFd file_;
    std::string hidden_name_;  // where the file system has no O_TMPFILE; else empty
};

class FileStore {
  public:
    // "cannot use DIR: another server keeps its files there", os_error EWOULDBLOCK.
    static Result<std::unique_ptr<FileStore>> open(const StoreOptions& options);

    Result<NewFile> create() const;
    // The id of the file, complete now.
    Result<std::string> add(NewFile file, const std::string& name);

    // Opens for reading; renews the time to live.
    Result<std::optional<StoredFile>> get(const std::string& id);
    // False when there was none.
    bool remove(const std::string& id);
    // id -> name; a file that this process did not add has the name "".
    Result<std::map<std::string, std::string>> list() const;

    struct Totals {
        std::uint64_t files = 0;
        std::uint64_t bytes = 0;
    };
    Totals totals() const;
    const std::string& directory() const;  // the one that is used

    // Removes what has outlived its time; call every few seconds.
    void expire(std::chrono::steady_clock::time_point now);

    FileStore(const FileStore&) = delete;
    FileStore& operator=(const FileStore&) = delete;
    ~FileStore();

  private:
    FileStore();
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace assay::judge
