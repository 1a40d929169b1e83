// Compares a program's output with the answer, and tells the first difference.
//
// Both files are streamed: memory is two buffers however long a file, a line or a token is. Spans
// that are equal go by at the speed of memcmp; only what differs is looked at token by token.
//
// The rules:
//   exact       every byte equal
//   tokens      the same words; how much white space stands between them does not matter
//   float:EPS   as tokens, but two numbers are equal when they differ by at most EPS, absolutely or
//               relative to the answer; NaN equals NaN, infinities equal themselves
//   CHECKER     a program, run as `CHECKER input output answer` (testlib): 0 right, 1 wrong,
//               2 wrong in its form, anything else: the checker failed
// White space is the C locale's. A number is what strtod(3) reads whole, up to kMaxNumberLength
// bytes.
//
// Rejected: mapping the files (a file truncated meanwhile kills the reader with SIGBUS).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/result/result.hpp"

namespace assay::runner {

inline constexpr std::size_t kMaxNumberLength = 4096;

enum class CompareMode { kExact, kTokens, kFloat, kChecker };

struct CompareRule {
    CompareMode mode = CompareMode::kTokens;
    double epsilon = 0;
    std::vector<std::string> checker;  // its words, for kChecker
    std::string spelling = "tokens";   // as the user wrote it
};

// Usage errors name what is wrong with the text and the forms there are.
Result<CompareRule> parse_compare_rule(std::string_view text);

struct Comparison {
    bool equal = false;
    // Where the output first differs, from 1; columns count bytes. 0 when equal, or when a checker
    // judged.
    std::uint64_t line = 0;
    std::uint64_t column = 0;
    std::string expected;  // excerpts there, printable, shortened; "end of file" stands for itself
    std::string got;
    std::string message;  // one line for people: the difference, or what the checker said
};

// Compares from the start of two regular files, whatever their offsets, which do not move. The rule
// is not a checker. Errors: a file cannot be read.
Result<Comparison> compare_files(const CompareRule& rule, int expected_fd, int got_fd);

// Whether two words are equal under float:EPS.
bool numbers_match(std::string_view expected, std::string_view got, double epsilon);

}  // namespace assay::runner
