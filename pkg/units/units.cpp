#include "pkg/units/units.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>
#include <span>

namespace assay::units {
namespace {

__extension__ using Wide = unsigned __int128;

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr std::uint64_t kSecond = 1'000'000'000;

// From the smallest to the largest; the first is the one of factor 1 that can spell every value.
constexpr Unit kDurationUnits[] = {
    {"ns", 1},           {"us", 1'000},          {"ms", 1'000'000},      {"s", kSecond},
    {"m", 60 * kSecond}, {"h", 3'600 * kSecond}, {"d", 86'400 * kSecond}};
constexpr Unit kSizeUnits[] = {{"", 1},           {"k", 1ull << 10}, {"M", 1ull << 20},
                               {"G", 1ull << 30}, {"T", 1ull << 40}, {"P", 1ull << 50},
                               {"E", 1ull << 60}};
constexpr Unit kCountUnits[] = {
    {"", 1}, {"k", 1'000}, {"M", 1'000'000}, {"G", 1'000'000'000}, {"T", 1'000'000'000'000}};
constexpr Unit kPeriods[] = {{"s", 1}, {"m", 60}, {"h", 3'600}};

constexpr std::string_view kDigits = "0123456789";

constexpr std::string_view kDurationRemedy = "write it like 300ms, 1.5s or 2m";
constexpr std::string_view kSizeRemedy = "write it like 64k, 64M or 1.5G";
constexpr std::string_view kCountRemedy = "write it like 10, 1k or 2.5M";
constexpr std::string_view kRateRemedy = "write it like 500/s, 30/m or 1k/s";

// What is parsed, for messages.
struct Subject {
    std::string_view kind;
    std::string_view text;
    std::string_view remedy;

    Error error(std::string_view reason) const {
        std::string message = "bad ";
        message.append(kind).append(" ").append(in_quotes(text)).append(": ").append(reason);
        return usage_error(std::move(message), std::string(remedy));
    }
    Error unknown_unit(std::string_view unit) const {
        return error("unknown unit " + in_quotes(unit));
    }
};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_in_any_case(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (lower(a[i]) != lower(b[i])) return false;
    }
    return true;
}

// "12.50ms" as the views "12", "5" and "ms": trailing zeros of the fraction say nothing.
struct Split {
    std::string_view whole;
    std::string_view fraction;
    std::string_view unit;
};

std::string_view take_digits(std::string_view& text) {
    std::size_t length = 0;
    while (length < text.size() && is_digit(text[length])) ++length;
    const std::string_view digits = text.substr(0, length);
    text.remove_prefix(length);
    return digits;
}

// `rest` is the part of the subject's text to split.
Result<Split> split(const Subject& subject, std::string_view rest) {
    if (rest.empty()) return subject.error("nothing there");
    if (rest.front() == '-' && rest.size() > 1 && is_digit(rest[1])) {
        return subject.error("must not be negative");
    }
    Split result;
    result.whole = take_digits(rest);
    if (result.whole.empty()) return subject.error("not a number");
    if (!rest.empty() && rest.front() == '.') {
        rest.remove_prefix(1);
        result.fraction = take_digits(rest);
        if (result.fraction.empty()) return subject.error("no digit after the point");
        while (!result.fraction.empty() && result.fraction.back() == '0') {
            result.fraction.remove_suffix(1);
        }
    }
    result.unit = rest;
    return result;
}

// whole.fraction * factor, exact and at most `limit`.
Result<std::uint64_t> scale(const Split& split, std::uint64_t factor, std::uint64_t limit,
                            const Subject& subject) {
    // A fraction below 10^18 times any factor below 2^61 fits 128 bits.
    constexpr std::size_t kFractionDigits = 18;
    if (split.fraction.size() > kFractionDigits) return subject.error("too many digits");
    std::uint64_t whole = 0;
    const auto [end, status] =
        std::from_chars(split.whole.data(), split.whole.data() + split.whole.size(), whole);
    if (status != std::errc{}) return subject.error("too large");
    Wide fraction = 0;
    Wide power = 1;
    for (const char digit : split.fraction) {
        fraction = fraction * 10 + static_cast<unsigned>(digit - '0');
        power *= 10;
    }
    fraction *= factor;
    if (fraction % power != 0) return subject.error("finer than the smallest unit");
    const Wide value = Wide{whole} * factor + fraction / power;
    if (value > limit) return subject.error("too large");
    return static_cast<std::uint64_t>(value);
}

// "k", "KiB" and "kb" all name the unit "k"; "B" names bytes.
bool names_size(std::string_view spelling, std::string_view unit) {
    for (const std::string_view suffix : {"ib", "b", ""}) {
        if (spelling.size() != unit.size() + suffix.size() || (unit.empty() && suffix == "ib"))
            continue;
        if (equal_in_any_case(spelling.substr(0, unit.size()), unit) &&
            equal_in_any_case(spelling.substr(unit.size()), suffix)) {
            return true;
        }
    }
    return false;
}

template <class Matches>
const Unit* find_unit(std::span<const Unit> units, Matches matches) {
    for (const Unit& unit : units) {
        if (matches(unit.name)) return &unit;
    }
    return nullptr;
}

// value / factor as a decimal number, if that ends within 18 digits.
std::optional<std::string> exact_quotient(std::uint64_t value, std::uint64_t factor) {
    std::string text = std::to_string(value / factor);
    Wide remainder = value % factor;
    if (remainder == 0) return text;
    text += '.';
    for (int digits = 0; remainder != 0; ++digits) {
        if (digits == 18) return std::nullopt;
        remainder *= 10;
        text += static_cast<char>('0' + static_cast<int>(remainder / factor));
        remainder %= factor;
    }
    return text;
}

// The shortest spelling with a number of at least 1; of equals, the one without a fraction, then
// the larger unit.
std::string shortest(std::uint64_t value, std::span<const Unit> units) {
    std::string best;
    bool best_is_whole = false;
    for (const Unit& unit : units) {
        if (value < unit.factor && !best.empty()) break;
        const auto number = exact_quotient(value, unit.factor);
        if (!number) continue;
        const bool is_whole = value % unit.factor == 0;
        const std::size_t length = number->size() + unit.name.size();
        if (!best.empty() && length > best.size()) continue;
        if (!best.empty() && length == best.size() && best_is_whole && !is_whole) continue;
        best = *number + std::string(unit.name);
        best_is_whole = is_whole;
    }
    return best;
}

std::string shortest_decimal(double value) {
    // The longest fixed double has 309 digits, or 17 behind 307 zeros.
    std::array<char, 400> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                   std::chars_format::fixed);
    return std::string(buffer.data(), end.ptr);
}

// A unit for people, used until the value reaches `limit` of them.
struct HumanUnit {
    const char* name;
    double factor;
    double limit;
};

std::string three_digits(double value, std::span<const HumanUnit> units) {
    const HumanUnit* unit = &units.front();
    // Rounded first: 999.6 ms is printed as 1.00 s.
    while (unit != &units.back() && std::round(value / unit->factor) >= unit->limit) ++unit;
    const double number = value / unit->factor;
    const int decimals = unit == &units.front() || number >= 99.95 ? 0 : number >= 9.995 ? 1 : 2;
    std::array<char, 64> buffer{};
    const int length =
        std::snprintf(buffer.data(), buffer.size(), "%.*f %s", decimals, number, unit->name);
    return std::string(buffer.data(), static_cast<std::size_t>(length));
}

}  // namespace

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
    const Subject subject{"duration", text, kDurationRemedy};
    if (text == "0") return std::chrono::nanoseconds{0};
    constexpr auto kLimit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    std::uint64_t total = 0;
    do {
        ASSAY_TRY(const Split parts, split(subject, text));
        const std::string_view name = parts.unit.substr(0, parts.unit.find_first_of(kDigits));
        if (name.empty()) return subject.error("no unit");
        const Unit* unit =
            find_unit(kDurationUnits, [name](std::string_view known) { return known == name; });
        if (unit == nullptr) return subject.unknown_unit(parts.unit);
        ASSAY_TRY(const std::uint64_t value, scale(parts, unit->factor, kLimit - total, subject));
        total += value;
        text = parts.unit.substr(name.size());
    } while (!text.empty());
    return std::chrono::nanoseconds{static_cast<std::int64_t>(total)};
}

Result<Bytes> parse_size(std::string_view text) {
    const Subject subject{"size", text, kSizeRemedy};
    ASSAY_TRY(const Split parts, split(subject, text));
    const Unit* unit =
        find_unit(kSizeUnits, [&](std::string_view name) { return names_size(parts.unit, name); });
    if (unit == nullptr) return subject.unknown_unit(parts.unit);
    ASSAY_TRY(const std::uint64_t value,
              scale(parts, unit->factor, std::numeric_limits<std::uint64_t>::max(), subject));
    return Bytes{value};
}

Result<Count> parse_count(std::string_view text) {
    const Subject subject{"count", text, kCountRemedy};
    ASSAY_TRY(const Split parts, split(subject, text));
    const Unit* unit = find_unit(
        kCountUnits, [&](std::string_view name) { return equal_in_any_case(name, parts.unit); });
    if (unit == nullptr) return subject.unknown_unit(parts.unit);
    ASSAY_TRY(const std::uint64_t value,
              scale(parts, unit->factor, std::numeric_limits<std::uint64_t>::max(), subject));
    return Count{value};
}

Result<Rate> parse_rate(std::string_view text) {
    const Subject subject{"rate", text, kRateRemedy};
    ASSAY_TRY(const Split parts, split(subject, text));
    const std::size_t slash = parts.unit.find('/');
    if (slash == std::string_view::npos) return subject.error("no '/s', '/m' or '/h'");
    const std::string_view multiplier = parts.unit.substr(0, slash);
    const std::string_view period_name = parts.unit.substr(slash + 1);
    const Unit* unit = find_unit(
        kCountUnits, [&](std::string_view name) { return equal_in_any_case(name, multiplier); });
    if (unit == nullptr) return subject.unknown_unit(multiplier);
    const Unit* period =
        find_unit(kPeriods, [&](std::string_view name) { return name == period_name; });
    if (period == nullptr) return subject.unknown_unit(period_name);
    double number = 0;
    const auto [end, status] = std::from_chars(text.data(), parts.unit.data(), number);
    const double per_second =
        number * static_cast<double>(unit->factor) / static_cast<double>(period->factor);
    if (status != std::errc{} || !std::isfinite(per_second)) return subject.error("too large");
    return Rate{per_second};
}

std::string spell(std::chrono::nanoseconds duration) {
    if (duration.count() == 0) return "0";
    if (duration.count() < 0) {
        return "-" + shortest(0 - static_cast<std::uint64_t>(duration.count()), kDurationUnits);
    }
    return shortest(static_cast<std::uint64_t>(duration.count()), kDurationUnits);
}

std::string spell(Bytes size) {
    return shortest(size.value, kSizeUnits);
}

std::string spell(Count count) {
    return shortest(count.value, kCountUnits);
}

std::string spell(Rate rate) {
    std::string best = shortest_decimal(rate.per_second) + "/s";
    for (const Unit& period : kPeriods) {
        const double number = rate.per_second * static_cast<double>(period.factor);
        const std::string text = shortest_decimal(number) + "/" + std::string(period.name);
        if (text.size() >= best.size()) continue;
        const auto parsed = parse_rate(text);
        if (parsed && *parsed == rate) best = text;
    }
    return best;
}

std::string human(std::chrono::nanoseconds duration) {
    static constexpr HumanUnit kUnits[] = {{"ns", 1, 1e3},   {"us", 1e3, 1e3},   {"ms", 1e6, 1e3},
                                           {"s", 1e9, 120},  {"min", 60e9, 120}, {"h", 3600e9, 48},
                                           {"d", 86400e9, 0}};
    if (duration.count() == 0) return "0 s";
    const auto count = static_cast<double>(duration.count());
    return (count < 0 ? "-" : "") + three_digits(std::fabs(count), kUnits);
}

std::string human(Bytes size) {
    static constexpr HumanUnit kUnits[] = {
        {"B", 1, 1e3},        {"KiB", 0x1p10, 1e3}, {"MiB", 0x1p20, 1e3}, {"GiB", 0x1p30, 1e3},
        {"TiB", 0x1p40, 1e3}, {"PiB", 0x1p50, 1e3}, {"EiB", 0x1p60, 0}};
    return three_digits(static_cast<double>(size.value), kUnits);
}

}  // namespace assay::units
