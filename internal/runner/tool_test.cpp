#include "internal/runner/tool.hpp"

#include <catch2/catch.hpp>

using assay::runner::Limits;
using assay::runner::split_command;
using assay::runner::tool_limits;

namespace {

std::vector<std::string> words(std::string_view text) {
    const auto split = split_command(text, "--compile");
    REQUIRE(split.has_value());
    return *split;
}

std::string complaint(std::string_view text) {
    const auto split = split_command(text, "--compile");
    REQUIRE_FALSE(split.has_value());
    return assay::to_string(split.error());
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("tool: blanks separate words", "[runner]") {
    CHECK(words("g++ -O2  -o\tsol\nsol.cpp ") == Words{"g++", "-O2", "-o", "sol", "sol.cpp"});
}

TEST_CASE("tool: quotes keep words together as in a shell", "[runner]") {
    CHECK(words("a 'b c' \"d e\"") == Words{"a", "b c", "d e"});
    CHECK(words("-DX='\"y z\"'w") == Words{"-DX=\"y z\"w"});
    CHECK(words("a '' \"\"") == Words{"a", "", ""});
    CHECK(words("'$HOME|*' \"a|b\"") == Words{"$HOME|*", "a|b"});
}

TEST_CASE("tool: a backslash keeps the next character, in double quotes only some", "[runner]") {
    CHECK(words("a\\ b \\\"") == Words{"a b", "\""});
    CHECK(words("\"a\\\"b\\n\\\\\"") == Words{"a\"b\\n\\"});
    CHECK(words("'a\\'") == Words{"a\\"});
    CHECK(words("\\*.cpp") == Words{"*.cpp"});
}

TEST_CASE("tool: what only a shell can do is refused with the way to have one", "[runner]") {
    CHECK(complaint("make && ls") ==
          "bad command 'make && ls' in --compile: '&' needs a shell; quote it, or write sh -c '…'");
    for (const char* text : {"g++ *.cpp", "a > b", "a; b", "$HOME/x", "`x`", "~/x", "a(b)"}) {
        CAPTURE(text);
        CHECK_FALSE(split_command(text, "--compile").has_value());
    }
    CHECK(words("a~b --x=~") == Words{"a~b", "--x=~"});
}

TEST_CASE("tool: unfinished quotes and empty commands are refused", "[runner]") {
    CHECK(complaint("a 'b") == "bad command 'a 'b' in --compile: unbalanced '");
    CHECK(complaint("a \"b") == "bad command 'a \"b' in --compile: unbalanced \"");
    CHECK(complaint("a\\") == "bad command 'a\\' in --compile: it ends in a backslash");
    CHECK(complaint("  ") == "bad command in --compile: it is empty");
}

TEST_CASE("tool: limits are generous, and never below the program's", "[runner]") {
    Limits program;
    program.memory_bytes = 64u << 20;
    program.wall = std::chrono::minutes(10);
    program.cpu_set = "1";
    const Limits limits = tool_limits(program);
    CHECK(limits.memory_bytes == std::uint64_t{2} << 30);
    CHECK(limits.wall == std::chrono::minutes(10));
    CHECK(limits.cpu == std::chrono::minutes(1));
    CHECK(limits.processes == 256u);
    CHECK(limits.cpu_set == "1");
}
