#include "internal/judge/execute/slot_files.hpp"

#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace assay::judge {
namespace {

constexpr std::size_t kStepBytes = 1u << 20;

void make_blocking(int fd) {
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);
}

CopyEnd copy_through_buffer(int from, int to, std::uint64_t max_bytes, CopyEnd end) {
    char block[64 * 1024];
    while (end.bytes < max_bytes) {
        const auto wanted = std::min<std::uint64_t>(sizeof block, max_bytes - end.bytes);
        const ssize_t count = ::read(from, block, static_cast<std::size_t>(wanted));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return {CopySide::kRead, errno, end.bytes};
        if (count == 0) break;
        const auto size = static_cast<std::size_t>(count);
        const auto written = posix::write_all(to, {block, size}, "");
        if (!written) return {CopySide::kWrite, written.error().os_error, end.bytes};
        end.bytes += size;
    }
    return end;
}

}  // namespace

Result<posix::Pipe> make_program_pipe() {
    ASSAY_TRY(posix::Pipe pipe, posix::make_pipe());
    if (::fchmod(pipe.read_end.get(), 0666) != 0) {
        return system_error("cannot open a pipe to the program", errno);
    }
    return pipe;
}

Result<posix::UniqueFd> create_in_slot(const sandbox::Slot& slot, const std::string& path) {
    return slot.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0777);
}

Result<posix::UniqueFd> open_source(const std::string& path) {
    ASSAY_TRY(posix::UniqueFd file, posix::open_file(path, O_RDONLY | O_NOCTTY | O_NONBLOCK));
    make_blocking(file.get());
    return file;
}

CopyEnd copy_bytes(int from, int to, std::uint64_t max_bytes) {
    CopyEnd end;
    while (end.bytes < max_bytes) {
        const auto wanted = std::min<std::uint64_t>(kStepBytes, max_bytes - end.bytes);
        const ssize_t count = ::sendfile(to, from, nullptr, static_cast<std::size_t>(wanted));
        if (count < 0 && errno == EINTR) continue;
        // What cannot be sent (a pipe, a directory) can be read, or tells better why not.
        if (count < 0 && (errno == EINVAL || errno == EISDIR || errno == ESPIPE)) {
            return copy_through_buffer(from, to, max_bytes, end);
        }
        if (count < 0) return {CopySide::kWrite, errno, end.bytes};
        if (count == 0) break;
        end.bytes += static_cast<std::uint64_t>(count);
    }
    return end;
}

}  // namespace assay::judge
