// From a job to a box: which parts of the host a program sees, and which resource limits it runs
// under.
//
// By default a program sees the host's system directories read-only, the entries of /etc that
// compilers and interpreters read, and the current directory; passwd, group and hosts are made up,
// so that nothing tells of the host's users. An allow list, because what /etc holds beside these is
// the host's own business (keys, tokens, unit files).
#pragma once

#include <optional>

#include "internal/runner/job.hpp"
#include "pkg/cgroup/cgroup.hpp"
#include "pkg/result/result.hpp"
#include "pkg/sandbox/box.hpp"

namespace assay::runner {

inline constexpr std::uint64_t kDefaultDiskBytes = std::uint64_t{1} << 30;
inline constexpr std::uint64_t kDefaultInodes = 200'000;

// The specification borrows the job's filter: the job must outlive it. Errors are usage errors.
Result<sandbox::BoxSpec> make_box_spec(const Job& job);

// What stands in where there is no control group, and the sentences for the report on how it is
// weaker.
struct Substitutes {
    std::optional<std::uint64_t> process_limit;  // RLIMIT_NPROC
    std::vector<std::string> weaker;
};
Substitutes without_groups(const Limits& limits);

// "0-2,5" -> {0, 1, 2, 5}.
Result<std::vector<int>> parse_cpu_list(const std::string& text);

}  // namespace assay::runner
