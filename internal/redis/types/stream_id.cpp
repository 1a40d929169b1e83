#include "internal/redis/types/stream_id.hpp"

#include <charconv>
#include <cstddef>

namespace assay::redis {
namespace {

constexpr std::uint64_t kMaxSequence = std::numeric_limits<std::uint64_t>::max();

std::optional<std::uint64_t> parse_number(std::string_view text) {
    std::uint64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (text.empty() || error != std::errc{} || rest != end) return std::nullopt;
    return number;
}

}  // namespace

std::optional<StreamId> next_id(StreamId id) {
    if (id == kMaxStreamId) return std::nullopt;
    if (id.sequence < kMaxSequence) return StreamId{id.ms, id.sequence + 1};
    return StreamId{id.ms + 1, 0};
}

std::optional<StreamId> previous_id(StreamId id) {
    if (id.is_zero()) return std::nullopt;
    if (id.sequence > 0) return StreamId{id.ms, id.sequence - 1};
    return StreamId{id.ms - 1, kMaxSequence};
}

std::optional<StreamId> parse_stream_id(std::string_view text, std::uint64_t missing_sequence) {
    const std::size_t dash = text.find('-');
    const auto ms = parse_number(text.substr(0, dash));
    if (!ms) return std::nullopt;
    if (dash == text.npos) return StreamId{*ms, missing_sequence};
    const auto sequence = parse_number(text.substr(dash + 1));
    if (!sequence) return std::nullopt;
    return StreamId{*ms, *sequence};
}

std::string to_string(StreamId id) {
    return std::to_string(id.ms) + '-' + std::to_string(id.sequence);
}

StreamKey key_of(StreamId id) {
    StreamKey key;
    for (std::size_t i = 0; i < 8; ++i) {
        key[i] = static_cast<char>(id.ms >> (56 - 8 * i));
        key[8 + i] = static_cast<char>(id.sequence >> (56 - 8 * i));
    }
    return key;
}

StreamId id_of(std::string_view key) {
    StreamId id;
    for (std::size_t i = 0; i < 8; ++i) {
        id.ms = id.ms << 8 | static_cast<unsigned char>(key[i]);
        id.sequence = id.sequence << 8 | static_cast<unsigned char>(key[8 + i]);
    }
    return id;
}

}  // namespace assay::redis
