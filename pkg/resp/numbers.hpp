// Numbers as Redis reads and prints them.
//
// Both directions are part of the wire contract: "007" is no integer, 3.0 prints as "3", 1e22 as
// "1e+22". Integers are parsed and printed here inline, because every reply has some; doubles print
// as the shortest digits that read back as the same number (Redis 7.2; 7.0 printed 17 digits).
// Rejected: std::from_chars for integers, which takes "007" and "-0", and snprintf("%.17g").
//
// Redis 7.2 finds the digits by Grisu2, which for one number in 250 gives others of the same
// length or one more than needed; std::to_chars gives the shortest and nearest. Both read back as
// the same number.
//
// Pure functions, thread-safe. The writers take room for the kMax… bytes of their kind and return
// the end of what they wrote; no terminating zero.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace assay::resp {

inline constexpr std::size_t kMaxIntegerText = 20;
inline constexpr std::size_t kMaxDoubleText = 32;
// Longer texts are no long doubles for Redis.
inline constexpr std::size_t kMaxLongDoubleText = 5 * 1024 - 1;

// How many decimal digits `value` has; 1 for zero.
constexpr unsigned count_digits(std::uint64_t value);

char* write_uint64(char* to, std::uint64_t value);
char* write_int64(char* to, std::int64_t value);
std::string to_text(std::int64_t value);

// A canonical integer only: what write_int64 prints. No plus sign, space, leading zero or "-0".
std::optional<std::int64_t> parse_int64(std::string_view text);

// "inf", "-inf", "nan", "-0", integers up to 2^62 without a point, else the shortest digits, with
// an exponent where that is Redis' form.
char* write_double(char* to, double value);
std::string to_text(double value);

// What strtod(3) reads, all of it: decimal, hexadecimal, "inf", "infinity", a plus sign. Not: empty
// text, leading space, nan, a number too large or too small for a double.
std::optional<double> parse_double(std::string_view text);

// The same by strtold(3), for INCRBYFLOAT.
std::optional<long double> parse_long_double(std::string_view text);

// Redis' human form, of INCRBYFLOAT and of coordinates: 17 decimals without their trailing zeros,
// never an exponent; "inf", "-inf", "nan".
std::string to_human_text(long double value);

namespace detail {

inline constexpr char kDigitPairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";

inline constexpr std::uint64_t kPowersOf10[20] = {
    0,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
    1000000000000000000,
    10000000000000000000u,
};

}  // namespace detail

constexpr unsigned count_digits(std::uint64_t value) {
    // 1233 / 4096 is a little more than log10(2): exact after one comparison.
    const auto bits = static_cast<unsigned>(std::bit_width(value | 1));
    const unsigned guess = bits * 1233 >> 12;
    return guess + (value >= detail::kPowersOf10[guess] ? 1 : 0);
}

inline char* write_uint64(char* to, std::uint64_t value) {
    if (value < 10) {
        *to = static_cast<char>('0' + value);
        return to + 1;
    }
    char* const end = to + count_digits(value);
    char* at = end;
    while (value >= 100) {
        at -= 2;
        std::memcpy(at, detail::kDigitPairs + 2 * (value % 100), 2);
        value /= 100;
    }
    if (value >= 10) {
        std::memcpy(at - 2, detail::kDigitPairs + 2 * value, 2);
    } else {
        *(at - 1) = static_cast<char>('0' + value);
    }
    return end;
}

inline char* write_int64(char* to, std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    if (value >= 0) return write_uint64(to, bits);
    *to = '-';
    return write_uint64(to + 1, 0 - bits);
}

inline std::optional<std::int64_t> parse_int64(std::string_view text) {
    if (text.empty() || text.size() > kMaxIntegerText) return std::nullopt;
    if (text == "0") return 0;
    const bool negative = text.front() == '-';
    if (negative) text.remove_prefix(1);
    if (text.empty() || text.front() < '1' || text.front() > '9') return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        const auto digit = static_cast<unsigned char>(c - '0');
        if (digit > 9 || __builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, digit, &value)) {
            return std::nullopt;
        }
    }
    constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
    if (value > kMax + (negative ? 1 : 0)) return std::nullopt;
    return static_cast<std::int64_t>(negative ? 0 - value : value);
}

}  // namespace assay::resp
