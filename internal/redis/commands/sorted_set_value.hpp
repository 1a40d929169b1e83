// What the families that keep sorted sets share: sorted sets and places.
#pragma once

#include <span>
#include <string_view>

#include "internal/redis/commands/values.hpp"
#include "internal/redis/engine/call.hpp"
#include "internal/redis/types/sorted_set.hpp"

namespace assay::redis::commands {

template <>
struct TypeOf<SortedSet> {
    static constexpr Type kType = Type::kSortedSet;
};

struct Scored {
    double score = 0;
    std::string_view member;
};

// The options of ZADD; GEOADD has the first two and the last.
struct AddOptions {
    bool only_new = false;
    bool only_there = false;
    bool only_greater = false;
    bool only_less = false;
    bool increment = false;  // one member, and its score is the reply
    bool count_changes = false;
};

// Adds members, tells of it and replies.
void add_scored(Call& call, std::string_view key, const AddOptions& options,
                std::span<const Scored> members);

// A member, and its score where that is wanted: a pair of its own in RESP3, flat in RESP2.
void reply_array_of_scored(Call& call, std::size_t members, bool with_scores);
void reply_scored(Call& call, const PackedValue& member, double score, bool with_scores);

// Puts a result where a key says, in the place of whatever stands there; an empty one deletes. The
// reply is its size.
void store_result(Call& call, std::string_view key, SortedSet result, std::string_view event);

}  // namespace assay::redis::commands
