// Files out of a box, after everything in it is dead.
#pragma once

#include <cstdint>

#include "internal/runner/job.hpp"
#include "pkg/result/result.hpp"
#include "pkg/sandbox/box.hpp"

namespace assay::runner {

// Copies one regular file; holes stay holes, a file longer than max_bytes is an error (nothing is
// left then). The destination is written with the caller's rights and never through a symbolic
// link.
Result<void> copy_out_of(const sandbox::Box& box, const Copy& copy, std::uint64_t max_bytes);

}  // namespace assay::runner
