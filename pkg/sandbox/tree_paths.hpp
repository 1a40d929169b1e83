// Paths inside a tree that is being built, given by the descriptor of its root.
//
// Absolute and relative paths mean the same, symbolic links resolve inside the root (openat2(2),
// RESOLVE_IN_ROOT), so neither "..", nor a link that an image brings along, leads out of it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"

namespace assay::sandbox {

// openat2(2) below root; errno tells why when the result is empty.
posix::UniqueFd open_in(int root, const std::string& path, std::uint64_t flags,
                        std::uint64_t resolve);

// The directory (opened with O_PATH), made with its parents where missing.
Result<posix::UniqueFd> make_directory(int root, const std::string& path, mode_t mode = 0755);

std::string parent_of(const std::string& path);  // "/a/b" -> "/a", "/a" -> "/"
std::string last_of(const std::string& path);    // "/a/b" -> "b"

}  // namespace assay::sandbox
