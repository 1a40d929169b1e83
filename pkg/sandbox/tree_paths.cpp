#include "pkg/sandbox/tree_paths.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace assay::sandbox {

using posix::UniqueFd;

UniqueFd open_in(int root, const std::string& path, std::uint64_t flags, std::uint64_t resolve) {
    open_how how{};
    how.flags = flags | O_CLOEXEC;
    how.resolve = resolve;
    const std::size_t first = path.find_first_not_of('/');
    const char* relative = first == std::string::npos ? "." : path.c_str() + first;
    return UniqueFd(static_cast<int>(::syscall(SYS_openat2, root, relative, &how, sizeof how)));
}

Result<UniqueFd> make_directory(int root, const std::string& path, mode_t mode) {
    constexpr std::uint64_t kFlags = O_PATH | O_DIRECTORY;
    UniqueFd found = open_in(root, path, kFlags, RESOLVE_IN_ROOT);
    if (found) return found;
    if (errno != ENOENT || path == "/") {
        return system_error("cannot make " + path + " in the sandbox", errno);
    }
    ASSAY_TRY(const UniqueFd parent, make_directory(root, parent_of(path)));
    if (::mkdirat(parent.get(), last_of(path).c_str(), mode) != 0 && errno != EEXIST) {
        return system_error("cannot make " + path + " in the sandbox", errno);
    }
    found = open_in(root, path, kFlags, RESOLVE_IN_ROOT);
    if (!found) return system_error("cannot open " + path + " in the sandbox", errno);
    return found;
}

std::string parent_of(const std::string& path) {
    const std::size_t slash = path.find_last_of('/');
    return slash == std::string::npos || slash == 0 ? "/" : path.substr(0, slash);
}

std::string last_of(const std::string& path) {
    return path.substr(path.find_last_of('/') + 1);
}

}  // namespace assay::sandbox
