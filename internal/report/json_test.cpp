#include "internal/report/json.hpp"

#include <catch2/catch.hpp>
#include <limits>

using assay::report::Json;

TEST_CASE("json: an object prints its keys in the order they were set", "[report]") {
    const Json json = Json::object().set("zeta", 1).set("alpha", "x").set("none", Json());
    CHECK(json.compact() == R"({"zeta":1,"alpha":"x","none":null})");
}

TEST_CASE("json: the indented form nests by two spaces and ends in a newline", "[report]") {
    const Json json = Json::object()
                          .set("a", Json::array().push(1).push(true))
                          .set("empty", Json::array())
                          .set("o", Json::object());
    CHECK(json.pretty() ==
          "{\n  \"a\": [\n    1,\n    true\n  ],\n  \"empty\": [],\n  \"o\": {}\n}\n");
}

TEST_CASE("json: numbers are written without loss and without needless exponents", "[report]") {
    CHECK(Json(std::numeric_limits<std::uint64_t>::max()).compact() == "18446744073709551615");
    CHECK(Json(std::numeric_limits<std::int64_t>::min()).compact() == "-9223372036854775808");
    CHECK(Json(1.0034).compact() == "1.0034");
    CHECK(Json(0.25).compact() == "0.25");
    CHECK(Json(0.0).compact() == "0");
    CHECK(Json(1e-9).compact() == "0.000000001");
    CHECK(Json(1e300).compact() == "1e+300");
}

TEST_CASE("json: what JSON cannot say of a number is null", "[report]") {
    CHECK(Json(std::numeric_limits<double>::infinity()).compact() == "null");
    CHECK(Json(std::numeric_limits<double>::quiet_NaN()).compact() == "null");
}

TEST_CASE("json: an absent optional is null", "[report]") {
    CHECK(Json(std::optional<int>()).compact() == "null");
    CHECK(Json(std::optional<int>(7)).compact() == "7");
}

TEST_CASE("json: a range becomes an array", "[report]") {
    const std::vector<std::string> words = {"a", "b"};
    CHECK(Json::array_of(words).compact() == R"(["a","b"])");
}

TEST_CASE("json: quotes, backslashes and control characters are escaped", "[report]") {
    CHECK(Json("a\"b\\c").compact() == R"("a\"b\\c")");
    CHECK(Json("\n\r\t\x01\x1b\x7f").compact() == R"("\n\r\t\u0001\u001b\u007f")");
    CHECK(Json(std::string_view("a\0b", 3)).compact() == R"("a\u0000b")");
    CHECK(Json("\xC2\x9B").compact() == R"("\u009b")");
    CHECK(Json::object().set("k\n", 1).compact() == R"({"k\n":1})");
}

TEST_CASE("json: bytes that are not UTF-8 become the replacement character", "[report]") {
    CHECK(Json("a\xFFz").compact() == "\"a\xEF\xBF\xBDz\"");
    CHECK(Json("\xC0\x80").compact() == "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
    CHECK(Json("\xED\xA0\x80").compact() == "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
    CHECK(Json("cut \xE2\x82").compact() == "\"cut \xEF\xBF\xBD\"");
    CHECK(Json("ä€😀").compact() == "\"ä€😀\"");
}

TEST_CASE("json: seconds of a duration have its digits and no more", "[report]") {
    using std::chrono::nanoseconds;
    CHECK(Json(assay::report::seconds(nanoseconds(1'003'400'000))).compact() == "1.0034");
    CHECK(Json(assay::report::seconds(nanoseconds(123'456'789'012'345))).compact() ==
          "123456.789012345");
    CHECK(Json(assay::report::seconds(nanoseconds(1))).compact() == "0.000000001");
}
