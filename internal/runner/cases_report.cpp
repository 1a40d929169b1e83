#include "internal/runner/cases_report.hpp"

#include <algorithm>
#include <cstddef>

#include "internal/report/table.hpp"
#include "internal/report/text.hpp"
#include "internal/runner/outcome_report.hpp"
#include "pkg/units/units.hpp"

namespace assay::runner {
namespace {

using report::Json;
using report::Tone;
using units::human;

constexpr std::size_t kNoteColumns = 100;

Tone tone_of(const CaseResult& result) {
    if (!result.ran) return Tone::kDim;
    return passed(result) ? Tone::kGood : Tone::kBad;
}

std::string closing_line(const CasesReport& report, bool colour) {
    const std::string total = std::to_string(report.cases.size());
    std::string line = std::to_string(report.passed) + " of " + total + " cases passed";
    if (report.failed > 0) line += ", " + std::to_string(report.failed) + " failed";
    if (report.skipped > 0) line += ", " + std::to_string(report.skipped) + " skipped";
    const bool all = report.passed == report.cases.size();
    return report::paint(line, all ? Tone::kGood : Tone::kBad, colour) + ", " +
           human(report.elapsed) + "\n";
}

Json comparison_json(const Comparison& comparison) {
    Json object = Json::object().set("equal", comparison.equal);
    const bool placed = comparison.line > 0;
    object.set("line", placed ? Json(comparison.line) : Json());
    object.set("column", placed ? Json(comparison.column) : Json());
    object.set("expected", placed ? Json(comparison.expected) : Json());
    object.set("got", placed ? Json(comparison.got) : Json());
    object.set("message", comparison.message.empty() ? Json() : Json(comparison.message));
    return object;
}

Json outcome_json(const Outcome& outcome) {
    Json object = Json::object();
    add_outcome(object, outcome);
    return object;
}

Json case_json(const CaseResult& result) {
    Json object = Json::object();
    object.set("name", result.test.name);
    object.set("verdict", word(result));
    object.set("input", result.test.input_path);
    object.set("answer", result.test.answer_path.empty() ? Json() : Json(result.test.answer_path));
    object.set("comparison", result.comparison ? comparison_json(*result.comparison) : Json());
    object.set("outcome", result.ran ? outcome_json(result.outcome) : Json());
    object.set("stderr", result.errors);
    return object;
}

// The figures of all cases come from the same sources: one description holds for all.
Json accuracy_json(const CasesReport& report) {
    const auto first = std::ranges::find_if(report.cases, &CaseResult::ran);
    return first == report.cases.end() ? Json() : accuracy_of(first->outcome);
}

Json compile_json(const CasesReport& report) {
    if (!report.compile) return {};
    Json object = Json::object().set("command", Json::array_of(report.compile_command));
    add_outcome(object, *report.compile);
    return object;
}

}  // namespace

std::string case_note(const CaseResult& result, const Limits& limits) {
    if (!result.ran || passed(result)) return {};
    if (result.comparison && !result.comparison->equal) return result.comparison->message;
    return verdict_sentence(result.outcome, limits);
}

std::string cases_table(const CasesReport& report, bool colour) {
    if (report.compile && report.compile->verdict != Verdict::kOk) {
        const std::string why = verdict_sentence(*report.compile, Limits());
        return report::paint("the compile step failed: " + why, Tone::kBad, colour) + "\n";
    }
    using report::Align;
    report::Table table(
        {{"case"}, {"verdict"}, {"time", Align::kRight}, {"memory", Align::kRight}, {""}});
    for (const CaseResult& result : report.cases) {
        const Outcome& outcome = result.outcome;
        table.add({result.test.name,
                   {word(result), tone_of(result)},
                   result.ran ? human(outcome.cpu) : "",
                   result.ran ? human(units::Bytes{outcome.memory_peak_bytes}) : "",
                   report::shortened(case_note(result, report.limits), kNoteColumns)});
    }
    return table.render(colour) + closing_line(report, colour);
}

Json cases_json(const CasesReport& report) {
    Json object = Json::object().set("schema", "assay-cases/1");
    object.set("directory", report.directory);
    object.set("command", Json::array_of(report.command));
    object.set("compare", report.compare);
    object.set("jobs", report.jobs);
    object.set("limits", limits_report(report.limits));
    object.set("total", report.cases.size());
    object.set("passed", report.passed);
    object.set("failed", report.failed);
    object.set("skipped", report.skipped);
    object.set("wall_s", report::seconds(report.elapsed));
    object.set("interrupted", report.interrupted != 0 ? Json(report.interrupted) : Json());
    object.set("compile", compile_json(report));
    object.set("accuracy", accuracy_json(report));
    Json cases = Json::array();
    for (const CaseResult& result : report.cases) cases.push(case_json(result));
    object.set("cases", std::move(cases));
    return object;
}

}  // namespace assay::runner
