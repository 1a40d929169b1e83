#include "internal/runner/compare.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "internal/report/text.hpp"
#include "internal/runner/compare_reader.hpp"
#include "internal/runner/tool.hpp"

namespace assay::runner {
namespace {

constexpr std::size_t kExcerptColumns = 40;
constexpr std::string_view kEndOfFile = "end of file";

constexpr bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

std::size_t common_prefix(std::string_view a, std::string_view b) {
    const std::size_t size = std::min(a.size(), b.size());
    if (std::memcmp(a.data(), b.data(), size) == 0) return size;
    const auto end = a.begin() + static_cast<std::ptrdiff_t>(size);
    return static_cast<std::size_t>(std::mismatch(a.begin(), end, b.begin()).first - a.begin());
}

std::string up_to_space(std::string text) {
    text.erase(std::find_if(text.begin(), text.end(), is_space), text.end());
    return text;
}

// A word longer than any number is shown around its first difference.
struct Token {
    Place place;
    std::string head;  // at most kMaxNumberLength bytes
    bool whole = true;
    bool at_end = false;  // of the file: there is no token
};

class Comparer {
  public:
    Comparer(const CompareRule& rule, int expected_fd, int got_fd)
        : rule_(rule), expected_(expected_fd, "the answer"), got_(got_fd, "the output") {}

    Result<Comparison> run() {
        return rule_.mode == CompareMode::kExact ? compare_bytes() : compare_tokens();
    }

  private:
    Result<Comparison> compare_bytes();
    Result<Comparison> compare_tokens();
    Result<std::size_t> pass_equal_bytes();
    Result<void> pass_equal_words();
    Result<Comparison> bytes_differ();
    Result<std::string> byte_note(std::string_view expected, std::string_view got) const;
    Result<bool> is_at_end(const CompareReader& reader, std::uint64_t offset) const;

    Result<Token> start_token(CompareReader& reader) const;
    // Passes over both tokens as far as needed; whether every byte was equal. `differs_at` counts
    // the equal bytes before the first difference.
    Result<bool> pass_tokens(Token& expected, Token& got, std::uint64_t& differs_at);
    Result<Comparison> tokens_differ(const Token& expected, const Token& got,
                                     std::uint64_t differs_at) const;
    Result<std::string> show(const CompareReader& reader, const Token& token,
                             std::uint64_t differs_at) const;

