// A sorted set: members, each with a score, in the order of (score, bytes of the member).
//
// One word owns either a listpack of pairs (sorted_set_packed.hpp), or, beyond the
// zset-max-listpack limits, a table by member and a counted tree by order over the same blocks
// (ordered_tree.hpp).
//
// The one idea of the interface: every range, whether by score, by bytes or by place, is first
// turned into an interval of ranks, in O(log n); counting, visiting, removing and popping then know
// intervals only. Rejected: an iterator type per kind of range and per form.
//
// Scores are never NaN, the caller sees to that. Visitors get (PackedValue member, double score),
// borrow both and must not change the set. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string_view>
#include <utility>

#include "internal/redis/table/linear_table.hpp"
#include "internal/redis/types/limits.hpp"
#include "internal/redis/types/listpack.hpp"
#include "internal/redis/types/ordered_tree.hpp"
#include "internal/redis/types/sorted_set_packed.hpp"

namespace assay::redis {

struct ScoreRange {
    double min;
    double max;
    bool min_exclusive = false;
    bool max_exclusive = false;
};

struct LexBound {
    enum class Kind { kLowest, kInclusive, kExclusive, kHighest };  // - [ ( +
    Kind kind;
    std::string_view text = {};
};

// Means what it says when all scores are equal; else some interval, as in Redis.
struct LexRange {
    LexBound min;
    LexBound max;
};

// [begin, end), lowest first.
struct RankRange {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t size() const { return end - begin; }
    bool empty() const { return begin == end; }
};

struct RankedScore {
    std::size_t rank;
    double score;
};

class SortedSet {
  public:
    SortedSet() : word_(word_of(Listpack())) {}
    // Of a validated blob that is_sorted_set() holds for.
    static SortedSet adopt(Listpack pairs) { return SortedSet(word_of(std::move(pairs))); }
    SortedSet(SortedSet&& other) noexcept : word_(std::exchange(other.word_, 0)) {}
    SortedSet& operator=(SortedSet&& other) noexcept {
        std::swap(word_, other.word_);
        return *this;
    }
    ~SortedSet();
    SortedSet clone() const;

    std::size_t size() const;
    bool empty() const { return size() == 0; }
    bool is_packed() const { return (word_ & kIndexedTag) == 0; }
    // As OBJECT ENCODING says it.
    std::string_view encoding() const { return is_packed() ? "listpack" : "skiplist"; }
    std::size_t memory_usage() const;
    // is_packed(). What DUMP carries.
    ListpackView packed() const { return ListpackView(blob()); }

    enum class Change { kAdded, kMoved, kNone };
    Change set(std::string_view member, double score, const Limits& limits);
    bool remove(std::string_view member);
    // All members of an interval; returns how many.
    std::size_t remove_range(RankRange range);
    // Leaves the packed form if it has too many members by these limits: for what was adopted.
    void settle(const Limits& limits);
    // Back to the packed form, if the limits allow: for results that shrank while they were built.
    void pack(const Limits& limits);

    std::optional<double> score(std::string_view member) const;
    // From the lowest; from the highest it is size() - 1 - rank.
    std::optional<RankedScore> rank(std::string_view member) const;

    RankRange ranks(const ScoreRange& range) const;
    RankRange ranks(const LexRange& range) const;
    RankRange all() const { return {0, size()}; }

    // Visits an interval from its lowest member up, or from its highest down. `visit` may return
    // false to stop.
    template <class Visit>
    void for_each(RankRange range, Visit visit) const;
    template <class Visit>
    void for_each_reversed(RankRange range, Visit visit) const;

    // As LinearTable::scan; a packed set is visited whole, whatever the cursor.
    template <class Visit>
    std::uint64_t scan(std::uint64_t cursor, Visit visit) const;

    // Visits one member, each with the same chance; the set is not empty.
    template <class Random, class Visit>
    void sample(Random& random, Visit visit) const {
        std::uniform_int_distribution<std::size_t> any(0, size() - 1);
        const std::size_t rank = any(random);
        for_each({rank, rank + 1}, visit);
    }

