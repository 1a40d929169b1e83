// The packed form of a sorted set: a listpack of member, score, member, score… in order.
//
// As Redis stores it: a score that is a whole number below 2^62 is an integer element, any other is
// its shortest text that reads back the same. Functions over blobs; SortedSet owns them. A place is
// the position of a member, its score stands behind it.
#pragma once

#include <cstddef>
#include <string_view>

#include "internal/redis/types/listpack.hpp"

namespace assay::redis::packed_pairs {

using Position = ListpackView::Position;

double score_at(const ListpackView& pairs, Position member);

// end_position() when it is not there.
Position find(const ListpackView& pairs, std::string_view member);

// The pair after; end_position() behind the last.
inline Position next(const ListpackView& pairs, Position member) {
    return pairs.next(pairs.next(member));
}
// The pair before; `member` may be end_position() but not the first.
inline Position previous(const ListpackView& pairs, Position member) {
    return pairs.previous(pairs.previous(member));
}

// `member` is not there yet.
void insert(Listpack& pairs, std::string_view member, double score);

// The number of pairs at the front for which before(score, PackedValue member) holds.
template <class Before>
std::size_t count_while(const ListpackView& pairs, Before before) {
    std::size_t count = 0;
    for (Position at = pairs.first(); at != pairs.end_position(); at = next(pairs, at)) {
        if (!before(score_at(pairs, at), pairs.value(at))) break;
        ++count;
    }
    return count;
}

// Whether a validated listpack is a sorted set: pairs in strict order, scores that are numbers, no
// member twice.
bool is_sorted_set(const ListpackView& pairs);

}  // namespace assay::redis::packed_pairs
