// Which words of a command line are keys, by the key specs of its row.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "internal/redis/engine/command.hpp"
#include "internal/redis/engine/session.hpp"

namespace assay::redis::commands {

struct KeyAt {
    std::size_t index = 0;  // of the word
    KeyUse use = 0;
};

// In the order of the specs; empty when the words break the command's syntax.
std::optional<std::vector<KeyAt>> keys_of(const Command& command, Words words);

// First, last (negative: from the end) and step as COMMAND INFO says them; all 0: not sayable so.
struct KeyTriple {
    int first = 0;
    int last = 0;
    int step = 0;
};
KeyTriple key_triple(const Command& command);

}  // namespace assay::redis::commands
