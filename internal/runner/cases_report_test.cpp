#include "internal/runner/cases_report.hpp"

#include <catch2/catch.hpp>
#include <csignal>
#include <string>

#include "internal/runner/junit.hpp"

using assay::runner::CaseResult;
using assay::runner::CasesReport;
using assay::runner::Comparison;
using assay::runner::Outcome;
using assay::runner::Verdict;
using std::chrono_literals::operator""ms;

namespace {

Outcome outcome_of(Verdict verdict) {
    Outcome outcome;
    outcome.verdict = verdict;
    if (verdict == Verdict::kOk) outcome.exit_code = 0;
    if (verdict == Verdict::kNonzero) outcome.exit_code = 3;
    if (verdict == Verdict::kTime) outcome.signal = SIGKILL;
    outcome.cpu = 12ms;
    outcome.wall = 15ms;
    outcome.cpu_source = "cgroup";
    outcome.memory_peak_bytes = 1u << 20;
    outcome.memory_source = "cgroup";
    return outcome;
}

CaseResult case_of(const std::string& name, Verdict verdict) {
    CaseResult result;
    result.test = {name, "/t/" + name + ".in", "/t/" + name + ".ans"};
    result.ran = true;
    result.outcome = outcome_of(verdict);
    return result;
}

CaseResult wrong_case(const std::string& name) {
    CaseResult result = case_of(name, Verdict::kOk);
    result.comparison =
        Comparison{false, 2, 1, "'3'", "'4'", "line 2, column 1: expected '3', got '4'"};
    return result;
}

CaseResult right_case(const std::string& name) {
    CaseResult result = case_of(name, Verdict::kOk);
    result.comparison = Comparison{true, 0, 0, "", "", ""};
    return result;
}

CaseResult skipped_case(const std::string& name) {
    CaseResult result;
    result.test = {name, "/t/" + name + ".in", ""};
    return result;
}

CasesReport report_of(std::vector<CaseResult> cases) {
    CasesReport report;
    report.directory = "/t";
    report.compare = "tokens";
    report.command = {"./sol"};
    report.elapsed = 40ms;
    report.cases = std::move(cases);
    for (const CaseResult& result : report.cases) {
        ++(!result.ran                     ? report.skipped
           : assay::runner::passed(result) ? report.passed
                                           : report.failed);
    }
    return report;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
}

}  // namespace

TEST_CASE("cases report: the word of a case", "[runner][cases]") {
    using assay::runner::word;
    CHECK(word(right_case("1")) == "ok");
    CHECK(word(wrong_case("1")) == "wrong");
    CHECK(word(case_of("1", Verdict::kTime)) == "time");
    CHECK(word(skipped_case("1")) == "skipped");
    CaseResult crashed = wrong_case("1");
    crashed.outcome.verdict = Verdict::kSignal;
    CHECK(word(crashed) == "signal");
}

TEST_CASE("cases report: the exit code tells failed from broken", "[runner][cases]") {
    using assay::runner::exit_code_of;
    CHECK(exit_code_of(report_of({right_case("1"), right_case("2")})) == 0);
    CHECK(exit_code_of(report_of({right_case("1"), wrong_case("2")})) == 1);
    CHECK(exit_code_of(report_of({case_of("1", Verdict::kTime)})) == 1);
    CHECK(exit_code_of(report_of({right_case("1"), skipped_case("2")})) == 1);
    CHECK(exit_code_of(report_of({wrong_case("1"), case_of("2", Verdict::kInternal)})) == 125);
    CasesReport interrupted = report_of({skipped_case("1")});
    interrupted.interrupted = SIGINT;
    CHECK(exit_code_of(interrupted) == 130);
    CasesReport uncompiled = report_of({skipped_case("1")});
    uncompiled.compile = outcome_of(Verdict::kNonzero);
    CHECK(exit_code_of(uncompiled) == 1);
    uncompiled.compile = outcome_of(Verdict::kInternal);
    uncompiled.compile->start_error = ENOENT;
    CHECK(exit_code_of(uncompiled) == 127);
}

