// Files inside a slot, made and copied by the server.
#pragma once

#include <fcntl.h>

#include <cstdint>
#include <string>

#include "pkg/posix/files.hpp"
#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"
#include "pkg/sandbox/slot.hpp"

namespace assay::judge {

// Opens a file of the slot for writing, empty; one that is not there is made, mode 0777.
Result<posix::UniqueFd> create_in_slot(const sandbox::Slot& slot, const std::string& path);

// Opens a host file for reading, without waiting for whoever writes a pipe.
Result<posix::UniqueFd> open_source(const std::string& path);

// A pipe whose ends a program, which has a uid of its own, can open again as /proc/self/fd/N.
Result<posix::Pipe> make_program_pipe();

enum class CopySide { kNone, kRead, kWrite };
struct CopyEnd {
    CopySide failed = CopySide::kNone;
    int os_error = 0;
    std::uint64_t bytes = 0;
};
// Copies at most max_bytes from the source's offset to the target's. Files are read from
// descriptors that share no offset with others.
CopyEnd copy_bytes(int from, int to, std::uint64_t max_bytes);

}  // namespace assay::judge
