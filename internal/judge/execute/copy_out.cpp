#include "internal/judge/execute/copy_out.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "internal/judge/execute/copy_bytes.hpp"
#include "internal/judge/execute/slot_target.hpp"
#include "internal/judge/execute/wording.hpp"
#include "pkg/posix/files.hpp"

namespace assay::judge {
namespace {

// At most max_bytes from the start; errno on failure.
Result<std::string> read_start(int fd, std::uint64_t max_bytes) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) return system_error("cannot look at a file", errno);
    constexpr std::uint64_t kStep = 64 * 1024;
    const auto said = static_cast<std::uint64_t>(status.st_size);
    std::string text;
    while (text.size() < max_bytes) {
        // One byte more than the file says, to meet its end in the same call.
        const std::uint64_t hoped = text.size() <= said ? said - text.size() + 1 : kStep;
        const std::uint64_t wanted = std::min(max_bytes - text.size(), hoped);
        const std::size_t before = text.size();
        text.resize(before + static_cast<std::size_t>(wanted));
        const ssize_t count = ::pread(fd, text.data() + before, static_cast<std::size_t>(wanted),
                                      static_cast<off_t>(before));
        const int os_error = errno;
        text.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        if (count < 0 && os_error != EINTR) return system_error("cannot read a file", os_error);
        if (count == 0 || text.size() == said) break;
    }
    return text;
}

}  // namespace

CopyOut::CopyOut(const Command& command, const sandbox::Slot& slot, FileStore& store,
                 Metrics& metrics, CopyOutLimits limits)
    : command_(command),
      slot_(slot),
      store_(store),
      metrics_(metrics),
      max_bytes_(command.copy_out_max_bytes > 0 ? command.copy_out_max_bytes : limits.file_bytes),
      answer_room_(limits.answer_room) {
    if (max_bytes_ == 0) max_bytes_ = std::numeric_limits<std::uint64_t>::max();
}

void CopyOut::collect(CommandFiles& files, CommandResult& result, RunFacts& facts) {
    result_ = &result;
    // A name in both lists comes back cached only, and a collector in either as a collector.
    for (const CopyOutFile& file : command_.copy_out) {
        if (!is_cached(file.name) && !is_collector(files, file.name)) copy(file);
    }
    for (const CopyOutFile& file : command_.copy_out_cached) {
        if (!result.file_ids.contains(file.name) && !is_collector(files, file.name)) copy(file);
    }
    for (FileCollector& collector : files.file_collectors) collect_file(collector);
    for (PipeCollector& collector : files.pipe_collectors) collect_pipe(collector);
    facts.collector_exceeded = exceeded_;
    if (!result.file_errors.empty()) facts.copy_failure = result.file_errors.front().message;
}

bool CopyOut::is_cached(const std::string& name) const {
    return std::ranges::any_of(command_.copy_out_cached,
                               [&](const CopyOutFile& file) { return file.name == name; });
}

bool CopyOut::is_collector(const CommandFiles& files, const std::string& name) const {
    const auto is_it = [&](const auto& collector) { return collector.name == name; };
    return std::ranges::any_of(files.file_collectors, is_it) ||
           std::ranges::any_of(files.pipe_collectors, is_it);
}

std::uint64_t CopyOut::room_for(const std::string& name, std::uint64_t max_bytes) const {
    return is_cached(name) ? max_bytes : std::min(max_bytes, answer_room_);
}

void CopyOut::fail(const std::string& name, FileErrorType type, std::string message) {
    result_->file_errors.push_back({name, type, std::move(message)});
}

void CopyOut::exceed(const std::string& name) {
    exceeded_ = true;
    fail(name, FileErrorType::kCollectSizeExceeded,
         std::string(name_of(Status::kOutputLimitExceeded)));
}

void CopyOut::copy(const CopyOutFile& file) {
    const auto opened = slot_.open_as_program(file.name, O_RDONLY | O_NOFOLLOW);
    const int os_error = opened ? 0 : opened.error().os_error;
    struct stat status {};
    // Links (ELOOP), sockets and devices without a driver (ENXIO) are files, but no regular ones.
    const bool irregular = opened ? ::fstat(opened->get(), &status) != 0 ||
                                        !S_ISREG(status.st_mode) || is_kernel_file(*opened)
                                  : os_error == ELOOP || os_error == ENXIO;
    if (irregular || !opened) {
        if (file.optional) return;
        return fail(file.name, FileErrorType::kCopyOutOpen,
                    irregular ? file.name + " is not a regular file"
                              : failure("open", file.name, opened.error()));
    }
    copy_open(file.name, *opened, static_cast<std::uint64_t>(status.st_size));
}

