#include "internal/redis/types/bits.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <random>
#include <vector>

namespace assay::redis::bits {
namespace {

bool bit_at(std::string_view bytes, std::uint64_t at) {
    return (static_cast<unsigned char>(bytes[at / 8]) >> (7 - at % 8) & 1) != 0;
}

std::string random_bytes(std::mt19937_64& random, std::size_t size) {
    std::string bytes(size, '\0');
    // Long runs of equal bytes, for the paths that go by words.
    const auto fill = static_cast<char>(random() % 2 == 0 ? 0 : 0xFF);
    for (char& byte : bytes) byte = random() % 20 == 0 ? static_cast<char>(random()) : fill;
    return bytes;
}

TEST_CASE("counting and searching agree with looking at each bit") {
    std::printf("bits model: seed 99\n");
    std::mt19937_64 random(99);
    for (int i = 0; i < 3000; ++i) {
        const std::string bytes = random_bytes(random, 1 + random() % 100);
        const std::uint64_t total = bytes.size() * 8;
        const std::uint64_t begin = random() % total;
        const std::uint64_t end = begin + random() % (total - begin + 1);
        const bool wanted = random() % 2 == 0;
        std::uint64_t ones = 0;
        std::optional<std::uint64_t> first;
        for (std::uint64_t at = begin; at < end; ++at) {
            ones += bit_at(bytes, at) ? 1 : 0;
            if (!first && bit_at(bytes, at) == wanted) first = at;
        }
        REQUIRE(count(bytes, begin, end) == ones);
        REQUIRE(find(bytes, wanted, begin, end) == first);
    }
}

TEST_CASE("strings are combined to the length of the longest") {
    const std::string long_one = "\xff\x0f\xaa\x55\xff\xff\xff\xff\xff\x01";
    const std::string short_one = "\xf0\xff";
    const std::vector<std::string_view> both = {long_one, short_one};
    const std::vector<std::string_view> swapped = {short_one, long_one};
    using std::string_literals::operator""s;
    CHECK(combine(Operation::kAnd, both) == "\xf0\x0f\0\0\0\0\0\0\0\0"s);
    CHECK(combine(Operation::kAnd, swapped) == combine(Operation::kAnd, both));
    CHECK(combine(Operation::kOr, both) == "\xff\xff" + long_one.substr(2));
    CHECK(combine(Operation::kXor, swapped) == "\x0f\xf0" + long_one.substr(2));
    CHECK(combine(Operation::kNot, std::vector<std::string_view>{short_one}) == "\x0f\0"s);
    CHECK(combine(Operation::kOr, std::vector<std::string_view>{"", ""}).empty());
}

TEST_CASE("field types are i1 to i64 and u1 to u63") {
    CHECK(parse_field_type("i64")->width == 64);
    CHECK(parse_field_type("i1")->is_signed);
    CHECK_FALSE(parse_field_type("u63")->is_signed);
    for (const char* bad :
         {"", "u", "i", "u64", "i65", "u0", "i0", "x8", "u-1", "u8x", "u08", "8"}) {
        INFO(bad);
        CHECK_FALSE(parse_field_type(bad));
    }
}

TEST_CASE("a field reads back what was written and leaves its neighbours alone") {
    std::mt19937_64 random(7);
    for (int i = 0; i < 3000; ++i) {
        const bool is_signed = random() % 2 == 0;
        const auto width = static_cast<unsigned>(1 + random() % (is_signed ? 64 : 63));
        const FieldType type{is_signed, width};
        std::string bytes(32, static_cast<char>(random()));
        const std::string before = bytes;
        const std::uint64_t offset = random() % (256 - width + 1);
        const auto number = static_cast<std::int64_t>(random());
        set_field(bytes, type, offset, number);
        const std::int64_t wrapped = *add_field(type, number, 0, Overflow::kWrap);
        REQUIRE(get_field(bytes, type, offset) == wrapped);
        for (std::uint64_t at = 0; at < 256; ++at) {
            if (at >= offset && at < offset + width) continue;
            REQUIRE(bit_at(bytes, at) == bit_at(before, at));
        }
    }
    CHECK(get_field("\xff", {false, 16}, 4) == 0xF000);
    CHECK(get_field("", {true, 64}, 1'000'000) == 0);
}

TEST_CASE("a sum beyond the type wraps, saturates or fails") {
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
    const FieldType i8{true, 8};
    const FieldType u8{false, 8};
    const FieldType i64{true, 64};
    const FieldType u63{false, 63};
    CHECK(add_field(i8, 127, 1, Overflow::kWrap) == -128);
    CHECK(add_field(i8, 127, 1, Overflow::kSaturate) == 127);
    CHECK_FALSE(add_field(i8, 127, 1, Overflow::kFail));
    CHECK(add_field(i8, -128, -1, Overflow::kWrap) == 127);
    CHECK(add_field(i8, -100, -100, Overflow::kSaturate) == -128);
    CHECK(add_field(u8, 255, 1, Overflow::kWrap) == 0);
    CHECK(add_field(u8, 0, -1, Overflow::kWrap) == 255);
    CHECK(add_field(u8, 3, -7, Overflow::kSaturate) == 0);
    CHECK(add_field(u8, -1, 0, Overflow::kSaturate) == 255);
    CHECK(add_field(i64, kMax, 1, Overflow::kWrap) == kMin);
    CHECK(add_field(i64, kMax, kMax, Overflow::kSaturate) == kMax);
    CHECK(add_field(i64, kMin, -1, Overflow::kSaturate) == kMin);
    CHECK_FALSE(add_field(i64, kMin, kMin, Overflow::kFail));
    CHECK(add_field(u63, kMax, 1, Overflow::kWrap) == 0);
    CHECK(add_field({true, 1}, 0, 1, Overflow::kWrap) == -1);
    CHECK(add_field({true, 1}, 0, 1, Overflow::kSaturate) == 0);
}

}  // namespace
}  // namespace assay::redis::bits
