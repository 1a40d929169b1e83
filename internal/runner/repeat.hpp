// The same program many times: how long, how much, and how far the runs lie apart.
//
// Median and median absolute deviation, not mean and standard deviation: on a shared machine a few
// runs are always late, and one of them must not move the figure. Warm-up runs are run and thrown
// away. A run that does not end well ends the series, because its figures say nothing about the
// program; its verdict is the verdict of the whole.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "internal/report/json.hpp"
#include "internal/runner/job.hpp"
#include "internal/runner/outcome.hpp"
#include "internal/runner/progress.hpp"
#include "internal/runner/supervisor.hpp"
#include "pkg/result/result.hpp"

namespace assay::runner {

struct Spread {
    double minimum = 0;
    double median = 0;  // of an even count: the mean of the two in the middle
    double maximum = 0;
    double deviation = 0;  // median of the distances from the median
};
// All zero for no values.
Spread spread_of(std::vector<double> values);

struct RepeatOptions {
    std::size_t runs = 1;
    std::size_t warmup = 0;
};

struct RepeatReport {
    RepeatOptions asked;
    std::vector<std::string> command;
    Limits limits;
    std::vector<Outcome> runs;      // those that counted and ended well
    std::optional<Outcome> failed;  // the one that ended the series, warm-up or not
    bool stdin_replaced = false;    // by /dev/null
    int interrupted = 0;            // the signal
};

// 0, or that of the run that failed; 128+N when interrupted.
int exit_code_of(const RepeatReport& report);

std::string repeat_table(const RepeatReport& report, bool colour);
// The object of --json, "assay-repeat/1".
report::Json repeat_json(const RepeatReport& report);

// One after the other. Each run reads the same stdin: a regular file from where it stood at the
// start, a device as it is; a pipe or socket, which only the first run could read, is replaced by
// /dev/null. Errors: the job is misspelt.
Result<RepeatReport> run_repeat(Supervisor& supervisor, const RepeatOptions& options,
                                const Job& job, Progress& progress);

}  // namespace assay::runner
