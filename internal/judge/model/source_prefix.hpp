// Which files of the host a request may name. Private to the package.
#pragma once

#include <span>
#include <string>

#include "pkg/result/result.hpp"

namespace assay::judge {

// The path with all links resolved, when it then lies at or below one of the prefixes (resolved
// too). Relative paths start at the working directory. The message of an error is what clients get:
// "file (P) does not under ([A B])", "lstat P: no such file or directory".
Result<std::string> resolve_source(const std::string& path, std::span<const std::string> prefixes);

}  // namespace assay::judge
