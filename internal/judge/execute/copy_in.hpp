// Files and links put into a slot before its program starts.
//
// One after the other: a file of a few KiB costs some 20 us, less than handing it to a thread.
// Symbolic links come after all files, so that a link cannot redirect one.
//
// Sources on the host are regular files, and reading them waits for nobody: a pipe or a device
// could hold the server for ever.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "internal/judge/execute/command_files.hpp"
#include "internal/judge/execute/run_control.hpp"
#include "internal/judge/execute/worker_pool.hpp"
#include "internal/judge/model/model.hpp"
#include "pkg/sandbox/slot.hpp"

namespace assay::judge {

struct CopyInFailure {
    std::string error;
    std::vector<FileError> errors;
};

// Empty: everything is there. With compat_copy_in, a target that cannot be opened is left out
// without a word. When the request is cancelled meanwhile, a file error tells so.
std::optional<CopyInFailure> copy_in(const Command& command, CachedInputs& cached,
                                     const sandbox::Slot& slot, const PoolOptions& options,
                                     const RunControl& control);

}  // namespace assay::judge
