#include "internal/redis/text/glob.hpp"

#include <catch2/catch.hpp>
#include <string>

using assay::redis::Case;
using assay::redis::matches_glob;

TEST_CASE("a pattern of letters matches itself alone") {
    CHECK(matches_glob("abc", "abc"));
    CHECK_FALSE(matches_glob("abc", "ab"));
    CHECK_FALSE(matches_glob("abc", "abcd"));
    CHECK(matches_glob("", ""));
    CHECK_FALSE(matches_glob("", "a"));
}

TEST_CASE("stars stand for any text, question marks for one letter") {
    CHECK(matches_glob("*", ""));
    CHECK(matches_glob("h*o", "ho"));
    CHECK(matches_glob("h*o", "heyoo"));
    CHECK(matches_glob("*a*b*", "xxaxxbxx"));
    CHECK_FALSE(matches_glob("*a*b", "ba"));
    CHECK(matches_glob("h?llo", "hallo"));
    CHECK_FALSE(matches_glob("h?llo", "hllo"));
    CHECK(matches_glob("***", "x"));
}

TEST_CASE("classes hold letters, ranges in either direction, and their negation") {
    CHECK(matches_glob("h[ae]llo", "hello"));
    CHECK_FALSE(matches_glob("h[ae]llo", "hillo"));
    CHECK(matches_glob("h[^e]llo", "hallo"));
    CHECK_FALSE(matches_glob("h[^e]llo", "hello"));
    CHECK(matches_glob("[a-c]x", "bx"));
    CHECK(matches_glob("[c-a]x", "bx"));
    CHECK(matches_glob("[\\]]", "]"));
    CHECK(matches_glob("[ab", "a"));
    CHECK_FALSE(matches_glob("[]", "a"));
}

TEST_CASE("a backslash takes a letter's meaning away") {
    CHECK(matches_glob("a\\*b", "a*b"));
    CHECK_FALSE(matches_glob("a\\*b", "axb"));
    CHECK(matches_glob("a\\", "a\\"));
    CHECK(matches_glob("\\?", "?"));
}

TEST_CASE("case can be ignored") {
    CHECK(matches_glob("MAX*", "maxmemory", Case::ignored));
    CHECK(matches_glob("[A-C]", "b", Case::ignored));
    CHECK_FALSE(matches_glob("MAX*", "maxmemory"));
}

TEST_CASE("a hostile pattern costs no more than the product of the lengths") {
    std::string pattern;
    for (int i = 0; i < 2000; ++i) pattern += "a*";
    CHECK_FALSE(matches_glob(pattern + "b", std::string(5000, 'a')));
}