  private:
    struct Policy {
        using Entry = ScoredMember;
        static std::string_view key(const ScoredMember& member) noexcept { return member.name(); }
        static void destroy(ScoredMember* member) noexcept { ScoredMember::destroy(member); }
    };
    struct Indexed {
        LinearTable<Policy> by_member;
        OrderedTree by_order;
    };
    static constexpr std::uintptr_t kIndexedTag = 1;

    explicit SortedSet(std::uintptr_t word) : word_(word) {}
    static std::uintptr_t word_of(Listpack pairs) {
        return reinterpret_cast<std::uintptr_t>(pairs.release());
    }
    std::uint8_t* blob() const { return reinterpret_cast<std::uint8_t*>(word_); }
    Indexed* indexed() const { return reinterpret_cast<Indexed*>(word_ - kIndexedTag); }

    // Runs change(Listpack&) on the blob, which may move.
    template <class Edit>
    auto edit(Edit change) {
        Listpack pairs = Listpack::adopt(blob());
        auto result = change(pairs);
        word_ = word_of(std::move(pairs));
        return result;
    }
    // Counts the pairs at the front for which before(score, member) holds, of either form.
    template <class Before>
    std::size_t count_while(const Before& before) const;
    bool fits_packed(std::string_view member, const Limits& limits) const;
    static std::uintptr_t index(const SortedSet& of);
    Change set_packed(std::string_view member, double score, const Limits& limits);
    Change set_indexed(std::string_view member, double score);
    static void insert(Indexed& into, std::string_view member, double score, std::uint64_t hash);
    ListpackView::Position position_of(std::size_t rank) const {
        return packed().seek(static_cast<std::int64_t>(rank * 2));
    }
    template <class Visit>
    static bool goes_on(Visit& visit, const PackedValue& member, double score);

    std::uintptr_t word_;  // a blob, or an Indexed with the tag; 0 when moved from
};

template <class Visit>
bool SortedSet::goes_on(Visit& visit, const PackedValue& member, double score) {
    if constexpr (std::is_void_v<decltype(visit(member, score))>) {
        visit(member, score);
        return true;
    } else {
        return visit(member, score);
    }
}

template <class Visit>
void SortedSet::for_each(RankRange range, Visit visit) const {
    if (range.empty()) return;
    std::size_t left = range.size();
    if (is_packed()) {
        const ListpackView pairs = packed();
        for (auto at = position_of(range.begin); left > 0; --left) {
            if (!goes_on(visit, pairs.value(at), packed_pairs::score_at(pairs, at))) return;
            at = packed_pairs::next(pairs, at);
        }
        return;
    }
    for (auto at = indexed()->by_order.at(range.begin); left > 0; --left, at.advance()) {
        if (!goes_on(visit, at.member()->name(), at.score())) return;
    }
}

template <class Visit>
void SortedSet::for_each_reversed(RankRange range, Visit visit) const {
    if (range.empty()) return;
    std::size_t left = range.size();
    if (is_packed()) {
        const ListpackView pairs = packed();
        for (auto at = position_of(range.end - 1);; at = packed_pairs::previous(pairs, at)) {
            if (!goes_on(visit, pairs.value(at), packed_pairs::score_at(pairs, at))) return;
            if (--left == 0) return;
        }
    }
    for (auto at = indexed()->by_order.at(range.end - 1); left > 0; --left, at.retreat()) {
        if (!goes_on(visit, at.member()->name(), at.score())) return;
    }
}

template <class Visit>
std::uint64_t SortedSet::scan(std::uint64_t cursor, Visit visit) const {
    if (is_packed()) {
        for_each(all(), visit);
        return 0;
    }
    return indexed()->by_member.scan(cursor, [&](const ScoredMember* member) {
        visit(PackedValue(member->name()), member->score);
    });
}

}  // namespace assay::redis
