// Files that the server makes in a slot: targets of copyIn, and collectors.
#pragma once

#include <string>

#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"
#include "pkg/sandbox/slot.hpp"

namespace assay::judge {

// Opens a file of the slot for writing and empties it; one that is not there is made, mode 0777.
// What the kernel shows as files (proc, sysfs, control groups and their like) is refused with
// EPERM: to write there is to give the kernel an order, with the server's rights.
Result<posix::UniqueFd> create_target(const sandbox::Slot& slot, const std::string& path);

bool is_regular(const posix::UniqueFd& file);

// Whether it is one of those files that the kernel makes up when they are read.
bool is_kernel_file(const posix::UniqueFd& file);

}  // namespace assay::judge
