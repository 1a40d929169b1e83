// The report on an interactive pair. Pure functions.
#pragma once

#include <string>

#include "internal/report/json.hpp"
#include "internal/runner/pair.hpp"

namespace assay::runner {

// The object of --json, "assay-pair/1".
report::Json pair_json(const PairReport& report);

// The verdict's line, both summaries, who ended first and who broke the pipe. Every line ended.
std::string pair_summary(const PairReport& report, bool colour);

}  // namespace assay::runner
