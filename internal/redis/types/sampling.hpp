// Random choice of several members, each at most once.
//
// `Random` is a generator of 64 uniform bits. A remainder stands in for a uniform choice below n: n
// is far below 2^64, so the error is not observable.
#pragma once

#include <cstddef>
#include <unordered_set>

namespace assay::redis {

// Selection sampling (Knuth, algorithm S): called once for each of a known number of members in
// turn, takes exactly `wanted` of them, every subset with the same chance.
class Selection {
  public:
    Selection(std::size_t wanted, std::size_t members) : wanted_(wanted), left_(members) {}

    template <class Random>
    bool takes_next(Random& random) {
        const bool takes = random() % left_-- < wanted_;
        if (takes) --wanted_;
        return takes;
    }

  private:
    std::size_t wanted_;
    std::size_t left_;
};

// emit(Entry*) for `count` different entries of a LinearTable, or for all when it has no more. A
// small part of a large table is drawn, otherwise the table is walked once.
template <class Table, class Random, class Emit>
void sample_distinct(const Table& table, std::size_t count, Random& random, Emit&& emit) {
    using Member = typename Table::Entry;
    if (count >= table.size() / 3) {
        Selection selection(count, table.size());
        table.for_each([&](Member* entry) {
            if (selection.takes_next(random)) emit(entry);
        });
        return;
    }
    std::unordered_set<const Member*> drawn;
    while (drawn.size() < count) {
        Member* const entry = table.sample(random);
        if (drawn.insert(entry).second) emit(entry);
    }
}

}  // namespace assay::redis
