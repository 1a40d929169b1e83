#include "internal/runner/pair.hpp"

#include <catch2/catch.hpp>
#include <csignal>
#include <string>

#include "internal/runner/pair_report.hpp"

using assay::runner::End;
using assay::runner::exit_code_of;
using assay::runner::Outcome;
using assay::runner::PairReport;
using assay::runner::Side;
using assay::runner::Verdict;
using assay::runner::word;
using std::chrono_literals::operator""ms;

namespace {

Outcome exited(int code, std::chrono::milliseconds wall) {
    Outcome outcome;
    outcome.verdict = code == 0 ? Verdict::kOk : Verdict::kNonzero;
    outcome.exit_code = code;
    outcome.wall = wall;
    return outcome;
}

Outcome killed(int signal, std::chrono::milliseconds wall) {
    Outcome outcome;
    outcome.verdict = Verdict::kSignal;
    outcome.signal = signal;
    outcome.wall = wall;
    return outcome;
}

Outcome limited(Verdict verdict, std::chrono::milliseconds wall) {
    Outcome outcome = killed(SIGKILL, wall);
    outcome.verdict = verdict;
    return outcome;
}

PairReport pair_of(Outcome program, Outcome interactor) {
    PairReport report;
    report.program = std::move(program);
    report.interactor = std::move(interactor);
    return report;
}

void check(const PairReport& report, const std::string& verdict, int code) {
    CHECK(word(report) == verdict);
    CHECK(exit_code_of(report) == code);
}

}  // namespace

TEST_CASE("pair: the interactor of a good program decides", "[runner][pair]") {
    check(pair_of(exited(0, 5ms), exited(0, 6ms)), "ok", 0);
    check(pair_of(exited(0, 5ms), exited(1, 6ms)), "wrong", 1);
    check(pair_of(exited(0, 5ms), exited(2, 6ms)), "wrong", 1);
    check(pair_of(exited(0, 5ms), exited(3, 6ms)), "internal", 125);
    check(pair_of(exited(0, 5ms), killed(SIGSEGV, 6ms)), "internal", 125);
    check(pair_of(exited(0, 5ms), limited(Verdict::kTime, 6ms)), "internal", 125);
}

TEST_CASE("pair: a program past a limit has that verdict, whatever the interactor says",
          "[runner][pair]") {
    check(pair_of(limited(Verdict::kTime, 9ms), exited(0, 6ms)), "time", 124);
    check(pair_of(limited(Verdict::kMemory, 5ms), exited(1, 6ms)), "memory", 121);
    check(pair_of(limited(Verdict::kWall, 9ms), limited(Verdict::kWall, 9ms)), "wall", 124);
    check(pair_of(limited(Verdict::kInternal, 0ms), exited(1, 6ms)), "internal", 125);
}

TEST_CASE("pair: a program that falls first has its own verdict, one that falls after, not",
          "[runner][pair]") {
    check(pair_of(killed(SIGSEGV, 5ms), exited(1, 6ms)), "signal", 128 + SIGSEGV);
    check(pair_of(exited(3, 5ms), exited(1, 6ms)), "nonzero", 3);
    check(pair_of(killed(SIGPIPE, 7ms), exited(1, 6ms)), "wrong", 1);
    check(pair_of(exited(1, 7ms), exited(1, 6ms)), "wrong", 1);
}

TEST_CASE("pair: after the interactor's yes a SIGPIPE is forgiven, a crash is not",
          "[runner][pair]") {
    check(pair_of(killed(SIGPIPE, 7ms), exited(0, 6ms)), "ok", 0);
    check(pair_of(killed(SIGSEGV, 7ms), exited(0, 6ms)), "signal", 128 + SIGSEGV);
}

TEST_CASE("pair: an interactor that was left alone says wrong", "[runner][pair]") {
    check(pair_of(exited(0, 5ms), killed(SIGPIPE, 6ms)), "wrong", 1);
}

TEST_CASE("pair: an interrupt is told by the exit code", "[runner][pair]") {
    PairReport report = pair_of(killed(SIGKILL, 5ms), killed(SIGKILL, 6ms));
    report.interrupted = SIGINT;
    CHECK(exit_code_of(report) == 130);
}

