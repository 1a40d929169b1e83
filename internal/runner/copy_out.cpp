#include "internal/runner/copy_out.hpp"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "pkg/posix/files.hpp"
#include "pkg/units/units.hpp"

namespace assay::runner {
namespace {

// Only the data extents (lseek(2), SEEK_DATA): a sparse file of a terabyte is a few blocks.
Result<void> copy_extents(int from, int to, off_t size, const std::string& name) {
    off_t data = 0;
    while ((data = ::lseek(from, data, SEEK_DATA)) >= 0 && data < size) {
        const off_t hole = ::lseek(from, data, SEEK_HOLE);
        if (::lseek(to, data, SEEK_SET) < 0) return system_error("cannot write " + name, errno);
        off_t at = data;
        while (at < hole) {
            const ssize_t count = ::sendfile(to, from, &at, static_cast<std::size_t>(hole - at));
            if (count < 0) return system_error("cannot write " + name, errno);
            if (count == 0) break;
        }
        data = hole;
    }
    if (::ftruncate(to, size) != 0) return system_error("cannot write " + name, errno);
    return {};
}

}  // namespace

Result<void> copy_out_of(const sandbox::Box& box, const Copy& copy, std::uint64_t max_bytes) {
    ASSAY_TRY(const posix::UniqueFd from, box.open_output(copy.source));
    struct stat status {};
    if (::fstat(from.get(), &status) != 0)
        return system_error("cannot examine " + copy.source, errno);
    if (static_cast<std::uint64_t>(status.st_size) > max_bytes) {
        return usage_error("cannot copy out " + copy.source + ": it is longer than " +
                               units::spell(units::Bytes{max_bytes}),
                           "raise --disk-limit");
    }
    ASSAY_TRY(const posix::UniqueFd to,
              posix::open_file(copy.destination, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0666));
    if ((status.st_mode & 0111) != 0) {
        struct stat made {};
        // The umask has already taken its part from the read bits: execution follows them.
        if (::fstat(to.get(), &made) == 0)
            ::fchmod(to.get(), made.st_mode | ((made.st_mode & 0444) >> 2));
    }
    return copy_extents(from.get(), to.get(), status.st_size, copy.destination);
}

}  // namespace assay::runner
