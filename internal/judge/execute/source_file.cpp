#include "internal/judge/execute/source_file.hpp"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "internal/judge/execute/wording.hpp"
#include "pkg/posix/files.hpp"

namespace assay::judge {
namespace {

constexpr int kOpenFlags = O_RDONLY | O_NOCTTY | O_NONBLOCK;

// `at` is the part of the path that could not be resolved.
Error resolve_error(const std::string& at, int os_error) {
    std::string text = failure("lstat", at, os_error);
    if (os_error == ENOTDIR) text = "not a directory";
    if (os_error == ELOOP) text = "EvalSymlinks: too many links";
    return Error{ErrorKind::kUsage, os_error, std::move(text), {}};
}

Result<std::string> resolve(const std::string& path) {
    // A NUL would end the path that is checked here, but perhaps not the one that is opened.
    if (path.find('\0') != std::string::npos) return resolve_error(path, EINVAL);
    std::array<char, PATH_MAX> buffer{};
    if (::realpath(path.empty() ? "." : path.c_str(), buffer.data()) != nullptr) {
        return std::string(buffer.data());
    }
    const int reason = errno;
    // glibc leaves the part that is missing or closed in the buffer.
    const bool is_told = (reason == ENOENT || reason == EACCES) && buffer.front() == '/';
    return resolve_error(is_told ? std::string(buffer.data()) : path, reason);
}

bool is_below(std::string_view path, std::string_view directory) {
    if (directory == "/") return true;
    if (!path.starts_with(directory)) return false;
    return path.size() == directory.size() || path[directory.size()] == '/';
}

std::string listed(std::span<const std::string> prefixes) {
    std::string text = "[";
    for (const std::string& prefix : prefixes) {
        text.append(text.size() == 1 ? "" : " ").append(prefix);
    }
    return text + "]";
}

// Where a source lies: all links are resolved.
struct Place {
    std::string prefix;
    std::string below;  // relative to it; empty: the prefix itself
};

Result<Place> place_of(const std::string& path, std::span<const std::string> prefixes) {
    ASSAY_TRY(const std::string real, resolve(path));
    for (const std::string& prefix : prefixes) {
        const auto resolved = resolve(prefix);
        std::string directory = resolved ? *resolved : prefix;
        if (!is_below(real, directory)) continue;
        const std::string_view rest = std::string_view(real).substr(directory.size());
        return Place{std::move(directory), std::string(rest.substr(rest.starts_with('/') ? 1 : 0))};
    }
    return Error{ErrorKind::kUsage,
                 EACCES,
                 "file (" + path + ") does not under (" + listed(prefixes) + ")",
                 {}};
}

// A rename elsewhere in the tree can make the kernel give up with EAGAIN.
posix::UniqueFd open_beneath(int directory, const std::string& path) {
    open_how how{};
    how.flags = kOpenFlags | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    constexpr int kTries = 32;
    for (int i = 0; i < kTries; ++i) {
        posix::UniqueFd file(
            static_cast<int>(::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how)));
        if (file || (errno != EAGAIN && errno != EINTR)) return file;
    }
    return {};
}

}  // namespace

Result<void> check_source(const std::string& path, std::span<const std::string> prefixes) {
    if (prefixes.empty()) return {};
    ASSAY_TRY([[maybe_unused]] const Place place, place_of(path, prefixes));
    return {};
}

Result<posix::UniqueFd> open_source(const std::string& path,
                                    std::span<const std::string> prefixes) {
    if (prefixes.empty()) return posix::open_file(path, kOpenFlags);
    ASSAY_TRY(const Place place, place_of(path, prefixes));
    if (place.below.empty()) return posix::open_file(place.prefix, kOpenFlags | O_NOFOLLOW);
    ASSAY_TRY(const posix::UniqueFd directory,
              posix::open_file(place.prefix, O_PATH | O_DIRECTORY | O_NOFOLLOW));
    posix::UniqueFd file = open_beneath(directory.get(), place.below);
    if (!file) return system_error("cannot open " + path, errno);
    return file;
}

}  // namespace assay::judge
