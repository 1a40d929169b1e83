// Hashes as handlers want them: without the fields whose time has passed.
//
// Fields end when somebody looks at their hash: they are dropped and told before the command sees
// it, and with the last of them the key goes. So no handler asks about deadlines of fields it
// reads.
#pragma once

#include <string_view>

#include "internal/redis/commands/hash.hpp"

namespace assay::redis::commands {

// As find() and find_or_make() of values.hpp.
Held<Hash> find_hash(Call& call, std::string_view key, For purpose);
Held<Hash> find_or_make_hash(Call& call, std::string_view key);

}  // namespace assay::redis::commands
