// The report on a folder of cases: a table for people, JSON for programs. Pure functions.
#pragma once

#include <string>

#include "internal/report/json.hpp"
#include "internal/runner/cases.hpp"

namespace assay::runner {

// One row per case, then a line that counts; a failed compile step is told instead. Every line
// ended.
std::string cases_table(const CasesReport& report, bool colour);

// The object of --json, "assay-cases/1".
report::Json cases_json(const CasesReport& report);

// What a person needs to know of a case beyond its verdict, one line, printable; empty for a passed
// one.
std::string case_note(const CaseResult& result, const Limits& limits);

}  // namespace assay::runner
