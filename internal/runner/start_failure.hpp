// Why a program did not run, in words that name the file and the remedy.
#pragma once

#include <string>

#include "internal/runner/job.hpp"
#include "internal/runner/outcome.hpp"
#include "pkg/result/result.hpp"

namespace assay::runner {

// For a failed exec: the errno alone does not say whether the program or its interpreter is
// missing.
Error describe_start_failure(const Job& job, int error_number);

// For the verdict `memory`: a hint when the limit was too small to start at all, else empty.
std::string describe_memory_failure(const Job& job, const Outcome& outcome);

// For the verdict `signal`: says so when the program's own image does not fit into the
// address-space limit, which the kernel answers with SIGSEGV or SIGKILL in the middle of the exec;
// else empty.
std::string describe_loader_failure(const Job& job);

}  // namespace assay::runner
