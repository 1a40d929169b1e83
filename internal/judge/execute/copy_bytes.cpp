#include "internal/judge/execute/copy_bytes.hpp"

#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "pkg/posix/files.hpp"

namespace assay::judge {
namespace {

constexpr std::size_t kStepBytes = 1u << 20;

using Stop = std::function<bool()>;

CopyEnd copy_through_buffer(int from, int to, std::uint64_t max_bytes, CopyEnd end,
                            const Stop& stop) {
    char block[64 * 1024];
    while (end.bytes < max_bytes) {
        if (stop && stop()) return {CopySide::kRead, ECANCELED, end.bytes};
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

CopyEnd copy_dense(int from, int to, std::uint64_t max_bytes, const Stop& stop) {
    CopyEnd end;
    while (end.bytes < max_bytes) {
        if (stop && stop()) return {CopySide::kRead, ECANCELED, end.bytes};
        const auto wanted = std::min<std::uint64_t>(kStepBytes, max_bytes - end.bytes);
        const ssize_t count = ::sendfile(to, from, nullptr, static_cast<std::size_t>(wanted));
        if (count < 0 && errno == EINTR) continue;
        // What cannot be sent (a pipe, a directory) can be read, or tells better why not.
        if (count < 0 && (errno == EINVAL || errno == EISDIR || errno == ESPIPE)) {
            return copy_through_buffer(from, to, max_bytes, end, stop);
        }
        if (count < 0) return {CopySide::kWrite, errno, end.bytes};
        if (count == 0) break;
        end.bytes += static_cast<std::uint64_t>(count);
    }
    return end;
}

CopyEnd copy_sparse(int from, int to, std::uint64_t size, const Stop& stop) {
    std::uint64_t done = 0;
    while (done < size) {
        const off_t data = ::lseek(from, static_cast<off_t>(done), SEEK_DATA);
        if (data < 0 && errno == ENXIO) break;  // nothing but a hole
        const off_t hole = data < 0 ? -1 : ::lseek(from, data, SEEK_HOLE);
        if (hole < 0) return {CopySide::kRead, errno, done};
        const std::uint64_t begin = std::min(static_cast<std::uint64_t>(data), size);
        const std::uint64_t end = std::min(static_cast<std::uint64_t>(hole), size);
        ::lseek(from, static_cast<off_t>(begin), SEEK_SET);
        ::lseek(to, static_cast<off_t>(begin), SEEK_SET);
        const CopyEnd piece = copy_dense(from, to, end - begin, stop);
        if (piece.failed != CopySide::kNone) return piece;
        done = end;
        // It gave less than it said: it shrinks, or the kernel makes it up.
        if (piece.bytes < end - begin) size = begin + piece.bytes;
    }
    if (::ftruncate(to, static_cast<off_t>(size)) != 0) return {CopySide::kWrite, errno, done};
    return {CopySide::kNone, 0, size};
}

}  // namespace

CopyEnd copy_bytes(int from, int to, std::uint64_t max_bytes, const Stop& stop) {
    constexpr std::uint64_t kUnit = 512;  // of st_blocks
    struct stat status {};
    if (::fstat(from, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
        const auto size = static_cast<std::uint64_t>(status.st_size);
        if (static_cast<std::uint64_t>(status.st_blocks) * kUnit < size) {
            return copy_sparse(from, to, std::min(size, max_bytes), stop);
        }
    }
    return copy_dense(from, to, max_bytes, stop);
}

}  // namespace assay::judge
