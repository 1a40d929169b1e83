#include "pkg/http/http_date.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <vector>

namespace assay::http {
namespace {

using std::chrono::system_clock;

// What the system clock can tell: 64 bits of nanoseconds.
constexpr int kFirstYear = 1900;
constexpr int kLastYear = 2200;

constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// The words between spaces, commas and hyphens.
std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find_first_of(" ,-"), text.size());
        if (end > 0) words.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

std::optional<int> number(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

std::optional<unsigned> month(std::string_view text) {
    const auto* found = std::find(std::begin(kMonths), std::end(kMonths), text);
    if (found == std::end(kMonths)) return std::nullopt;
    return static_cast<unsigned>(found - std::begin(kMonths)) + 1;
}

// Two digits mean this century up to 1969 (RFC 850 as everybody reads it).
std::optional<int> year(std::string_view text) {
    const auto value = number(text);
    if (text.size() == 4) return value;
    if (!value || text.size() != 2) return std::nullopt;
    return *value + (*value < 70 ? 2000 : 1900);
}

std::optional<std::chrono::seconds> time_of_day(std::string_view text) {
    if (text.size() != 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
    const auto hours = number(text.substr(0, 2));
    const auto minutes = number(text.substr(3, 2));
    const auto seconds = number(text.substr(6, 2));
    if (!hours || !minutes || !seconds) return std::nullopt;
    if (*hours > 23 || *minutes > 59 || *seconds > 60) return std::nullopt;
    return std::chrono::hours(*hours) + std::chrono::minutes(*minutes) +
           std::chrono::seconds(*seconds);
}

}  // namespace

std::string format_date(system_clock::time_point time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const auto days = std::chrono::floor<std::chrono::days>(seconds);
    const std::chrono::year_month_day date(days);
    const std::chrono::hh_mm_ss<std::chrono::seconds> clock(seconds - days);
    std::array<char, 40> text{};
    const int length = std::snprintf(
        text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
        kDays[std::chrono::weekday(days).c_encoding()], static_cast<unsigned>(date.day()),
        kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
        static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
        static_cast<int>(clock.seconds().count()));
    return std::string(text.data(), static_cast<std::size_t>(length));
}

std::optional<system_clock::time_point> parse_date(std::string_view text) {
    const auto words = split(text);
    std::size_t at_day = 1;
    std::size_t at_month = 2;
    std::size_t at_year = 3;
    std::size_t at_time = 4;
    if (words.size() == 5) {  // asctime: Sun Nov 6 08:49:37 1994
        at_month = 1;
        at_day = 2;
        at_time = 3;
        at_year = 4;
    } else if (words.size() != 6 || words[5] != "GMT") {
        return std::nullopt;
    }
    const auto day = number(words[at_day]);
    const auto the_month = month(words[at_month]);
    const auto the_year = year(words[at_year]);
    const auto time = time_of_day(words[at_time]);
    if (!day || !the_month || !the_year || !time) return std::nullopt;
    if (*the_year < kFirstYear || *the_year > kLastYear) return std::nullopt;
    const std::chrono::year_month_day date(std::chrono::year(*the_year),
                                           std::chrono::month(*the_month),
                                           std::chrono::day(static_cast<unsigned>(*day)));
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date) + *time;
}

}  // namespace assay::http
