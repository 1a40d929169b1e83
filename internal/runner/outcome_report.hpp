// An outcome for machines and for people: the JSON of --json, isolate's form of --meta, the
// summary.
//
// Pure functions from an outcome and its job to text. Figures are what was measured, unrounded in
// JSON; every figure says where it came from and how far it can be off, so that a user can tell why
// two tools disagree. What is not known is null or absent, never 0.
#pragma once

#include <string>

#include "internal/report/json.hpp"
#include "internal/runner/job.hpp"
#include "internal/runner/outcome.hpp"

namespace assay::runner {

// The object of --json, "assay-run/1". Durations are in seconds (keys end in _s), sizes in bytes.
report::Json run_report(const Outcome& outcome, const Job& job);

// Parts of it, for the reports on several runs: the members from "verdict" to "weaker_limits" are
// added to `object`.
void add_outcome(report::Json& object, const Outcome& outcome);
report::Json accuracy_of(const Outcome& outcome);
report::Json limits_report(const Limits& limits);

// isolate's meta file: lines of key:value, sizes in KiB, times in seconds with three digits. The
// cg- keys are there only when the figure comes from a cgroup.
std::string isolate_meta(const Outcome& outcome);

// One line: "time limit exceeded: 1.02 s of CPU, limit 1.00 s (--cpu-limit), over by 20.1 ms".
std::string verdict_sentence(const Outcome& outcome, const Limits& limits);

// The verdict's line, the figures beside their limits, and a line for each limit that is weaker
// here. Every line ended.
std::string summary(const Outcome& outcome, const Limits& limits, bool colour);

// "SIGSEGV", "SIGRTMIN+3", or the number where there is no name.
std::string signal_name(int signal);

}  // namespace assay::runner