TEST_CASE("pair: who ended first follows from start and wall time", "[runner][pair]") {
    PairReport report = pair_of(exited(0, 5ms), exited(0, 6ms));
    CHECK(first_to_end(report) == Side::kProgram);
    report.program.started += 3ms;
    CHECK(first_to_end(report) == Side::kInteractor);
}

TEST_CASE("pair: ends too close to tell apart are told by the pipes", "[runner][pair]") {
    PairReport report = pair_of(exited(0, 5ms), exited(0, 6ms));
    report.closings = {{Side::kInteractor, End::kOutput},
                       {Side::kInteractor, End::kInput},
                       {Side::kProgram, End::kOutput},
                       {Side::kProgram, End::kInput}};
    CHECK(first_to_end(report) == Side::kInteractor);
    report.interactor.wall = 60ms;
    CHECK(first_to_end(report) == Side::kProgram);
}

TEST_CASE("pair: the pipe was broken by whoever stopped reading a side that came to harm",
          "[runner][pair]") {
    PairReport report = pair_of(exited(0, 5ms), exited(1, 6ms));
    report.closings = {{Side::kProgram, End::kInput},
                       {Side::kProgram, End::kOutput},
                       {Side::kInteractor, End::kOutput},
                       {Side::kInteractor, End::kInput}};
    CHECK(broke_pipe(report) == Side::kProgram);
    report.interactor = exited(0, 6ms);
    CHECK(broke_pipe(report) == std::nullopt);
}

TEST_CASE("pair: to stop reading what has ended breaks nothing", "[runner][pair]") {
    PairReport report = pair_of(exited(1, 5ms), exited(1, 6ms));
    report.closings = {{Side::kProgram, End::kOutput},
                       {Side::kInteractor, End::kInput},
                       {Side::kInteractor, End::kOutput},
                       {Side::kProgram, End::kInput}};
    CHECK(broke_pipe(report) == std::nullopt);
}

TEST_CASE("pair: a side that was killed for its limit broke nothing", "[runner][pair]") {
    PairReport report = pair_of(limited(Verdict::kTime, 5ms), exited(1, 6ms));
    report.program.limit = "cpu-limit";
    report.closings = {{Side::kProgram, End::kInput}, {Side::kProgram, End::kOutput}};
    CHECK(broke_pipe(report) == std::nullopt);
}

TEST_CASE("pair: a stall names both sides", "[runner][pair]") {
    CHECK(both_stalled(pair_of(limited(Verdict::kWall, 5ms), exited(1, 6ms))));
    CHECK_FALSE(both_stalled(pair_of(limited(Verdict::kWall, 5ms), exited(0, 4ms))));
    CHECK_FALSE(both_stalled(pair_of(limited(Verdict::kTime, 5ms), exited(1, 6ms))));
}

TEST_CASE("pair: without closings a SIGPIPE tells who broke the pipe", "[runner][pair]") {
    CHECK(broke_pipe(pair_of(killed(SIGPIPE, 5ms), exited(1, 4ms))) == Side::kInteractor);
    CHECK(broke_pipe(pair_of(exited(0, 4ms), killed(SIGPIPE, 5ms))) == Side::kProgram);
    CHECK(broke_pipe(pair_of(exited(0, 4ms), exited(1, 5ms))) == std::nullopt);
}

TEST_CASE("pair: JSON has both sides and how it ended", "[runner][pair]") {
    PairReport report = pair_of(exited(0, 5ms), exited(1, 60ms));
    report.command = {"./sol"};
    report.interactor_command = {"./judge", "5"};
    report.closings = {{Side::kProgram, End::kInput}};
    const std::string json = assay::runner::pair_json(report).compact();
    CHECK(json.starts_with(R"({"schema":"assay-pair/1","verdict":"wrong","first_to_end":"program",)"
                           R"("broke_pipe":"program","both_stalled":false,)"
                           R"("closings":[{"side":"program","end":"input"}],)"
                           R"("transcript":null,"transcript_error":null,"interrupted":null,)"));
    CHECK(json.find(R"("command":["./judge","5"])") != json.npos);
    CHECK(assay::runner::pair_summary(report, false).starts_with("wrong\nprogram: ok\n"));
}
