#include "internal/runner/junit.hpp"

#include <cstddef>
#include <cstdio>
#include <string_view>

#include "internal/report/json.hpp"
#include "internal/report/text.hpp"
#include "internal/runner/cases_report.hpp"
#include "internal/runner/outcome_report.hpp"

namespace assay::runner {
namespace {

using report::xml_escaped;

std::string seconds_text(std::chrono::nanoseconds duration) {
    char text[48];
    std::snprintf(text, sizeof text, "%.6f", report::seconds(duration));
    return text;
}

std::string attribute(std::string_view name, std::string_view value) {
    return " " + std::string(name) + "=\"" + xml_escaped(value) + "\"";
}

std::string open_testcase(const CasesReport& report, std::string_view name,
                          std::chrono::nanoseconds time) {
    return "    <testcase" + attribute("classname", report.directory) + attribute("name", name) +
           attribute("time", seconds_text(time)) + ">\n";
}

std::string complaint(std::string_view element, std::string_view type, std::string_view message) {
    return "      <" + std::string(element) + attribute("type", type) +
           attribute("message", message) + "/>\n";
}

std::string testcase(const CasesReport& report, const CaseResult& result) {
    std::string text = open_testcase(
        report, result.test.name, result.ran ? result.outcome.wall : std::chrono::nanoseconds(0));
    if (!result.ran) {
        text += "      <skipped/>\n";
    } else if (!passed(result)) {
        const bool broken = result.outcome.verdict == Verdict::kInternal;
        text +=
            complaint(broken ? "error" : "failure", word(result), case_note(result, report.limits));
    }
    if (!result.errors.empty()) {
        text += "      <system-err>" + xml_escaped(result.errors) + "</system-err>\n";
    }
    return text + "    </testcase>\n";
}

struct Counts {
    std::size_t tests = 0;
    std::size_t failures = 0;
    std::size_t errors = 0;
};

bool compile_failed(const CasesReport& report) {
    return report.compile && report.compile->verdict != Verdict::kOk;
}

Counts count(const CasesReport& report) {
    Counts counts;
    counts.tests = report.cases.size();
    for (const CaseResult& result : report.cases) {
        if (!result.ran || passed(result)) continue;
        ++(result.outcome.verdict == Verdict::kInternal ? counts.errors : counts.failures);
    }
    if (compile_failed(report)) {
        ++counts.tests;
        ++counts.errors;
    }
    return counts;
}

std::string totals(const CasesReport& report) {
    const Counts counts = count(report);
    return attribute("name", report.directory) + attribute("tests", std::to_string(counts.tests)) +
           attribute("failures", std::to_string(counts.failures)) +
           attribute("errors", std::to_string(counts.errors)) +
           attribute("skipped", std::to_string(report.skipped)) +
           attribute("time", seconds_text(report.elapsed));
}

}  // namespace

std::string junit_xml(const CasesReport& report) {
    std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" + totals(report) +
                       ">\n  <testsuite" + totals(report) + ">\n";
    if (compile_failed(report)) {
        text += open_testcase(report, "compile", report.compile->wall) +
                complaint("error", word(report.compile->verdict),
                          verdict_sentence(*report.compile, Limits())) +
                "    </testcase>\n";
    }
    for (const CaseResult& result : report.cases) text += testcase(report, result);
    return text + "  </testsuite>\n</testsuites>\n";
}

}  // namespace assay::runner