void CopyOut::copy_open(const std::string& name, const posix::UniqueFd& file, std::uint64_t size) {
    const std::uint64_t most = room_for(name, max_bytes_);
    const bool too_large = size > most;
    const std::string limit = "(" + std::to_string(most) + ")";
    if (too_large && !command_.copy_out_truncate) {
        return fail(name, FileErrorType::kCopyOutSizeExceeded,
                    "copyout: " + quoted(name) + " size (" + std::to_string(size) +
                        ") exceeds limit " + limit);
    }
    if (!keep(name, file, std::min(size, most)) || !too_large) return;
    fail(name, FileErrorType::kCopyOutSizeExceeded,
         "copyout: " + quoted(name) + " size exceeds limit " + limit);
}

void CopyOut::collect_file(FileCollector& collector) {
    struct stat status {};
    ::fstat(collector.reader.get(), &status);
    // A device may be one that gives bytes without end.
    const bool none = collector.max_bytes < 0 || !S_ISREG(status.st_mode);
    const std::uint64_t max = room_for(
        collector.name, static_cast<std::uint64_t>(std::max<std::int64_t>(collector.max_bytes, 0)));
    keep(collector.name, collector.reader, none ? 0 : max + 1);
    if (collector.max_bytes < 0 || static_cast<std::uint64_t>(status.st_size) > max) {
        exceed(collector.name);
    }
}

void CopyOut::collect_pipe(PipeCollector& collector) {
    const bool exceeded = collector.may_not_exceed && collector.capture->exceeded();
    keep_text(collector.name, collector.capture->take());
    if (exceeded) exceed(collector.name);
}

bool CopyOut::keep(const std::string& name, const posix::UniqueFd& file, std::uint64_t max_bytes) {
    if (is_cached(name)) return keep_in_store(name, file, max_bytes);
    auto text = read_start(file.get(), max_bytes);
    if (!text) {
        fail(name, FileErrorType::kCopyOutCopyContent,
             "copyout: failed to copy content for " + quoted(name) + ": " +
                 failure("read", name, text.error().os_error));
        return false;
    }
    return keep_text(name, *std::move(text));
}

bool CopyOut::keep_in_store(const std::string& name, const posix::UniqueFd& file,
                            std::uint64_t max_bytes) {
    auto stored = store_.create();
    if (!stored) {
        fail(name, FileErrorType::kCopyOutCreateFile,
             "copyout: failed to create store file for " + quoted(name) + ": " +
                 stored.error().message);
        return false;
    }
    const CopyEnd end = copy_bytes(file.get(), stored->descriptor(), max_bytes);
    if (end.failed != CopySide::kNone) {
        fail(
            name, FileErrorType::kCopyOutCopyContent,
            "copyout: failed to copy content for " + quoted(name) + ": " + reason_of(end.os_error));
        return false;
    }
    return add_to_store(name, *std::move(stored));
}

bool CopyOut::keep_text(const std::string& name, std::string text) {
    if (!is_cached(name)) {
        answer_room_ -= std::min<std::uint64_t>(answer_room_, text.size());
        result_->files[name] = std::move(text);
        return true;
    }
    auto stored = store_.create();
    if (!stored) {
        fail(name, FileErrorType::kCopyOutCreateFile,
             "collect: failed to create store file for " + quoted(name) + ": " +
                 stored.error().message);
        return false;
    }
    const auto written = posix::write_all(stored->descriptor(), text, name);
    if (!written) {
        fail(name, FileErrorType::kCopyOutCopyContent,
             "collect: failed to copy content for " + quoted(name) + ": " +
                 reason_of(written.error().os_error));
        return false;
    }
    return add_to_store(name, *std::move(stored));
}

bool CopyOut::add_to_store(const std::string& name, NewFile file) {
    struct stat status {};
    ::fstat(file.descriptor(), &status);
    auto id = store_.add(std::move(file), name);
    if (!id) {
        fail(name, FileErrorType::kCopyOutCreateFile, id.error().message);
        return false;
    }
    metrics_.file_size_bytes.observe(static_cast<double>(status.st_size));
    result_->file_ids[name] = *std::move(id);
    return true;
}

}  // namespace assay::judge
