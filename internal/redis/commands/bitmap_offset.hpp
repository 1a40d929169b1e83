// What the commands on bits share.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "internal/redis/engine/call.hpp"

namespace assay::redis::commands {

// A word as the number of a bit, in units of so many; empty: the error has been written.
std::optional<std::uint64_t> bit_offset(Call& call, std::string_view word, std::uint64_t unit = 1);

struct Room {
    Entry* entry = nullptr;  // none: wrong type, answered
    bool grew = false;
};

// The text of a key, made and lengthened as needed, ready to be written up to that bit.
Room room_for_bit(Call& call, std::string_view key, std::uint64_t bit);

}  // namespace assay::redis::commands
