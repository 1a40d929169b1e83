#include "internal/redis/commands/arguments.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "pkg/resp/numbers.hpp"

namespace assay::redis::commands {

std::optional<std::int64_t> integer_between(Call& call, std::string_view word, std::int64_t least,
                                            std::int64_t most, std::string_view otherwise) {
    const auto value = call.integer(word, otherwise.empty() ? kNotAnInteger : otherwise);
    if (!value || (*value >= least && *value <= most)) return value;
    if (!otherwise.empty()) {
        call.error(otherwise);
    } else {
        call.error("ERR value is out of range, value must between " + std::to_string(least) +
                   " and " + std::to_string(most));
    }
    return std::nullopt;
}

std::optional<std::int64_t> count_of(Call& call, std::string_view word,
                                     std::string_view otherwise) {
    return integer_between(call, word, 0, kMaxCount, otherwise);
}

std::optional<Patience> patience_of(Call& call, std::string_view word) {
    // A longer wait is none that ends: the clock's nanoseconds end before the milliseconds do.
    constexpr std::chrono::milliseconds kLongest = std::chrono::hours(24 * 365 * 100);
    const auto refuse = [&](std::string_view error) -> std::optional<Patience> {
        call.error(error);
        return std::nullopt;
    };
    const auto seconds = resp::parse_long_double(word);
    if (!seconds || std::isnan(*seconds)) {
        return refuse("ERR timeout is not a float or out of range");
    }
    const long double milliseconds = std::ceil(*seconds * 1000);
    constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
    if (milliseconds > static_cast<long double>(kMost)) {
        return refuse("ERR timeout is out of range");
    }
    if (milliseconds < 0) return refuse("ERR timeout is negative");
    if (milliseconds > static_cast<long double>(kMost - call.now_ms())) {
        return refuse("ERR timeout is out of range");
    }
    if (milliseconds == 0) return Patience{};
    const std::chrono::milliseconds wait(static_cast<std::int64_t>(milliseconds));
    return Patience{std::min(wait, kLongest)};
}

}  // namespace assay::redis::commands
