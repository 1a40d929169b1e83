#include "internal/judge/execute/wording.hpp"

#include <catch2/catch.hpp>
#include <cerrno>

#include "internal/judge/execute/cpu_list.hpp"
#include "internal/judge/execute/slot_stack.hpp"

namespace assay::judge {
namespace {

TEST_CASE("wording: reasons are in small letters", "[judge]") {
    CHECK(failure("open", "a/b", ENOENT) == "open a/b: no such file or directory");
    CHECK(reason_of(EISDIR) == "is a directory");
    CHECK(reason_of(ENOSPC) == "no space left on device");
    CHECK(reason_of(123456) == "errno 123456");
}

TEST_CASE("wording: quotes stand for what cannot be shown", "[judge]") {
    CHECK(quoted("AB12") == "\"AB12\"");
    CHECK(quoted("a\"b\\c\n\x01") == "\"a\\\"b\\\\c\\n\\x01\"");
}

TEST_CASE("cpu list: ranges and single CPUs", "[judge]") {
    CHECK(parse_cpu_list("0-2,5") == std::vector<int>{0, 1, 2, 5});
    CHECK(parse_cpu_list("3") == std::vector<int>{3});
    for (const char* bad : {"", "x", "1-", "2-1", "1,", ",1", "1;2", "0-99999"}) {
        CHECK(parse_cpu_list(bad).empty());
    }
}

TEST_CASE("environment file: lines without blanks and comments", "[judge]") {
    const auto lines = parse_environment_file("A=1\n\n  # no\n  B=2 3 \r\nC=");
    REQUIRE(lines.has_value());
    CHECK(*lines == std::vector<std::string>{"A=1", "B=2 3", "C="});
    CHECK(parse_environment_file("")->empty());
}

TEST_CASE("environment file: a line without '=' is an error", "[judge]") {
    const auto lines = parse_environment_file("A=1\nnonsense\n");
    REQUIRE_FALSE(lines.has_value());
    CHECK(lines.error().message == "cannot use /.env: no '=' in 'nonsense'");
}

}  // namespace
}  // namespace assay::judge
