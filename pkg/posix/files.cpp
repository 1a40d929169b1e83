#include "pkg/posix/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace assay::posix {

Result<UniqueFd> open_at(int directory, const std::string& path, int flags, mode_t mode) {
    int fd = -1;
    do {
        fd = ::openat(directory, path.c_str(), flags | O_CLOEXEC, mode);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) return system_error("cannot open " + path, errno);
    return UniqueFd(fd);
}

Result<UniqueFd> open_file(const std::string& path, int flags, mode_t mode) {
    return open_at(AT_FDCWD, path, flags, mode);
}

Result<Pipe> make_pipe(int flags) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | flags) != 0) return system_error("cannot create a pipe", errno);
    return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Result<std::string> read_all(int fd, std::string_view name, std::size_t max_bytes) {
    std::string text;
    char buffer[4096];
    for (;;) {
        const ssize_t count = ::read(fd, buffer, sizeof buffer);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return system_error("cannot read " + std::string(name), errno);
        if (count == 0) return text;
        text.append(buffer, static_cast<std::size_t>(count));
        if (text.size() > max_bytes) {
            return usage_error("cannot read " + std::string(name) + ": longer than " +
                               std::to_string(max_bytes) + " bytes");
        }
    }
}

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
    ASSAY_TRY(const UniqueFd fd, open_file(path, O_RDONLY));
    return read_all(fd.get(), path, max_bytes);
}

Result<void> write_all(int fd, std::string_view text, std::string_view name) {
    while (!text.empty()) {
        const ssize_t count = ::write(fd, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return system_error("cannot write " + std::string(name), errno);
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

Result<void> write_file(const std::string& path, std::string_view text, mode_t mode) {
    ASSAY_TRY(const UniqueFd fd, open_file(path, O_WRONLY | O_CREAT | O_TRUNC, mode));
    return write_all(fd.get(), text, path);
}

Result<void> write_kernel_file(const std::string& path, std::string_view text) {
    ASSAY_TRY(const UniqueFd fd, open_file(path, O_WRONLY));
    if (::write(fd.get(), text.data(), text.size()) < 0) {
        return system_error("cannot write " + path, errno);
    }
    return {};
}

}  // namespace assay::posix
