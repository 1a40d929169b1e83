// The process that makes slots.
//
// It is forked off the server before that one has threads or much memory, holds the spec, and
// clones a zygote for every byte that comes over its socket. It is single-threaded, ignores the
// signals that a terminal or a service manager sends to a whole group, since the server decides
// when work ends, and ends with all its zygotes when the server closes the socket or dies.
#pragma once

#include "pkg/posix/unique_fd.hpp"
#include "pkg/sandbox/slot.hpp"

namespace assay::sandbox {

// Whether slots can be made with these ids, and what they are: an error of kind kUnsupported when
// the caller may map one id only and the spec has two.
Result<Identity> slot_identity(const SlotSpec& spec);

// Runs in the forked process until the other end of the socket is closed.
[[noreturn]] void run_keeper(const SlotSpec& spec, const Identity& identity,
                             posix::UniqueFd socket);

}  // namespace assay::sandbox