    const CompareRule& rule_;
    CompareReader expected_;
    CompareReader got_;
};

Comparison equal_files() {
    Comparison comparison;
    comparison.equal = true;
    return comparison;
}

std::string difference(const Comparison& comparison) {
    return "line " + std::to_string(comparison.line) + ", column " +
           std::to_string(comparison.column) + ": expected " + comparison.expected + ", got " +
           comparison.got;
}

std::string quoted(std::string_view text) {
    return "'" + report::shortened(text, kExcerptColumns) + "'";
}

// Passes over bytes that are equal in both; how many of what is buffered. 0: a difference or an
// end.
Result<std::size_t> Comparer::pass_equal_bytes() {
    ASSAY_TRY(const std::string_view a, expected_.peek());
    ASSAY_TRY(const std::string_view b, got_.peek());
    const std::size_t equal = common_prefix(a, b);
    expected_.advance(equal);
    got_.advance(equal);
    return equal;
}

Result<Comparison> Comparer::compare_bytes() {
    std::size_t passed = 0;
    do {
        ASSAY_TRY(passed, pass_equal_bytes());
    } while (passed > 0);
    ASSAY_TRY(const std::string_view a, expected_.peek());
    ASSAY_TRY(const std::string_view b, got_.peek());
    if (a.empty() && b.empty()) return equal_files();
    return bytes_differ();
}

Result<Comparison> Comparer::bytes_differ() {
    const Place place = got_.place();
    ASSAY_TRY(const std::string expected, expected_.excerpt(place.offset, kExcerptColumns + 1));
    ASSAY_TRY(const std::string got, got_.excerpt(place.offset, kExcerptColumns + 1));
    Comparison comparison;
    comparison.line = place.line;
    comparison.column = place.column;
    comparison.expected = expected.empty() ? std::string(kEndOfFile) : quoted(expected);
    comparison.got = got.empty() ? std::string(kEndOfFile) : quoted(got);
    ASSAY_TRY(const std::string note, byte_note(expected, got));
    comparison.message = difference(comparison) + note;
    return comparison;
}

Result<std::string> Comparer::byte_note(std::string_view expected, std::string_view got) const {
    const bool last_newline =
        (expected == "\n" && got.empty()) || (got == "\n" && expected.empty());
    if (last_newline) return std::string(" (only the newline at the end differs)");
    if (expected.starts_with('\n') && got.starts_with("\r\n")) {
        return std::string(" (the output has CRLF line ends)");
    }
    return std::string();
}

// Passes over equal spans, but stops before a word that may not be equal to its end.
Result<void> Comparer::pass_equal_words() {
    for (;;) {
        ASSAY_TRY(const std::string_view a, expected_.peek());
        ASSAY_TRY(const std::string_view b, got_.peek());
        std::size_t equal = common_prefix(a, b);
        while (equal > 0 && !is_space(a[equal - 1])) --equal;
        if (equal == 0) return {};
        expected_.advance(equal);
        got_.advance(equal);
    }
}

Result<Comparison> Comparer::compare_tokens() {
    for (;;) {
        ASSAY_CHECK(pass_equal_words());
        ASSAY_TRY(Token expected, start_token(expected_));
        ASSAY_TRY(Token got, start_token(got_));
        if (expected.at_end && got.at_end) return equal_files();
        std::uint64_t differs_at = 0;
        if (expected.at_end != got.at_end) return tokens_differ(expected, got, differs_at);
        ASSAY_TRY(const bool equal, pass_tokens(expected, got, differs_at));
        if (equal) continue;
        const bool close = rule_.mode == CompareMode::kFloat && expected.whole && got.whole &&
                           numbers_match(expected.head, got.head, rule_.epsilon);
        if (!close) return tokens_differ(expected, got, differs_at);
    }
}

Result<Token> Comparer::start_token(CompareReader& reader) const {
    for (;;) {
        ASSAY_TRY(const std::string_view text, reader.peek());
        const auto word = std::find_if_not(text.begin(), text.end(), is_space);
        reader.advance(static_cast<std::size_t>(word - text.begin()));
        if (text.empty() || word != text.end()) {
            Token token;
            token.place = reader.place();
            token.at_end = text.empty();
            return token;
        }
    }
}

// The part of the current word that is buffered; empty at its end.
std::string_view word_part(std::string_view text) {
    return text.substr(0, static_cast<std::size_t>(
                              std::find_if(text.begin(), text.end(), is_space) - text.begin()));
}

void keep_head(Token& token, std::string_view part) {
    const std::size_t room = kMaxNumberLength - token.head.size();
    token.whole = token.whole && part.size() <= room;
    token.head += part.substr(0, room);
}

Result<bool> Comparer::pass_tokens(Token& expected, Token& got, std::uint64_t& differs_at) {
    bool equal = true;
    for (;;) {
        ASSAY_TRY(const std::string_view text_a, expected_.peek());
        ASSAY_TRY(const std::string_view text_b, got_.peek());
        const std::string_view a = word_part(text_a);
        const std::string_view b = word_part(text_b);
        if (a.empty() && b.empty()) return equal;
        const std::size_t both = a.empty() || b.empty() ? 0 : common_prefix(a, b);
        if (equal) {
            differs_at += both;
            equal = both > 0 && both == std::min(a.size(), b.size());
        }
        const bool hopeless = rule_.mode != CompareMode::kFloat || !expected.whole || !got.whole;
        if (!equal && hopeless) return false;
        // While equal, both go on in step; once different, each goes on by what it has.
        const std::size_t step_a = equal ? both : a.size();
        const std::size_t step_b = equal ? both : b.size();
        keep_head(expected, a.substr(0, step_a));
        keep_head(got, b.substr(0, step_b));
        expected_.advance(step_a);
        got_.advance(step_b);
    }
}

Result<Comparison> Comparer::tokens_differ(const Token& expected, const Token& got,
                                           std::uint64_t differs_at) const {
    Comparison comparison;
    comparison.line = got.place.line;
    comparison.column = got.place.column;
    ASSAY_TRY(comparison.expected, show(expected_, expected, differs_at));
    ASSAY_TRY(comparison.got, show(got_, got, differs_at));
    comparison.message = difference(comparison);
    return comparison;
}

Result<std::string> Comparer::show(const CompareReader& reader, const Token& token,
                                   std::uint64_t differs_at) const {
    if (token.at_end) return std::string(kEndOfFile);
    const std::uint64_t skipped = differs_at < kExcerptColumns / 2 ? 0 : differs_at - 10;
    ASSAY_TRY(std::string text, reader.excerpt(token.place.offset + skipped, kExcerptColumns + 1));
    text = up_to_space(std::move(text));
    return quoted(skipped > 0 ? "…" + text : text);
}

struct Number {
    double value = 0;
    bool valid = false;
};

Number parse_number(std::string_view word) {
    const std::string text(word);
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    return {value, !text.empty() && end == text.c_str() + text.size()};
}

Result<double> parse_epsilon(std::string_view text) {
    const Number number = parse_number(text);
    if (!number.valid || is_space(text.front()) || !std::isfinite(number.value) ||
        number.value < 0) {
        return usage_error("bad tolerance '" + std::string(text) + "' in --compare",
                           "write it like float:1e-6");
    }
    return number.value;
}

}  // namespace

bool numbers_match(std::string_view expected, std::string_view got, double epsilon) {
    const Number a = parse_number(expected);
    const Number b = parse_number(got);
    if (!a.valid || !b.valid) return false;
    if (std::isnan(a.value) || std::isnan(b.value)) {
        return std::isnan(a.value) && std::isnan(b.value);
    }
    if (a.value == b.value) return true;
    if (std::isinf(a.value) || std::isinf(b.value)) return false;
    const double distance = std::abs(a.value - b.value);
    return distance <= epsilon || distance <= epsilon * std::abs(a.value);
}

Result<CompareRule> parse_compare_rule(std::string_view text) {
    constexpr std::string_view kFloat = "float";
    CompareRule rule;
    rule.spelling = text;
    if (text == "exact") {
        rule.mode = CompareMode::kExact;
    } else if (text == "tokens") {
        rule.mode = CompareMode::kTokens;
    } else if (text == kFloat || text.starts_with("float:")) {
        rule.mode = CompareMode::kFloat;
        ASSAY_TRY(rule.epsilon,
                  parse_epsilon(text.substr(std::min(text.size(), kFloat.size() + 1))));
    } else {
        rule.mode = CompareMode::kChecker;
        ASSAY_TRY(rule.checker, split_command(text, "--compare"));
    }
    return rule;
}

Result<Comparison> compare_files(const CompareRule& rule, int expected_fd, int got_fd) {
    return Comparer(rule, expected_fd, got_fd).run();
}

}  // namespace assay::runner
