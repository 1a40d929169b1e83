// The system-call policy of the slots. Private to the package.
#pragma once

#include <linux/filter.h>

#include <string>
#include <vector>

#include "pkg/flags/toml_document.hpp"
#include "pkg/result/result.hpp"
#include "pkg/sandbox/seccomp.hpp"

namespace assay::judge {

// The policy of a YAML document in the format of go-seccomp-bpf. The first group that names a call
// decides; later ones are left out. `trap` and `kill_thread` end the process, as both do to a
// program that does not expect them; `trace` answers ENOSYS, as without a tracer.
Result<sandbox::SeccompPolicy> read_yaml_policy(const flags::TomlDocument& document,
                                                std::vector<std::string>& notes);

// The compiled policy of a file of either format.
Result<std::vector<sock_filter>> load_policy(const std::string& path,
                                             std::vector<std::string>& notes);

}  // namespace assay::judge
