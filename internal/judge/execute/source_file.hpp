// Files of the host that a request names by `src`.
//
// With a list of prefixes a file must lie below one of them when all links are resolved. That is
// looked at twice: when the request begins, since a file elsewhere refuses the whole of it, and
// when the file is opened. Then the kernel starts from the prefix and refuses to leave it (openat2,
// RESOLVE_BENEATH), so that a link which was put there after the look leads nowhere.
//
// Rejected: looking once and opening the resolved path later, in which every directory may have
// become a link; keeping what the first look opened, for a request may name more files than the
// server may have open.
//
// Looks at the file system, which may be slow: not for the thread of a loop. Thread-safe.
// Source: openat2(2), Linux 5.6; the texts are those of go-judge v1.12.2.
#pragma once

#include <span>
#include <string>

#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"

namespace assay::judge {

// The error is of kind kUsage and its text what clients get: "lstat P: no such file or directory",
// "file (P) does not under ([A B])". Without prefixes every path is good.
Result<void> check_source(const std::string& path, std::span<const std::string> prefixes);

// Opens it for reading, without waiting for anybody: O_NONBLOCK is set. The error has an os_error.
Result<posix::UniqueFd> open_source(const std::string& path, std::span<const std::string> prefixes);

}  // namespace assay::judge
