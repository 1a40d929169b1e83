#include "internal/runner/streams.hpp"

#include <fcntl.h>

#include "pkg/posix/files.hpp"

namespace assay::runner {
namespace {

Result<posix::UniqueFd> open_named(const std::string& path, int flags) {
    if (path.empty()) return posix::UniqueFd();
    Result<posix::UniqueFd> file = posix::open_file(path, flags, 0666);
    if (file.has_value()) return file;
    Error error = std::move(file).error();
    error.kind = ErrorKind::kUsage;
    return error;
}

}  // namespace

Result<OpenedStreams> OpenedStreams::open(const std::string& stdin_file,
                                          const std::string& stdout_file,
                                          const std::string& stderr_file) {
    constexpr int kWrite = O_WRONLY | O_CREAT | O_TRUNC;
    OpenedStreams streams;
    ASSAY_TRY(streams.stdin_, open_named(stdin_file, O_RDONLY));
    ASSAY_TRY(streams.stdout_, open_named(stdout_file, kWrite));
    if (!stderr_file.empty() && stderr_file == stdout_file) {
        // One file, one position: the two streams must not overwrite each other.
        streams.stderr_.reset(::fcntl(streams.stdout_.get(), F_DUPFD_CLOEXEC, 0));
    } else {
        ASSAY_TRY(streams.stderr_, open_named(stderr_file, kWrite));
    }
    return streams;
}

void OpenedStreams::apply(Streams& streams) const {
    if (stdin_) streams.stdin_fd = stdin_.get();
    if (stdout_) streams.stdout_fd = stdout_.get();
    if (stderr_) streams.stderr_fd = stderr_.get();
}

}  // namespace assay::runner
