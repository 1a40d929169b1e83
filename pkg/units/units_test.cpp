#include "pkg/units/units.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <random>

namespace assay::units {
namespace {

using std::chrono::nanoseconds;
using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""us;
using std::chrono_literals::operator""ns;

constexpr auto kMaxU64 = std::numeric_limits<std::uint64_t>::max();

TEST_CASE("units: durations are exact", "[units]") {
    CHECK(parse_duration("300ms").value() == 300ms);
    CHECK(parse_duration("1.5s").value() == 1500ms);
    CHECK(parse_duration("2m").value() == 2min);
    CHECK(parse_duration("1h").value() == 1h);
    CHECK(parse_duration("1d").value() == 24h);
    CHECK(parse_duration("250us").value() == 250us);
    CHECK(parse_duration("10ns").value() == 10ns);
    CHECK(parse_duration("0").value() == 0ns);
    CHECK(parse_duration("1h30m").value() == 90min);
    CHECK(parse_duration("1m1.5s20ms").value() == 61520ms);
    CHECK(parse_duration("0s").value() == 0ns);
    CHECK(parse_duration("0.1s").value() == 100ms);
    CHECK(parse_duration("0.000000001s").value() == 1ns);
    CHECK(parse_duration("1.500000000000000000000000s").value() == 1500ms);
    CHECK(parse_duration("9223372036854775807ns").value() == nanoseconds::max());
    CHECK(parse_duration("9223372036.854775807s").value() == nanoseconds::max());
}

TEST_CASE("units: a bad duration says what is wrong and how to write it", "[units]") {
    const auto message = [](std::string_view text) {
        return to_string(parse_duration(text).error());
    };
    CHECK(message("5x") == "bad duration '5x': unknown unit 'x'; write it like 300ms, 1.5s or 2m");
    CHECK(message("1h30") == "bad duration '1h30': no unit; write it like 300ms, 1.5s or 2m");
    CHECK(message("1s5x") ==
          "bad duration '1s5x': unknown unit 'x'; write it like 300ms, 1.5s or 2m");
    CHECK(message("9223372036s1s") ==
          "bad duration '9223372036s1s': too large; write it like 300ms, 1.5s or 2m");
    CHECK(message("1") == "bad duration '1': no unit; write it like 300ms, 1.5s or 2m");
    CHECK_THAT(message(""), Catch::Contains("nothing there"));
    CHECK_THAT(message("s"), Catch::Contains("not a number"));
    CHECK_THAT(message("-1s"), Catch::Contains("must not be negative"));
    CHECK_THAT(message("+1s"), Catch::Contains("not a number"));
    CHECK_THAT(message(" 1s"), Catch::Contains("not a number"));
    CHECK_THAT(message("1 s"), Catch::Contains("unknown unit ' s'"));
    CHECK_THAT(message("1.s"), Catch::Contains("no digit after the point"));
    CHECK_THAT(message("1S"), Catch::Contains("unknown unit 'S'"));
    CHECK_THAT(message("1e3s"), Catch::Contains("unknown unit 'e3s'"));
    CHECK_THAT(message("1.5ns"), Catch::Contains("finer than the smallest unit"));
    CHECK_THAT(message("9223372036854775808ns"), Catch::Contains("too large"));
    CHECK_THAT(message("99999999999999999999999999s"), Catch::Contains("too large"));
    CHECK_THAT(message("0.1234567890123456789s"), Catch::Contains("too many digits"));
    CHECK_THAT(message("1\ns"), Catch::Contains("'1\\x0as'"));
    CHECK(message(std::string(1 << 20, '7')).size() < 300);
    CHECK(parse_duration("5x").error().kind == ErrorKind::kUsage);
}

TEST_CASE("units: sizes are powers of 1024 in any case", "[units]") {
    for (const char* text : {"64k", "64K", "64kb", "64KB", "64KiB", "64kib", "65536", "65536B"}) {
        INFO(text);
        CHECK(parse_size(text).value() == Bytes{65536});
    }
    CHECK(parse_size("1.5M").value() == Bytes{1'572'864});
    CHECK(parse_size("1G").value() == Bytes{1ull << 30});
    CHECK(parse_size("1T").value() == Bytes{1ull << 40});
    CHECK(parse_size("0").value() == Bytes{0});
    CHECK(parse_size("15E").value() == Bytes{15ull << 60});
    CHECK(parse_size("18446744073709551615").value() == Bytes{kMaxU64});
    CHECK_FALSE(parse_size("16E").has_value());
    CHECK_FALSE(parse_size("18446744073709551616").has_value());
    CHECK_FALSE(parse_size("0.1k").has_value());
    CHECK_FALSE(parse_size("1.5").has_value());
    CHECK_FALSE(parse_size("64iB").has_value());
    CHECK_FALSE(parse_size("64kk").has_value());
    CHECK_FALSE(parse_size("0x10").has_value());
    CHECK(to_string(parse_size("64Q").error()) ==
          "bad size '64Q': unknown unit 'Q'; write it like 64k, 64M or 1.5G");
}

TEST_CASE("units: counts are powers of 1000", "[units]") {
    CHECK(parse_count("10").value() == Count{10});
    CHECK(parse_count("1k").value() == Count{1000});
    CHECK(parse_count("2.5M").value() == Count{2'500'000});
    CHECK(parse_count("1G").value() == Count{1'000'000'000});
    CHECK_FALSE(parse_count("1.5").has_value());
    CHECK_FALSE(parse_count("10B").has_value());
    CHECK_FALSE(parse_count("-1").has_value());
    CHECK(to_string(parse_count("many").error()) ==
          "bad count 'many': not a number; write it like 10, 1k or 2.5M");
}

TEST_CASE("units: rates are per second, minute or hour", "[units]") {
    CHECK(parse_rate("500/s").value() == Rate{500});
    CHECK(parse_rate("30/m").value() == Rate{0.5});
    CHECK(parse_rate("36/h").value() == Rate{0.01});
    CHECK(parse_rate("1k/s").value() == Rate{1000});
    CHECK(parse_rate("0.5/s").value() == Rate{0.5});
    CHECK_FALSE(parse_rate("500").has_value());
    CHECK_FALSE(parse_rate("500/").has_value());
    CHECK_FALSE(parse_rate("500/d").has_value());
    CHECK_FALSE(parse_rate("/s").has_value());
    CHECK_FALSE(parse_rate("5x/s").has_value());
    CHECK_FALSE(parse_rate("1" + std::string(400, '0') + "/s").has_value());
}

TEST_CASE("units: values are spelled as short as they can be", "[units]") {
    CHECK(spell(nanoseconds{0}) == "0");
    CHECK(spell(1500ms) == "1.5s");
    CHECK(spell(100ms) == "100ms");
    CHECK(spell(60s) == "1m");
    CHECK(spell(90s) == "90s");
    CHECK(spell(24h) == "1d");
    CHECK(spell(1ns) == "1ns");
    CHECK(spell(-1500ms) == "-1.5s");
    CHECK(spell(Bytes{67'108'864}) == "64M");
    CHECK(spell(Bytes{1'572'864}) == "1.5M");
    CHECK(spell(Bytes{1000}) == "1000");
    CHECK(spell(Bytes{0}) == "0");
    CHECK(spell(Count{1500}) == "1500");
    CHECK(spell(Count{2'500'000}) == "2.5M");
    CHECK(spell(Rate{500}) == "500/s");
    CHECK(spell(Rate{0.5}) == "30/m");
    CHECK(spell(Rate{0.3}) == "18/m");
    CHECK(spell(parse_rate("10/m").value()) == "10/m");
    CHECK(spell(parse_rate("7/h").value()) == "7/h");
}

TEST_CASE("units: whatever is spelled reads back as the same value", "[units]") {
    std::mt19937_64 random(20231);
    for (int round = 0; round < 20'000; ++round) {
        // Values of every magnitude, half of them round.
        std::uint64_t value = random() >> (random() % 64);
        if (round % 2 == 0) value -= value % (1ull << (random() % 40));
        if (round % 3 == 0) value -= value % 1'000'000;
        INFO(value);
        REQUIRE(parse_size(spell(Bytes{value})).value() == Bytes{value});
        REQUIRE(parse_count(spell(Count{value})).value() == Count{value});
        const nanoseconds duration{static_cast<std::int64_t>(value >> 1)};
        REQUIRE(parse_duration(spell(duration)).value() == duration);
        const Rate rate{static_cast<double>(value) / 3600};
        REQUIRE(parse_rate(spell(rate)).value() == rate);
    }
}

TEST_CASE("units: any text is either refused or stable under spelling", "[units]") {
    constexpr std::string_view kAlphabet = "0123456789..kMGTEBibsmhdnu/- \n";
    std::mt19937 random(7);
    std::string text;
    for (int round = 0; round < 50'000; ++round) {
        text.clear();
        for (auto length = random() % 12; length > 0; --length) {
            text += kAlphabet[random() % kAlphabet.size()];
        }
        INFO(text);
        if (const auto d = parse_duration(text)) REQUIRE(parse_duration(spell(*d)).value() == *d);
        if (const auto b = parse_size(text)) REQUIRE(parse_size(spell(*b)).value() == *b);
        if (const auto c = parse_count(text)) REQUIRE(parse_count(spell(*c)).value() == *c);
        if (const auto r = parse_rate(text)) REQUIRE(parse_rate(spell(*r)).value() == *r);
    }
}

TEST_CASE("units: people read three digits", "[units]") {
    CHECK(human(nanoseconds{0}) == "0 s");
    CHECK(human(830ns) == "830 ns");
    CHECK(human(1230ms) == "1.23 s");
    CHECK(human(45'600us) == "45.6 ms");
    CHECK(human(999'600us) == "1.00 s");
    CHECK(human(999'400us) == "999 ms");
    CHECK(human(9'996us) == "10.0 ms");
    CHECK(human(75s) == "75.0 s");
    CHECK(human(150s) == "2.50 min");
    CHECK(human(3h) == "3.00 h");
    CHECK(human(-2s) == "-2.00 s");
    CHECK(human(Bytes{0}) == "0 B");
    CHECK(human(Bytes{512}) == "512 B");
    CHECK(human(Bytes{67'108'864}) == "64.0 MiB");
    CHECK(human(Bytes{849'920}) == "830 KiB");
    CHECK(human(Bytes{1010 * 1024}) == "0.99 MiB");
    CHECK(human(Bytes{kMaxU64}) == "16.0 EiB");
}

}  // namespace
}  // namespace assay::units
