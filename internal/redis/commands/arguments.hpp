// Arguments and elements that the families of aggregates share: numbers within bounds, timeouts of
// blocking commands, and stored values as replies.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "internal/redis/engine/call.hpp"
#include "internal/redis/types/listpack_entry.hpp"

namespace assay::redis::commands {

inline constexpr std::int64_t kMaxCount = std::numeric_limits<std::int64_t>::max();

// An integer from `least` to `most`. The error is `otherwise` for words that are no integers, too;
// without it, the bounds are named.
std::optional<std::int64_t> integer_between(Call& call, std::string_view word, std::int64_t least,
                                            std::int64_t most, std::string_view otherwise = {});

// An integer that is not negative.
std::optional<std::int64_t> count_of(
    Call& call, std::string_view word,
    std::string_view otherwise = "ERR value is out of range, must be positive");

// How long a blocking command waits; without a limit it waits for ever.
struct Patience {
    std::optional<std::chrono::milliseconds> limit;
};
// Seconds with decimals, 0: for ever. Empty: the error has been written.
std::optional<Patience> patience_of(Call& call, std::string_view word);

// A stored element as a bulk string.
inline void write_bulk(resp::ReplyWriter& reply, PackedValue value) {
    if (value.is_integer()) return reply.bulk(value.integer());
    reply.bulk(value.stored_text());
}

}  // namespace assay::redis::commands
