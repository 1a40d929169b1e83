// Files, pipes and whole-file reads with errors that name the path. Thread-safe; no global state.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"

namespace assay::posix {

// open(2) with O_CLOEXEC added, retried on EINTR. The error reads "cannot open PATH: reason".
Result<UniqueFd> open_file(const std::string& path, int flags, mode_t mode = 0);
Result<UniqueFd> open_at(int directory, const std::string& path, int flags, mode_t mode = 0);

struct Pipe {
    UniqueFd read_end;
    UniqueFd write_end;
};
// pipe2(2) with O_CLOEXEC | flags.
Result<Pipe> make_pipe(int flags = 0);

// The whole of a file (proc, sysfs and cgroup files included, whose size says 0), at most
// max_bytes: a longer one is an error.
Result<std::string> read_file(const std::string& path, std::size_t max_bytes = 16u << 20);
Result<std::string> read_all(int fd, std::string_view name, std::size_t max_bytes = 16u << 20);

// Writes all of text, retrying short writes and EINTR. `name` is for the message.
Result<void> write_all(int fd, std::string_view text, std::string_view name);

// Creates or truncates path and writes text.
Result<void> write_file(const std::string& path, std::string_view text, mode_t mode = 0644);

// Writes text to an existing file in one write(2), as kernel files want it.
Result<void> write_kernel_file(const std::string& path, std::string_view text);

}  // namespace assay::posix
