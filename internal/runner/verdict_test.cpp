#include "internal/runner/verdict.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <string>

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ns;
using std::chrono_literals::operator""s;
using assay::runner::exit_code_of;
using assay::runner::Facts;
using assay::runner::judge;
using assay::runner::Judgement;
using assay::runner::Limits;
using assay::runner::Outcome;
using assay::runner::Verdict;

namespace {

Limits all_limits() {
    Limits limits;
    limits.cpu = 1s;
    limits.wall = 10s;
    limits.memory_bytes = 64u << 20;
    limits.file_size_bytes = 1000;
    limits.output_bytes = 500;
    return limits;
}

Facts exited(int code) {
    Facts facts;
    facts.exit_code = code;
    return facts;
}

// One fact that asks for a verdict, in the order in which they win.
struct Cause {
    Judgement judgement;
    void (*set)(Facts&);
};

const std::array<Cause, 9> kCauses = {{
    {{Verdict::kInternal, ""}, [](Facts& facts) { facts.internal_failure = true; }},
    {{Verdict::kMemory, "memory-limit"}, [](Facts& facts) { facts.oom_kills = 1; }},
    {{Verdict::kTime, "cpu-limit"}, [](Facts& facts) { facts.cpu = 1s + 1ns; }},
    {{Verdict::kWall, "wall-limit"}, [](Facts& facts) { facts.wall = 10s + 1ns; }},
    {{Verdict::kOutput, "output-limit"}, [](Facts& facts) { facts.output_bytes = 501; }},
    {{Verdict::kOutput, "file-size-limit"}, [](Facts& facts) { facts.signal = SIGXFSZ; }},
    {{Verdict::kSyscall, "seccomp"}, [](Facts& facts) { facts.signal = SIGSYS; }},
    {{Verdict::kSignal, ""}, [](Facts& facts) { facts.signal = SIGSEGV; }},
    {{Verdict::kNonzero, ""}, [](Facts& facts) { facts.exit_code = 3; }},
}};

bool ends_by_signal(std::size_t cause) {
    return cause >= 5 && cause <= 7;
}

// The facts of a set of causes, bit i for cause i; a process has one end, so the first of several
// ends in the table is the one that happened.
Facts facts_of(unsigned set) {
    Facts facts;
    bool ended = false;
    for (std::size_t i = 0; i < kCauses.size(); ++i) {
        if ((set >> i & 1u) == 0) continue;
        const bool is_end = ends_by_signal(i) || i == 8;
        if (is_end && ended) continue;
        ended = ended || is_end;
        kCauses[i].set(facts);
    }
    if (!ended) facts.exit_code = 0;
    return facts;
}

Judgement first_of(unsigned set) {
    for (std::size_t i = 0; i < kCauses.size(); ++i) {
        if ((set >> i & 1u) != 0) return kCauses[i].judgement;
    }
    return {Verdict::kOk, ""};
}

Outcome ended(Verdict verdict, std::optional<int> code, std::optional<int> signal = {}) {
    Outcome outcome;
    outcome.verdict = verdict;
    outcome.exit_code = code;
    outcome.signal = signal;
    return outcome;
}

}  // namespace

TEST_CASE("verdict: of all combinations of facts the first in the order decides", "[runner]") {
    for (unsigned set = 0; set < (1u << kCauses.size()); ++set) {
        CAPTURE(set);
        const Judgement judgement = judge(facts_of(set), all_limits());
        CHECK(judgement.verdict == first_of(set).verdict);
        CHECK(judgement.limit == first_of(set).limit);
    }
}

TEST_CASE("verdict: a figure equal to its limit is within it", "[runner]") {
    Facts facts = exited(0);
    facts.cpu = 1s;
    facts.wall = 10s;
    facts.output_bytes = 500;
    facts.sampled_memory_bytes = 64u << 20;
    CHECK(judge(facts, all_limits()).verdict == Verdict::kOk);
}

TEST_CASE("verdict: without a limit no figure is too large", "[runner]") {
    Facts facts = exited(0);
    facts.cpu = 1h;
    facts.wall = 1h;
    facts.output_bytes = 1u << 30;
    facts.sampled_memory_bytes = 1u << 30;
    CHECK(judge(facts, {}) == Judgement{Verdict::kOk, ""});
}

TEST_CASE("verdict: a sample over the limit counts like an out-of-memory kill", "[runner]") {
    Facts facts = exited(0);
    facts.sampled_memory_bytes = (64u << 20) + 1;
    CHECK(judge(facts, all_limits()) == Judgement{Verdict::kMemory, "memory-limit"});
}

TEST_CASE("verdict: SIGKILL alone is a signal, not a limit", "[runner]") {
    Facts facts;
    facts.signal = SIGKILL;
    CHECK(judge(facts, all_limits()) == Judgement{Verdict::kSignal, ""});
}

TEST_CASE("verdict: SIGXFSZ without a file size limit of ours is a plain signal", "[runner]") {
    Facts facts;
    facts.signal = SIGXFSZ;
    CHECK(judge(facts, {}) == Judgement{Verdict::kSignal, ""});
}

TEST_CASE("verdict: no end at all is our failure", "[runner]") {
    CHECK(judge(Facts(), all_limits()).verdict == Verdict::kInternal);
}

TEST_CASE("exit code: the program's own code passes through", "[runner]") {
    CHECK(exit_code_of(ended(Verdict::kOk, 0)) == 0);
    CHECK(exit_code_of(ended(Verdict::kNonzero, 1)) == 1);
    CHECK(exit_code_of(ended(Verdict::kNonzero, 255)) == 255);
}

TEST_CASE("exit code: each limit has its own", "[runner]") {
    CHECK(exit_code_of(ended(Verdict::kMemory, {}, SIGKILL)) == 121);
    CHECK(exit_code_of(ended(Verdict::kOutput, {}, SIGXFSZ)) == 122);
    CHECK(exit_code_of(ended(Verdict::kSyscall, {}, SIGSYS)) == 123);
    CHECK(exit_code_of(ended(Verdict::kTime, 0)) == 124);
    CHECK(exit_code_of(ended(Verdict::kWall, {}, SIGKILL)) == 124);
    CHECK(exit_code_of(ended(Verdict::kSignal, {}, SIGSEGV)) == 128 + SIGSEGV);
}

TEST_CASE("exit code: what could not start is told from our own failure", "[runner]") {
    Outcome outcome = ended(Verdict::kInternal, {});
    CHECK(exit_code_of(outcome) == 125);
    outcome.start_error = ENOENT;
    CHECK(exit_code_of(outcome) == 127);
    for (const int error : {EACCES, ENOEXEC, EISDIR, E2BIG}) {
        outcome.start_error = error;
        CHECK(exit_code_of(outcome) == 126);
    }
}

TEST_CASE("verdict: every verdict has its word", "[runner]") {
    const std::array<std::string, 9> words = {"internal", "memory", "time",    "wall", "output",
                                              "syscall",  "signal", "nonzero", "ok"};
    for (std::size_t i = 0; i < words.size(); ++i) {
        CHECK(assay::runner::word(static_cast<Verdict>(i)) == words[i]);
    }
}
