#include "pkg/resp/numbers.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

namespace assay::resp {
namespace {

constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
constexpr auto kMost = std::numeric_limits<std::int64_t>::max();

TEST_CASE("numbers: integers print and parse at every length", "[resp]") {
    std::uint64_t power = 1;
    for (unsigned digits = 1; digits <= 19; ++digits, power *= 10) {
        for (const std::uint64_t value : {power - 1, power, power + 1, power * 3}) {
            CHECK(count_digits(value) == std::to_string(value).size());
            const auto number = static_cast<std::int64_t>(value);
            for (const std::int64_t signed_value : {number, -number}) {
                CHECK(to_text(signed_value) == std::to_string(signed_value));
                CHECK(parse_int64(to_text(signed_value)) == signed_value);
            }
        }
    }
    CHECK(to_text(kLeast) == "-9223372036854775808");
    CHECK(parse_int64("-9223372036854775808") == kLeast);
    CHECK(parse_int64("9223372036854775807") == kMost);
    std::array<char, kMaxIntegerText> text;
    CHECK(std::string(text.data(), write_uint64(text.data(), UINT64_MAX)) ==
          "18446744073709551615");
    CHECK(count_digits(UINT64_MAX) == 20);
    CHECK(count_digits(10000000000000000000u) == 20);
}

TEST_CASE("numbers: only canonical integers are integers", "[resp]") {
    for (const char* text :
         {"", "-", "+1", "-0", "00", "01", "-01", " 1", "1 ", "1a", "a", "0x1", "1.0", "--1",
          "9223372036854775808", "-9223372036854775809", "18446744073709551616",
          "99999999999999999999", "111111111111111111111"}) {
        INFO(text);
        CHECK(parse_int64(text) == std::nullopt);
    }
    CHECK(parse_int64(std::string_view("1\0", 2)) == std::nullopt);
}

TEST_CASE("numbers: doubles print as Redis prints them", "[resp]") {
    const std::pair<double, const char*> cases[] = {
        {0.0, "0"},
        {-0.0, "-0"},
        {3.0, "3"},
        {-17.0, "-17"},
        {1.5, "1.5"},
        {0.1, "0.1"},
        {-0.001, "-0.001"},
        {3.3, "3.3"},
        {1e-5, "0.00001"},
        {1e-6, "0.000001"},
        {1.5e-6, "1.5e-6"},
        {1.5e-3, "0.0015"},
        {0.00012345678901234567, "1.2345678901234567e-4"},
        {0.0012345678901234567, "0.0012345678901234567"},
        {1e-7, "1e-7"},
        {1.5e-7, "1.5e-7"},
        {1.234567e-7, "1.234567e-7"},
        {1e15, "1000000000000000"},
        {1e18, "1000000000000000000"},
        {4611686018427387904.0, "4611686018427387904"},
        {1e19, "1e+19"},
        {1.2345678901234567e19, "12345678901234567000"},
        {1e20, "1e+20"},
        {1e22, "1e+22"},
        {-1.5e300, "-1.5e+300"},
        {1e100, "1e+100"},
        {5e-324, "5e-324"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {1234567.891, "1234567.891"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
        {NAN, "nan"},
        {-NAN, "nan"},
    };
    for (const auto& [value, text] : cases) CHECK(to_text(value) == text);
}

TEST_CASE("numbers: doubles read back as the same number", "[resp]") {
    std::mt19937_64 random(7);
    for (int i = 0; i < 20000; ++i) {
        const auto value = std::bit_cast<double>(random());
        if (!std::isfinite(value)) continue;
        const std::string text = to_text(value);
        CHECK(text.size() <= kMaxDoubleText);
        CHECK(parse_double(text) == value);
    }
}

TEST_CASE("numbers: doubles are read with Redis' strictness", "[resp]") {
    CHECK(parse_double("1.5") == 1.5);
    CHECK(parse_double("+1.5") == 1.5);
    CHECK(parse_double("-.5e1") == -5);
    CHECK(parse_double("5.") == 5);
    CHECK(parse_double("0x10") == 16);
    CHECK(parse_double("0x1p-2") == 0.25);
    CHECK(parse_double("inf") == INFINITY);
    CHECK(parse_double("-INF") == -INFINITY);
    CHECK(parse_double("+infinity") == INFINITY);
    CHECK(parse_double("4e-324") == 5e-324);
    CHECK(parse_double("00012") == 12);
    CHECK(parse_double(std::string(1000, '0') + "1") == 1);
    for (const char* text : {"", " 1", "1 ", "\n1", "nan", "-nan", "nan(1)", "1e", "1.5x", "1e400",
                             "-1e400", "1e-400", "0x", ".", "e1", "--1", "i"}) {
        INFO(text);
        CHECK(parse_double(text) == std::nullopt);
    }
    CHECK(parse_double(std::string_view("1\0", 2)) == std::nullopt);
}

TEST_CASE("numbers: long doubles have 17 decimals at most and no exponent", "[resp]") {
    CHECK(to_human_text(3.0L) == "3");
    CHECK(to_human_text(-3.0L) == "-3");
    CHECK(to_human_text(100.0L) == "100");
    CHECK(to_human_text(0.0L) == "0");
    CHECK(to_human_text(-0.0L) == "0");
    CHECK(to_human_text(-1e-30L) == "0");
    CHECK(to_human_text(10.5L) == "10.5");
    CHECK(to_human_text(*parse_long_double("0.1")) == "0.1");
    CHECK(to_human_text(*parse_long_double("3.0e3") + *parse_long_double("200")) == "3200");
    CHECK(to_human_text(1e22L) == "10000000000000000000000");
    CHECK(to_human_text(INFINITY) == "inf");
    CHECK(to_human_text(-INFINITY) == "-inf");
    CHECK(to_human_text(NAN) == "nan");
    CHECK(to_human_text(std::numeric_limits<long double>::max()).size() == 4933);
}

TEST_CASE("numbers: long doubles are read with Redis' strictness", "[resp]") {
    CHECK(parse_long_double("1e400") == 1e400L);
    CHECK(parse_long_double("0x1p-2") == 0.25L);
    CHECK(parse_long_double("inf") == INFINITY);
    for (const char* text : {"", " 1", "1 ", "nan", "1e5000", "1e-5000", "1x"}) {
        INFO(text);
        CHECK(parse_long_double(text) == std::nullopt);
    }
    CHECK(parse_long_double(std::string(kMaxLongDoubleText, '1').replace(0, 4990, 4990, '0')));
    CHECK(parse_long_double(std::string(kMaxLongDoubleText + 1, '0')) == std::nullopt);
}

}  // namespace
}  // namespace assay::resp
