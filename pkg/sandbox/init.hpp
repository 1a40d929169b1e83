// Process 1 of a box.
#pragma once

#include <string_view>

#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"
#include "pkg/sandbox/box.hpp"
#include "pkg/sandbox/identity.hpp"

namespace assay::sandbox {

struct InitContext {
    const BoxSpec& spec;
    Identity identity;
    posix::UniqueFd socket;        // the init's end
    posix::UniqueFd trace_socket;  // where the launcher sends the listener, when calls are traced
};

// Runs in the forked process until nothing of the program is left; when the spec keeps its files,
// until the caller closes its end of the socket.
[[noreturn]] void run_init(InitContext context);

// Of a clone(2) or unshare(2) that was to make the namespaces of `whose`.
Error namespace_error(int number, std::string_view whose = "the sandbox");

}  // namespace assay::sandbox
