#include "internal/judge/model/source_prefix.hpp"

#include <limits.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <system_error>

namespace assay::judge {
namespace {

// `at` is the part of the path that could not be resolved.
Error resolve_error(const std::string& at, int os_error) {
    if (os_error == ENOTDIR) return usage_error("not a directory");
    if (os_error == ELOOP) return usage_error("EvalSymlinks: too many links");
    std::string reason = std::system_category().message(os_error);
    reason.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(reason.front())));
    return usage_error("lstat " + at + ": " + reason);
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

}  // namespace

Result<std::string> resolve_source(const std::string& path, std::span<const std::string> prefixes) {
    ASSAY_TRY(std::string real, resolve(path));
    for (const std::string& prefix : prefixes) {
        const auto directory = resolve(prefix);
        if (is_below(real, directory ? *directory : prefix)) return real;
    }
    return usage_error("file (" + path + ") does not under (" + listed(prefixes) + ")");
}

}  // namespace assay::judge
