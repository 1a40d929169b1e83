#include "internal/runner/repeat.hpp"

#include <catch2/catch.hpp>
#include <csignal>
#include <string>

using assay::runner::Outcome;
using assay::runner::RepeatReport;
using assay::runner::Spread;
using assay::runner::spread_of;
using assay::runner::Verdict;
using std::chrono_literals::operator""ms;

namespace {

Outcome run_of(std::chrono::milliseconds cpu) {
    Outcome outcome;
    outcome.verdict = Verdict::kOk;
    outcome.exit_code = 0;
    outcome.cpu = cpu;
    outcome.wall = 2 * cpu;
    outcome.memory_peak_bytes = 1u << 20;
    outcome.max_rss_bytes = 1u << 19;
    return outcome;
}

RepeatReport report_of(std::vector<Outcome> runs) {
    RepeatReport report;
    report.asked = {runs.size(), 1};
    report.command = {"./prog"};
    report.runs = std::move(runs);
    return report;
}

void check_spread(std::vector<double> values, double minimum, double median, double maximum,
                  double deviation) {
    const Spread spread = spread_of(std::move(values));
    CHECK(spread.minimum == minimum);
    CHECK(spread.median == median);
    CHECK(spread.maximum == maximum);
    CHECK(spread.deviation == deviation);
}

}  // namespace

TEST_CASE("repeat: minimum, median, maximum and deviation", "[runner]") {
    check_spread({}, 0, 0, 0, 0);
    check_spread({5}, 5, 5, 5, 0);
    check_spread({4, 1, 3, 2}, 1, 2.5, 4, 1);
    check_spread({1, 2, 3, 4, 100}, 1, 3, 100, 1);
}

TEST_CASE("repeat: the table shows each figure with its spread", "[runner]") {
    CHECK(
        assay::runner::repeat_table(report_of({run_of(10ms), run_of(12ms), run_of(20ms)}), false) ==
        "3 runs        min    median       max    spread\n"
        "cpu       10.0 ms   12.0 ms   20.0 ms  ±2.00 ms\n"
        "wall      20.0 ms   24.0 ms   40.0 ms  ±4.00 ms\n"
        "memory   1.00 MiB  1.00 MiB  1.00 MiB      ±0 B\n"
        "max rss   512 KiB   512 KiB   512 KiB      ±0 B\n");
}

TEST_CASE("repeat: the run that failed is told, with its exit code", "[runner]") {
    RepeatReport report = report_of({});
    report.failed = run_of(1ms);
    report.failed->verdict = Verdict::kNonzero;
    report.failed->exit_code = 3;
    CHECK(assay::runner::repeat_table(report, false) == "run 1 failed: exited with code 3\n");
    CHECK(exit_code_of(report) == 3);
    report.interrupted = SIGTERM;
    CHECK(exit_code_of(report) == 143);
    CHECK(exit_code_of(report_of({run_of(1ms)})) == 0);
}

TEST_CASE("repeat: JSON has the figures with their values", "[runner]") {
    const std::string json =
        assay::runner::repeat_json(report_of({run_of(10ms), run_of(20ms)})).compact();
    CHECK(json.starts_with(
        R"({"schema":"assay-repeat/1","verdict":"ok","command":["./prog"],"limits":{)"));
    CHECK(json.find(R"("runs_asked":2,"warmup_asked":1,"runs":2,"stdin_replaced":false,)"
                    R"("interrupted":null,"cpu_s":{"min":0.01,"median":0.015,"max":0.02,)"
                    R"("mad":0.005,"values":[0.01,0.02]},)") != json.npos);
    CHECK(json.ends_with(R"("failed":null})"));
    CHECK(assay::runner::repeat_json(report_of({})).compact().find(R"("cpu_s":null)") != json.npos);
}
