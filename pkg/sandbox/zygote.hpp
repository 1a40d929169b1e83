// Process 1 of a slot.
//
// It is a forked copy of the keeper that never execs, so that there is no file of it that a program
// could reach. It has a uid that programs do not have where the caller may map any, and is process
// 1, undumpable and hidden from /proc in any case. Signals need no handling: the kernel drops what
// process 1 has no handler for.
#pragma once

#include "pkg/posix/unique_fd.hpp"
#include "pkg/sandbox/identity.hpp"
#include "pkg/sandbox/slot.hpp"
#include "pkg/sandbox/slot_mounts.hpp"

namespace assay::sandbox {

struct ZygoteContext {
    const SlotSpec& spec;
    Identity identity;       // its ids inside
    posix::UniqueFd socket;  // the zygote's end
    SlotSources sources;     // cloned by the keeper where that one has the privilege
};

// Runs in the forked process until the other end of the socket is closed.
[[noreturn]] void run_zygote(ZygoteContext context);

}  // namespace assay::sandbox
