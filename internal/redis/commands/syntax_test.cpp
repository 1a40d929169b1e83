#include "internal/redis/commands/syntax.hpp"

#include <catch2/catch.hpp>

using assay::redis::commands::Argument;
using assay::redis::commands::parse_syntax;

TEST_CASE("words are strings, words in capitals are tokens") {
    const auto arguments = parse_syntax("value GET count:int score:double p:pattern at:unix-time");
    REQUIRE(arguments.size() == 6);
    CHECK(arguments[0].name == "value");
    CHECK(arguments[0].kind == Argument::Kind::string);
    CHECK(arguments[1].kind == Argument::Kind::token);
    CHECK(arguments[1].token == "GET");
    CHECK(arguments[2].kind == Argument::Kind::integer);
    CHECK(arguments[2].name == "count");
    CHECK(arguments[3].kind == Argument::Kind::real);
    CHECK(arguments[4].kind == Argument::Kind::pattern);
    CHECK(arguments[5].kind == Argument::Kind::unix_time);
}

TEST_CASE("keys know their key spec") {
    const auto arguments = parse_syntax("key@0 destination@ [BY<pattern:pattern@1>]");
    REQUIRE(arguments.size() == 3);
    CHECK(arguments[0].kind == Argument::Kind::key);
    CHECK(arguments[0].key_spec == 0);
    CHECK_FALSE(arguments[1].key_spec);
    CHECK(arguments[2].kind == Argument::Kind::pattern);
    CHECK(arguments[2].key_spec == 1);
    CHECK(arguments[2].token == "BY");
}

TEST_CASE("groups nest, and each argument says whether it may be missing or come again") {
    const auto arguments = parse_syntax(
        "[trim{strategy(MAXLEN|MINID^6.2.0) [operator(equal==|approximately=~)] threshold "
        "[LIMIT<count:int>^6.2.0]}] field_value{field value}... [GET<pattern:pattern>..+]");
    REQUIRE(arguments.size() == 3);
    const Argument& trim = arguments[0];
    CHECK(trim.optional);
    CHECK(trim.kind == Argument::Kind::block);
    REQUIRE(trim.arguments.size() == 4);
    CHECK(trim.arguments[0].kind == Argument::Kind::one_of);
    CHECK(trim.arguments[0].arguments[1].since == "6.2.0");
    CHECK(trim.arguments[1].arguments[0].name == "equal");
    CHECK(trim.arguments[1].arguments[0].token == "=");
    CHECK(trim.arguments[3].token == "LIMIT");
    CHECK(trim.arguments[3].since == "6.2.0");
    CHECK(arguments[1].multiple);
    CHECK_FALSE(arguments[1].multiple_token);
    CHECK(arguments[2].multiple_token);
}

TEST_CASE("names may hold colons and slashes; a version may end an argument's life") {
    const auto arguments = parse_syntax("filter(ip:port!2.8.12|[SKIPME<yes/no>]) id=*");
    REQUIRE(arguments.size() == 2);
    CHECK(arguments[0].arguments[0].name == "ip:port");
    CHECK(arguments[0].arguments[0].deprecated_since == "2.8.12");
    CHECK(arguments[0].arguments[1].arguments.empty());
    CHECK(arguments[0].arguments[1].token == "SKIPME");
    CHECK(arguments[1].token == "*");
}

TEST_CASE("text that breaks the grammar is no tree") {
    for (const auto* text : {"a(", "a{b c", "[a", "TOKEN<a", "a b)", "|"}) {
        CAPTURE(text);
        CHECK(parse_syntax(text).empty());
    }
}
