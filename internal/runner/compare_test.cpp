#include "internal/runner/compare.hpp"

#include <sys/mman.h>

#include <catch2/catch.hpp>
#include <random>
#include <sstream>
#include <string>
#include <utility>

#include "internal/runner/compare_reader.hpp"
#include "pkg/posix/files.hpp"

using assay::posix::UniqueFd;
using assay::runner::CompareMode;
using assay::runner::CompareReader;
using assay::runner::CompareRule;
using assay::runner::Comparison;

namespace {

UniqueFd file_with(const std::string& text) {
    UniqueFd fd(::memfd_create("compare", MFD_CLOEXEC));
    REQUIRE(fd);
    REQUIRE(assay::posix::write_all(fd.get(), text, "a file in memory").has_value());
    return fd;
}

Comparison compare(const std::string& rule, const std::string& expected, const std::string& got) {
    const UniqueFd answer = file_with(expected);
    const UniqueFd output = file_with(got);
    const auto parsed = assay::runner::parse_compare_rule(rule);
    REQUIRE(parsed.has_value());
    auto comparison = assay::runner::compare_files(*parsed, answer.get(), output.get());
    REQUIRE(comparison.has_value());
    return *comparison;
}

bool equal(const std::string& rule, const std::string& expected, const std::string& got) {
    return compare(rule, expected, got).equal;
}

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> words;
    for (std::string word; stream >> word;) words.push_back(word);
    return words;
}

}  // namespace

TEST_CASE("compare exact: every byte counts", "[runner][compare]") {
    CHECK(equal("exact", "", ""));
    CHECK(equal("exact", "1 2\n", "1 2\n"));
    CHECK_FALSE(equal("exact", "1 2\n", "1  2\n"));
    CHECK_FALSE(equal("exact", "1 2\n", "1 2\n\n"));
    CHECK_FALSE(equal("exact", std::string("a\0b", 3), std::string("a\0c", 3)));
}

TEST_CASE("compare exact: the first difference is told with line, column and excerpts",
          "[runner][compare]") {
    const Comparison comparison = compare("exact", "one\ntwo three\n", "one\ntwo four\n");
    CHECK(comparison.line == 2);
    CHECK(comparison.column == 5);
    CHECK(comparison.expected == "'three\\n'");
    CHECK(comparison.got == "'four\\n'");
    CHECK(comparison.message == "line 2, column 5: expected 'three\\n', got 'four\\n'");
}

TEST_CASE("compare exact: a missing newline at the end is named", "[runner][compare]") {
    CHECK(
        compare("exact", "1\n", "1").message ==
        "line 1, column 2: expected '\\n', got end of file (only the newline at the end differs)");
    CHECK(
        compare("exact", "1", "1\n").message ==
        "line 1, column 2: expected end of file, got '\\n' (only the newline at the end differs)");
    CHECK(compare("exact", "1\n2\n", "1\r\n2\r\n").message ==
          "line 1, column 2: expected '\\n2\\n', got '\\r\\n2\\r\\n' (the output has CRLF line "
          "ends)");
}

TEST_CASE("compare tokens: white space does not matter, words do", "[runner][compare]") {
    CHECK(equal("tokens", "1 2 3\n", "1\t2\r\n\n3"));
    CHECK(equal("tokens", "", " \n\v\f"));
    CHECK(equal("tokens", "  a", "a  "));
    CHECK_FALSE(equal("tokens", "12", "1 2"));
    CHECK_FALSE(equal("tokens", "ab", "a"));
    CHECK_FALSE(equal("tokens", "1.0", "1.00"));
    CHECK_FALSE(equal("tokens", "a", ""));
    CHECK_FALSE(equal("tokens", "", "a"));
}

TEST_CASE("compare tokens: the differing word is told where it begins in the output",
          "[runner][compare]") {
    const Comparison comparison = compare("tokens", "1 2\n345 6", "1\n2\n\n  346 6");
    CHECK(comparison.message == "line 4, column 3: expected '345', got '346'");
    CHECK(compare("tokens", "1 2", "1").message ==
          "line 1, column 2: expected '2', got end of file");
    CHECK(compare("tokens", "1", "1\n7 8").message ==
          "line 2, column 1: expected end of file, got '7'");
}

TEST_CASE("compare tokens: excerpts are short and cannot drive a terminal", "[runner][compare]") {
    const Comparison comparison = compare("tokens", "\x1b[2J", std::string(100, 'x'));
    CHECK(comparison.expected == "'\\x1b[2J'");
    CHECK(comparison.got == "'" + std::string(39, 'x') + "…'");
}

TEST_CASE("compare float: numbers may differ by the tolerance, absolutely or relatively",
          "[runner][compare]") {
    CHECK(equal("float:1e-6", "0.3333333333", "0.33333334"));
    CHECK(equal("float:1e-6", "1000000000", "1000000000.5"));
    CHECK(equal("float:1e-6", "0", "-1e-7"));
    CHECK(equal("float:1e-6", "1", "+1.0e0"));
    CHECK(equal("float:0", "0.5", ".5"));
    CHECK(equal("float:1e-6", "1e-400", "0"));
    CHECK(equal("float:1e-6", "10", "0xa"));
    CHECK_FALSE(equal("float:1e-6", "1", "1.00001"));
    CHECK_FALSE(equal("float:1e-6", "1 2", "1"));
    CHECK(equal("float:0.1", "1.0 2.0\nyes 3.0", "1.05\n2.05 yes   2.95"));
}

