// Where a program of a slot is looked for, as exec.LookPath of Go does it for go-judge's clients.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::sandbox {

// A name with a slash is the only candidate, as it is. Else the file of that name in `directory`
// comes first, then those in the directories of `search_path`, where an empty one means
// `directory`. All candidates are absolute then.
std::vector<std::string> look_up_candidates(std::string_view name, std::string_view directory,
                                            std::optional<std::string_view> search_path);

}  // namespace assay::sandbox
