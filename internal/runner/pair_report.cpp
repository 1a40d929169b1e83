#include "internal/runner/pair_report.hpp"

#include "internal/report/table.hpp"
#include "internal/runner/outcome_report.hpp"

namespace assay::runner {
namespace {

using report::Json;
using report::Tone;

Json side_json(const Outcome& outcome, const std::vector<std::string>& command,
               const Limits& limits) {
    Json object = Json::object();
    add_outcome(object, outcome);
    object.set("command", Json::array_of(command));
    object.set("limits", limits_report(limits));
    return object;
}

Json closings_json(const PairReport& report) {
    Json closings = Json::array();
    for (const Closing& closing : report.closings) {
        closings.push(Json::object()
                          .set("side", word(closing.side))
                          .set("end", closing.end == End::kInput ? "input" : "output"));
    }
    return closings;
}

std::string headline(const PairReport& report) {
    switch (judge_pair(report)) {
        case PairVerdict::kOk:
            return "ok";
        case PairVerdict::kWrong:
            return "wrong";
        case PairVerdict::kProgram:
            return "the program failed";
        case PairVerdict::kInteractorFailed:
            break;
    }
    return "the interactor failed";
}

}  // namespace

Json pair_json(const PairReport& report) {
    const std::optional<Side> broke = broke_pipe(report);
    Json object = Json::object().set("schema", "assay-pair/1");
    object.set("verdict", word(report));
    object.set("first_to_end", word(first_to_end(report)));
    object.set("broke_pipe", broke ? Json(word(*broke)) : Json());
    object.set("both_stalled", both_stalled(report));
    object.set("closings", closings_json(report));
    object.set("transcript", report.transcript.empty() ? Json() : Json(report.transcript));
    object.set("transcript_error",
               report.transcript_error.empty() ? Json() : Json(report.transcript_error));
    object.set("interrupted", report.interrupted != 0 ? Json(report.interrupted) : Json());
    object.set("accuracy", accuracy_of(report.program));
    object.set("program", side_json(report.program, report.command, report.limits));
    object.set("interactor",
               side_json(report.interactor, report.interactor_command, report.interactor_limits));
    return object;
}

std::string pair_summary(const PairReport& report, bool colour) {
    const bool right = judge_pair(report) == PairVerdict::kOk;
    std::string text =
        report::paint(headline(report), right ? Tone::kGood : Tone::kBad, colour) + "\n";
    text += "program: " + summary(report.program, report.limits, colour);
    text += "interactor: " + summary(report.interactor, report.interactor_limits, colour);
    text += "first to end: " + std::string(word(first_to_end(report))) + "\n";
    if (both_stalled(report)) text += "program and interactor were both alive at the wall limit\n";
    if (const std::optional<Side> broke = broke_pipe(report)) {
        text += "broke the pipe: " + std::string(word(*broke)) +
                " (closed its input while the other side had its output open)\n";
    }
    if (!report.transcript_error.empty()) text += report.transcript_error + "\n";
    return text;
}

}  // namespace assay::runner
