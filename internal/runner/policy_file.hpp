// System-call policies as people write them.
//
//   base = "default"              # or "strict": the built-in policy, changed by the rules below
//
// or, to start from nothing,
//
//   default = "errno"             # what calls without a rule get: "allow" "errno" "kill" "log"
//   default-errno = "EPERM"       # for "errno"; EPERM when not given
//
// and any number of
//
//   [[rule]]
//   names = ["openat", "open"]    # as in syscalls(2)
//   action = "errno"              # "allow" "errno" "kill" "log"
//   errno = "ENOENT"              # for "errno"; EPERM when not given
//   arguments = [{ index = 1, op = "eq", value = 0x40, mask = 0x40 }]
//
// A rule with `arguments` holds when all of them do: `index` counts from 0; `op` is one of "eq"
// (which may have a `mask`: (argument & mask) == value) "ne" "lt" "le" "gt" "ge", "eq" when not
// given; numbers are compared as 64 bits without sign. The order of rules means nothing: a call has
// one rule without arguments, or rules that tell its arguments apart and the default for the rest.
// With a base, the rules for a call take the place of all that the base says of it.
//
// What holds in every policy (foreign entries, newer calls, clone3) is told in
// pkg/sandbox/seccomp.hpp. Rejected: BPF text or a C-like language. TOML is what the settings file
// is written in, and it gives every mistake a line and a column.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "pkg/result/result.hpp"
#include "pkg/sandbox/seccomp.hpp"

namespace assay::runner {

// Errors are usage errors "FILE:LINE:COLUMN: reason" with the nearest known word as the remedy. A
// policy that loads also compiles.
Result<sandbox::SeccompPolicy> load_policy_file(const std::string& path);
Result<sandbox::SeccompPolicy> parse_policy(std::string_view text, std::string name);

// The text of a policy that allows these calls and refuses others with EPERM. Those that can undo a
// sandbox are allowed as far as the default policy goes (no new namespaces, no foreign sockets,
// no listeners); ioctl is allowed whole. What is not the name of a call is left out.
std::string write_policy_file(std::span<const std::string> syscalls);

}  // namespace assay::runner
