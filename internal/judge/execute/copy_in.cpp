#include "internal/judge/execute/copy_in.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <limits>

#include "internal/judge/execute/copy_bytes.hpp"
#include "internal/judge/execute/slot_target.hpp"
#include "internal/judge/execute/source_file.hpp"
#include "internal/judge/execute/wording.hpp"
#include "pkg/posix/files.hpp"

namespace assay::judge {
namespace {

class CopyIn {
  public:
    CopyIn(const Command& command, const sandbox::Slot& slot, const PoolOptions& options,
           const RunControl& control)
        : command_(command), slot_(slot), options_(options), control_(control) {}

    void copy_files(CachedInputs& cached) {
        for (std::size_t i = 0; i < command_.copy_in.size() && !control_.cancelled(); ++i) {
            const auto& [path, file] = command_.copy_in[i];
            if (!std::holds_alternative<LinkTarget>(file)) copy(path, file, cached.copy_in[i]);
        }
    }

    void make_links() {
        for (const auto& [path, file] : command_.copy_in) {
            const auto* link = std::get_if<LinkTarget>(&file);
            if (link == nullptr) continue;
            const auto made = slot_.make_symlink(link->target, path);
            if (made) continue;
            const int os_error = made.error().os_error;
            fail(path, FileErrorType::kSymlink,
                 "symlink: " + quoted(path) + " -> " + quoted(link->target) + ": " +
                     failure("symlink " + link->target, path, os_error));
        }
    }

    const std::vector<FileError>& errors() const { return errors_; }

  private:
    void fail(const std::string& path, FileErrorType type, std::string message) {
        errors_.push_back({path, type, std::move(message)});
    }

    void copy(const std::string& path, const CopyInFile& file, const posix::UniqueFd& cached) {
        const posix::UniqueFd target = open_target(path);
        if (!target) return;
        if (const auto* memory = std::get_if<MemoryFile>(&file)) {
            const auto written = posix::write_all(target.get(), memory->content, path);
            if (!written) {
                fail(path, FileErrorType::kCopyInCopyContent,
                     failure("write", path, written.error().os_error));
            }
        } else if (const auto* local = std::get_if<LocalFile>(&file)) {
            copy_local(path, local->path, target);
        } else {
            copy_open(path, path, cached, target);
        }
    }

    void copy_local(const std::string& path, const std::string& source,
                    const posix::UniqueFd& target) {
        const auto opened = open_source(source, options_.source_prefixes);
        if (!opened) {
            return fail(path, FileErrorType::kCopyInOpenFile,
                        failure("open", source, opened.error().os_error));
        }
        if (!is_copied(*opened)) {
            return fail(path, FileErrorType::kCopyInOpenFile, source + " is not a regular file");
        }
        copy_open(path, source, *opened, target);
    }

    // A directory is told by its read, as clients know it.
    static bool is_copied(const posix::UniqueFd& source) {
        struct stat status {};
        return ::fstat(source.get(), &status) == 0 &&
               (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
    }

    void copy_open(const std::string& path, const std::string& source,
                   const posix::UniqueFd& opened, const posix::UniqueFd& target) {
        const CopyEnd end =
            copy_bytes(opened.get(), target.get(), std::numeric_limits<std::uint64_t>::max(),
                       [this] { return control_.cancelled(); });
        if (end.failed == CopySide::kNone) return;
        fail(path, FileErrorType::kCopyInCopyContent,
             end.failed == CopySide::kRead ? failure("read", source, end.os_error)
                                           : failure("write", path, end.os_error));
    }

    // Most parents are there: they are made when one turns out to be missing.
    posix::UniqueFd open_target(const std::string& path) {
        auto target = create_target(slot_, path);
        if (!target && target.error().os_error == ENOENT) {
            const auto made = slot_.make_parents(path);
            if (!made) {
                unopened(path, FileErrorType::kCopyInCreateDir,
                         failure("mkdir", path, made.error()));
                return {};
            }
            target = create_target(slot_, path);
        }
        if (target && is_regular(*target)) return *std::move(target);
        if (target) {
            unopened(path, FileErrorType::kCopyInCreateFile, path + " is not a regular file");
            return {};
        }
        unopened(path, FileErrorType::kCopyInCreateFile, failure("open", path, target.error()));
        return {};
    }

    void unopened(const std::string& path, FileErrorType type, std::string message) {
        if (!options_.compat_copy_in) fail(path, type, std::move(message));
    }

    const Command& command_;
    const sandbox::Slot& slot_;
    const PoolOptions& options_;
    const RunControl& control_;
    std::vector<FileError> errors_;
};

}  // namespace

std::optional<CopyInFailure> copy_in(const Command& command, CachedInputs& cached,
                                     const sandbox::Slot& slot, const PoolOptions& options,
                                     const RunControl& control) {
    CopyIn copy(command, slot, options, control);
    copy.copy_files(cached);
    cached.copy_in.clear();  // none is held while the program runs
    if (!copy.errors().empty()) return CopyInFailure{copy.errors().front().message, copy.errors()};
    copy.make_links();
    if (copy.errors().empty()) return std::nullopt;
    return CopyInFailure{"symlink: " + std::to_string(copy.errors().size()) + " operations failed",
                         copy.errors()};
}

}  // namespace assay::judge
