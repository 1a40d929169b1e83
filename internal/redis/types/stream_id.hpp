// The id of a stream entry: milliseconds of a Unix time, and a number within that millisecond.
//
// Written "1526919030474-55". As a key of 16 bytes, big endian, byte order is id order: so it
// stands in payloads. Values only.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace assay::redis {

struct StreamId {
    std::uint64_t ms = 0;
    std::uint64_t sequence = 0;

    auto operator<=>(const StreamId&) const = default;
    bool is_zero() const { return ms == 0 && sequence == 0; }
};

inline constexpr StreamId kMaxStreamId = {std::numeric_limits<std::uint64_t>::max(),
                                          std::numeric_limits<std::uint64_t>::max()};

// The neighbours; nullopt beyond the last and the first.
std::optional<StreamId> next_id(StreamId id);
std::optional<StreamId> previous_id(StreamId id);

// "MS-SEQ", or "MS" with the sequence that the context gives it (0 at the start of a range, the
// largest at its end). Decimal digits only.
std::optional<StreamId> parse_stream_id(std::string_view text, std::uint64_t missing_sequence);

std::string to_string(StreamId id);

using StreamKey = std::array<char, 16>;
StreamKey key_of(StreamId id);
// `key` has 16 bytes.
StreamId id_of(std::string_view key);

}  // namespace assay::redis
