// Pipes between the commands of a request.
//
// Without a proxy a pipe is a plain one, so that each side feels the end of the other. With one, a
// relay stands between, which goes on reading when the reader is gone.
//
// The text of an error is the answer to the whole request, as clients know it.
#pragma once

#include <cstddef>
#include <vector>

#include "internal/judge/execute/command_files.hpp"
#include "internal/judge/model/model.hpp"
#include "pkg/result/result.hpp"

namespace assay::judge {

// How many descriptors each command has, pipes included. Refuses ends that are nowhere, beyond
// max_descriptors or taken.
Result<std::vector<std::size_t>> count_descriptors(const Request& request,
                                                   std::size_t max_descriptors);

// Puts the pipes into their places, and refuses commands with holes left. No copy of what passes
// keeps more than max_collected bytes, nor all of them and the other captures more than `captures`.
Result<void> place_pipes(const Request& request, std::int64_t max_collected,
                         const SharedRoom& captures, std::vector<CommandFiles>& files);

}  // namespace assay::judge
