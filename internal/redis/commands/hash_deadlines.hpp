// What the commands about deadlines of hash fields share: their arguments, and the setting of one.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "internal/redis/commands/hash.hpp"

namespace assay::redis::commands {

// The last time a deadline can have, in milliseconds since the epoch.
inline constexpr std::int64_t kLastDeadline = (std::int64_t{1} << 46) - 1;

// A word as a deadline in milliseconds since the epoch; empty: the error has been written.
std::optional<std::int64_t> field_deadline(Call& call, std::string_view word, ExpiryUnit unit,
                                           ExpiryOrigin origin);

inline constexpr std::string_view kFieldCount = "ERR Number of fields must be a positive integer";

// The fields behind "FIELDS numfields" at words[at], all words to the end; empty: the error, of
// the number `wrong_count`, has been written.
std::optional<Words> listed_fields(Call& call, std::size_t at,
                                   std::string_view wrong_count = kFieldCount);

// How setting a deadline ended, as HEXPIRE answers.
enum class DeadlineSet : std::int8_t { no_field = -2, refused = 0, done = 1, erased = 2 };
enum class DeadlineRule : std::uint8_t { always, if_none, if_any, if_later, if_earlier };

// A field whose deadline is not in the future goes at once.
DeadlineSet set_deadline(Call& call, Hash& hash, std::string_view field, std::int64_t at_ms,
                         DeadlineRule rule = DeadlineRule::always);

}  // namespace assay::redis::commands
