// JUnit's XML, as CI systems read it.
//
// One suite, named after the directory, with one testcase per case: wrong answers and limits are
// failures, what could not be run is an error, what was not run is skipped. A failed compile step
// is a testcase of its own, "compile". Source: the schema of Jenkins' xUnit plugin, which the other
// readers follow.
#pragma once

#include <string>

#include "internal/runner/cases.hpp"

namespace assay::runner {

std::string junit_xml(const CasesReport& report);

}  // namespace assay::runner