TEST_CASE("compare float: NaN and infinities equal only themselves", "[runner][compare]") {
    CHECK(equal("float:1e-6", "nan", "NaN"));
    CHECK(equal("float:1e-6", "nan", "-nan"));
    CHECK(equal("float:1e-6", "inf", "Infinity"));
    CHECK_FALSE(equal("float:1e-6", "inf", "-inf"));
    CHECK_FALSE(equal("float:1e-6", "nan", "0"));
    CHECK_FALSE(equal("float:1e-6", "inf", "1e308"));
    CHECK_FALSE(equal("float:1e-6", "1e308", "-1e308"));
}

TEST_CASE("compare float: what is no number must be the same word", "[runner][compare]") {
    CHECK(equal("float:1", "yes", "yes"));
    CHECK_FALSE(equal("float:1", "yes", "no"));
    CHECK_FALSE(equal("float:1", "1x", "1y"));
    CHECK_FALSE(equal("float:1", "1", "1,"));
    CHECK_FALSE(equal("float:1", "-", "0"));
}

TEST_CASE("compare float: long numbers are numbers, words longer than the limit are words",
          "[runner][compare]") {
    CHECK(equal("float:1e-6", "0." + std::string(1000, '3'), "0." + std::string(2000, '3')));
    const std::string huge(3 * CompareReader::kBlockBytes, '3');
    CHECK(equal("float:1e-6", "0." + huge + " 1", "0." + huge + " 1"));
    CHECK_FALSE(equal("float:1e-6", "0." + huge, "0." + huge + "3"));
}

TEST_CASE("compare: a difference deep inside a giant word is shown around it",
          "[runner][compare]") {
    const std::string same(2 * CompareReader::kBlockBytes + 17, 'a');
    const Comparison comparison = compare("tokens", "x\n" + same + "b", "x\n" + same + "cd");
    CHECK(comparison.line == 2);
    CHECK(comparison.column == 1);
    CHECK(comparison.expected == "'…aaaaaaaaaab'");
    CHECK(comparison.got == "'…aaaaaaaaaacd'");
}

TEST_CASE("compare: lines and columns hold across blocks", "[runner][compare]") {
    std::string text;
    for (int line = 1; line <= 30000; ++line) text += std::to_string(line) + "\n";
    std::string other = text;
    const std::size_t at = other.find("\n29999\n") + 1;
    other[at + 4] = '8';
    CHECK(compare("exact", text, other).line == 29999);
    CHECK(compare("exact", text, other).column == 5);
    CHECK(compare("tokens", text, other).line == 29999);
    CHECK(compare("tokens", text, other).column == 1);
    CHECK(equal("float:0.01", text, other));
}

TEST_CASE("compare: any two texts of words compare as their words do", "[runner][compare]") {
    std::mt19937 random(7);
    for (int round = 0; round < 3000; ++round) {
        std::string texts[2];
        for (std::string& text : texts) {
            const auto length = random() % 9;
            for (std::size_t i = 0; i < length; ++i) text += "a1 \n"[random() % 4];
        }
        CAPTURE(texts[0], texts[1]);
        const bool same_words = words_of(texts[0]) == words_of(texts[1]);
        CHECK(equal("tokens", texts[0], texts[1]) == same_words);
        CHECK(equal("exact", texts[0], texts[1]) == (texts[0] == texts[1]));
        CHECK(equal("float:0", texts[0], texts[0]));
    }
}

TEST_CASE("compare: words across block borders compare as their words do", "[runner][compare]") {
    for (std::size_t shift = 0; shift < 6; ++shift) {
        const std::string padding(CompareReader::kBlockBytes - 3 + shift, ' ');
        CAPTURE(shift);
        CHECK(equal("tokens", padding + "abc def", "abc" + padding + "def"));
        CHECK_FALSE(equal("tokens", padding + "abc def", "abd" + padding + "def"));
        CHECK(equal("float:0.5", padding + "10.0 def", "10.1" + padding + "def"));
    }
}

TEST_CASE("compare: rules are parsed, errors show the form", "[runner][compare]") {
    CHECK(assay::runner::parse_compare_rule("exact")->mode == CompareMode::kExact);
    CHECK(assay::runner::parse_compare_rule("tokens")->mode == CompareMode::kTokens);
    CHECK(assay::runner::parse_compare_rule("float:1e-6")->epsilon == 1e-6);
    const auto checker = assay::runner::parse_compare_rule("./check --strict 'a b'");
    CHECK(checker->mode == CompareMode::kChecker);
    CHECK(checker->checker == std::vector<std::string>{"./check", "--strict", "a b"});
    for (const char* bad :
         {"float", "float:", "float:x", "float:-1", "float:nan", "float: 1", ""}) {
        CAPTURE(bad);
        CHECK_FALSE(assay::runner::parse_compare_rule(bad).has_value());
    }
    CHECK(assay::to_string(assay::runner::parse_compare_rule("float:abc").error()) ==
          "bad tolerance 'abc' in --compare; write it like float:1e-6");
}

TEST_CASE("compare: a file that cannot be read is an error that says which", "[runner][compare]") {
    const UniqueFd output = file_with("x");
    const auto comparison = assay::runner::compare_files(CompareRule(), -1, output.get());
    REQUIRE_FALSE(comparison.has_value());
    CHECK(comparison.error().message == "cannot read the answer: Bad file descriptor");
}
