// Reading and writing the small files of a cgroup directory through descriptors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "pkg/posix/unique_fd.hpp"

namespace assay::cgroup {

// The start of a file (at most 4 KiB), read from its beginning; empty when it cannot be read.
std::optional<std::string> read_small(int fd);
std::optional<std::string> read_small(int directory, const char* name);

// 0, or the errno.
int write_value(int directory, const char* name, std::string_view value);

// The first number of a text, "4096\n" -> 4096. Empty for "max" and the like.
std::optional<std::uint64_t> leading_number(std::string_view text);
// That of a file; empty when it cannot be read.
std::optional<std::uint64_t> read_number(int directory, const char* name);
// The number behind a key in lines of "key number".
std::optional<std::uint64_t> number_of(std::string_view text, std::string_view key);
// The sum over devices of a key in lines of "8:0 rbytes=1 wbytes=2"; empty without any.
std::optional<std::uint64_t> sum_of(std::string_view text, std::string_view key);

// The processes of a group, as cgroup.procs lists them, those of other pid namespaces left out.
std::vector<pid_t> read_processes(int directory);

}  // namespace assay::cgroup