TEST_CASE("cases report: the table has a row per case and counts", "[runner][cases]") {
    const CasesReport report = report_of(
        {right_case("1"), wrong_case("2"), case_of("10", Verdict::kNonzero), skipped_case("11")});
    CHECK(assay::runner::cases_table(report, false) ==
          "case  verdict     time    memory\n"
          "1     ok       12.0 ms  1.00 MiB\n"
          "2     wrong    12.0 ms  1.00 MiB  line 2, column 1: expected '3', got '4'\n"
          "10    nonzero  12.0 ms  1.00 MiB  exited with code 3\n"
          "11    skipped\n"
          "1 of 4 cases passed, 2 failed, 1 skipped, 40.0 ms\n");
}

TEST_CASE("cases report: a failed compile step is told instead of cases", "[runner][cases]") {
    CasesReport report = report_of({skipped_case("1")});
    report.compile = outcome_of(Verdict::kNonzero);
    CHECK(assay::runner::cases_table(report, false) ==
          "the compile step failed: exited with code 3\n");
}

TEST_CASE("cases report: JSON has every case with its outcome and comparison", "[runner][cases]") {
    const std::string json =
        assay::runner::cases_json(report_of({wrong_case("2"), skipped_case("3")})).compact();
    CHECK(json.starts_with(R"({"schema":"assay-cases/1","directory":"/t","command":["./sol"],)"
                           R"("compare":"tokens","jobs":1,"limits":{)"));
    CHECK(contains(json, R"("total":2,"passed":0,"failed":1,"skipped":1,"wall_s":0.04,)"
                         R"("interrupted":null,"compile":null,"accuracy":{)"));
    CHECK(contains(json, R"("cases":[{"name":"2","verdict":"wrong","input":"/t/2.in",)"
                         R"("answer":"/t/2.ans","comparison":{"equal":false,"line":2,"column":1,)"
                         R"("expected":"'3'","got":"'4'",)"));
    CHECK(json.ends_with(R"({"name":"3","verdict":"skipped","input":"/t/3.in","answer":null,)"
                         R"("comparison":null,"outcome":null,"stderr":""}]})"));
}

TEST_CASE("junit: failures, errors and skipped cases are told apart", "[runner][cases]") {
    CaseResult loud = wrong_case("<2>");
    loud.errors = "trace & \x1b[0m";
    CasesReport report =
        report_of({right_case("1"), loud, case_of("3", Verdict::kInternal), skipped_case("4")});
    report.cases[2].outcome.error = "no room";
    const std::string totals =
        " name=\"/t\" tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\" time=\"0.040000\"";
    CHECK(assay::runner::junit_xml(report) ==
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
          "<testsuites" +
              totals +
              ">\n"
              "  <testsuite" +
              totals +
              ">\n"
              "    <testcase classname=\"/t\" name=\"1\" time=\"0.015000\">\n"
              "    </testcase>\n"
              "    <testcase classname=\"/t\" name=\"&lt;2&gt;\" time=\"0.015000\">\n"
              "      <failure type=\"wrong\" message=\"line 2, column 1: expected &apos;3&apos;, "
              "got &apos;4&apos;\"/>\n"
              "      <system-err>trace &amp; \xEF\xBF\xBD[0m</system-err>\n"
              "    </testcase>\n"
              "    <testcase classname=\"/t\" name=\"3\" time=\"0.015000\">\n"
              "      <error type=\"internal\" message=\"could not run: no room\"/>\n"
              "    </testcase>\n"
              "    <testcase classname=\"/t\" name=\"4\" time=\"0.000000\">\n"
              "      <skipped/>\n"
              "    </testcase>\n"
              "  </testsuite>\n"
              "</testsuites>\n");
}

TEST_CASE("junit: a failed compile step is a test case of its own", "[runner][cases]") {
    CasesReport report = report_of({skipped_case("1")});
    report.compile = outcome_of(Verdict::kNonzero);
    const std::string xml = assay::runner::junit_xml(report);
    CHECK(contains(xml, " tests=\"2\" failures=\"0\" errors=\"1\" skipped=\"1\" "));
    CHECK(contains(xml,
                   "name=\"compile\" time=\"0.015000\">\n"
                   "      <error type=\"nonzero\" message=\"exited with code 3\"/>\n"));
}
