#include "pkg/resp/numbers.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace assay::resp {
namespace {

// Of a double: 0.DIGITS times ten to the power `point`.
struct Decimal {
    std::array<char, 17> digits;
    int count = 0;
    int point = 0;
};

Decimal shortest_decimal(double value) {
    std::array<char, kMaxDoubleText> text;
    char* const end =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific)
            .ptr;
    Decimal decimal;
    const char* at = text.data();
    for (; *at != 'e'; ++at) {
        if (*at != '.') decimal.digits[static_cast<std::size_t>(decimal.count++)] = *at;
    }
    ++at;
    if (*at == '+') ++at;
    int exponent = 0;
    std::from_chars(at, end, exponent);
    decimal.point = exponent + 1;
    return decimal;
}

char* copy_digits(char* to, const Decimal& decimal, int begin, int end) {
    return std::copy(decimal.digits.data() + begin, decimal.digits.data() + end, to);
}

char* write_scientific(char* to, const Decimal& decimal) {
    to = copy_digits(to, decimal, 0, 1);
    if (decimal.count > 1) {
        *to++ = '.';
        to = copy_digits(to, decimal, 1, decimal.count);
    }
    const int exponent = decimal.point - 1;
    *to++ = 'e';
    *to++ = exponent < 0 ? '-' : '+';
    return write_uint64(to, static_cast<std::uint64_t>(std::abs(exponent)));
}

// Which form a number gets depends on how many digits it has, as Redis' printer has it: 1e+22 but
// 123456700000, 1e-7 but 0.00000012.
char* write_decimal(char* to, const Decimal& decimal) {
    const int zeros = decimal.point - decimal.count;  // behind the digits; negative: a fraction
    const int exponent = std::abs(decimal.point - 1);
    if (zeros >= 0 && exponent < decimal.count + 7) {
        to = copy_digits(to, decimal, 0, decimal.count);
        return std::fill_n(to, zeros, '0');
    }
    if (zeros >= 0 || (zeros <= -7 && exponent >= 4)) return write_scientific(to, decimal);
    if (decimal.point <= 0) {
        *to++ = '0';
        *to++ = '.';
        to = std::fill_n(to, -decimal.point, '0');
        return copy_digits(to, decimal, 0, decimal.count);
    }
    to = copy_digits(to, decimal, 0, decimal.point);
    *to++ = '.';
    return copy_digits(to, decimal, decimal.point, decimal.count);
}

char* write_text(char* to, std::string_view text) {
    return std::copy(text.begin(), text.end(), to);
}

// strtod(3) for any text, which may have no terminating zero, and Redis' conditions on it.
template <class Number, Number (*convert)(const char*, char**)>
std::optional<Number> convert_all(std::string_view text) {
    if (text.empty() || std::isspace(static_cast<unsigned char>(text.front())) != 0) {
        return std::nullopt;
    }
    std::array<char, 128> small;
    std::string large;
    const char* from = small.data();
    if (text.size() < small.size()) {
        *write_text(small.data(), text) = '\0';
    } else {
        large = text;
        from = large.c_str();
    }
    errno = 0;
    char* end = nullptr;
    const Number value = convert(from, &end);
    if (end != from + text.size() || std::isnan(value)) return std::nullopt;
    // A denormal number is out of range for strtod, not for Redis. Redis asks for the infinity of a
    // double, which that of a long double equals.
    if (errno == ERANGE && (std::isinf(value) || value == 0)) return std::nullopt;
    return value;
}

}  // namespace

std::string to_text(std::int64_t value) {
    std::array<char, kMaxIntegerText> text;
    return {text.data(), write_int64(text.data(), value)};
}

char* write_double(char* to, double value) {
    if (std::isnan(value)) return write_text(to, "nan");
    if (std::signbit(value)) {
        *to++ = '-';
        value = -value;
    }
    if (std::isinf(value)) return write_text(to, "inf");
    constexpr double kMaxWhole = 4611686018427387904.0;  // 2^62
    if (value <= kMaxWhole) {
        const auto whole = static_cast<std::uint64_t>(value);
        if (static_cast<double>(whole) == value) return write_uint64(to, whole);
    }
    return write_decimal(to, shortest_decimal(value));
}

std::string to_text(double value) {
    std::array<char, kMaxDoubleText> text;
    return {text.data(), write_double(text.data(), value)};
}

std::optional<double> parse_double(std::string_view text) {
    // The usual decimal form; what is special in any way is strtod's.
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data(), end, value);
    if (failure == std::errc{} && stop == end && std::isfinite(value)) return value;
    return convert_all<double, std::strtod>(text);
}

std::optional<long double> parse_long_double(std::string_view text) {
    if (text.size() > kMaxLongDoubleText) return std::nullopt;
    return convert_all<long double, std::strtold>(text);
}

std::string to_human_text(long double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    std::array<char, kMaxLongDoubleText + 1> text;
    const int size = std::snprintf(text.data(), text.size(), "%.17Lf", value);
    std::string_view human(text.data(), static_cast<std::size_t>(size));
    human.remove_suffix(human.size() - 1 - human.find_last_not_of('0'));
    if (human.ends_with('.')) human.remove_suffix(1);
    return std::string(human == "-0" ? "0" : human);
}

}  // namespace assay::resp
