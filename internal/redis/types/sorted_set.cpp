#include "internal/redis/types/sorted_set.hpp"

#include <algorithm>
#include <vector>

#include "internal/redis/memory/memory.hpp"

namespace assay::redis {
namespace {

std::string_view name_of(const ScoredMember* member, IntegerText&) {
    return member->name();
}
std::string_view name_of(const PackedValue& member, IntegerText& buffer) {
    return member.text(buffer);
}

// Holds for what comes before a bound; `takes_equal` also for what is equal to it.
struct BeforeScore {
    double score;
    bool takes_equal;
    template <class Member>
    bool operator()(double other, const Member&) const {
        return takes_equal ? other <= score : other < score;
    }
};

struct BeforeText {
    const LexBound& bound;
    bool takes_equal;
    template <class Member>
    bool operator()(double, const Member& member) const {
        if (bound.kind == LexBound::Kind::kLowest) return false;
        if (bound.kind == LexBound::Kind::kHighest) return true;
        IntegerText buffer;
        const int order = name_of(member, buffer).compare(bound.text);
        return takes_equal ? order <= 0 : order < 0;
    }
};

// Estimated from this many members, as MEMORY USAGE does.
constexpr std::size_t kSampledMembers = 64;

}  // namespace

SortedSet::~SortedSet() {
    if (word_ == 0) return;
    if (is_packed()) {
        memory::release(blob());
    } else {
        memory::destroy(indexed());
    }
}

SortedSet SortedSet::clone() const {
    if (is_packed()) return adopt(Listpack::copy_of(packed().bytes()));
    return SortedSet(index(*this));
}

std::size_t SortedSet::size() const {
    return is_packed() ? packed().count() / 2 : indexed()->by_order.size();
}

std::size_t SortedSet::memory_usage() const {
    if (is_packed()) return memory::footprint(blob());
    const Indexed& set = *indexed();
    const std::size_t sampled = std::min(kSampledMembers, size());
    if (sampled == 0) return memory::footprint(indexed());
    std::size_t bytes = 0;
    auto at = set.by_order.at(0);
    for (std::size_t i = 0; i < sampled; ++i, at.advance()) {
        bytes += ScoredMember::footprint(at.member());
    }
    return memory::footprint(indexed()) + set.by_member.memory_usage() +
           set.by_order.memory_usage() + bytes * size() / sampled;
}

bool SortedSet::fits_packed(std::string_view member, const Limits& limits) const {
    // A score takes 32 bytes of a listpack at most, the rest is what elements are framed with.
    constexpr std::size_t kScoreAndFrame = 64;
    return member.size() <= std::min(limits.zset_max_listpack_value, kMaxPackedElementBytes) &&
           size() < limits.zset_max_listpack_entries &&
           packed().size_bytes() + member.size() + kScoreAndFrame <= Listpack::kMaxBytes;
}

SortedSet::Change SortedSet::set(std::string_view member, double score, const Limits& limits) {
    return is_packed() ? set_packed(member, score, limits) : set_indexed(member, score);
}

SortedSet::Change SortedSet::set_packed(std::string_view member, double score,
                                        const Limits& limits) {
    const ListpackView pairs = packed();
    const auto at = packed_pairs::find(pairs, member);
    if (at == pairs.end_position()) {
        if (!fits_packed(member, limits)) {
            *this = SortedSet(index(*this));
            return set_indexed(member, score);
        }
        return edit([&](Listpack& list) {
            packed_pairs::insert(list, member, score);
            return Change::kAdded;
        });
    }
    if (packed_pairs::score_at(pairs, at) == score) return Change::kNone;
    return edit([&](Listpack& list) {
        list.erase(at, 2);
        packed_pairs::insert(list, member, score);
        return Change::kMoved;
    });
}

void SortedSet::insert(Indexed& into, std::string_view member, double score, std::uint64_t hash) {
    ScoredMember* added = ScoredMember::create(member, score);
    into.by_member.insert(added, hash);
    into.by_order.insert(added);
}

SortedSet::Change SortedSet::set_indexed(std::string_view member, double score) {
    Indexed& set = *indexed();
    const std::uint64_t hash = LinearTable<Policy>::hash(member);
    ScoredMember* found = set.by_member.find(member, hash);
    if (found == nullptr) {
        insert(set, member, score, hash);
        return Change::kAdded;
    }
    if (found->score == score) return Change::kNone;
    set.by_order.move(found, score);
    return Change::kMoved;
}

// The members in the large form.
std::uintptr_t SortedSet::index(const SortedSet& of) {
    auto* set = memory::create<Indexed>();
    of.for_each(of.all(), [&](const PackedValue& member, double score) {
        IntegerText buffer;
        const std::string_view name = member.text(buffer);
        insert(*set, name, score, LinearTable<Policy>::hash(name));
    });
    return reinterpret_cast<std::uintptr_t>(set) + kIndexedTag;
}

void SortedSet::settle(const Limits& limits) {
    if (is_packed() && size() > limits.zset_max_listpack_entries) *this = SortedSet(index(*this));
}

void SortedSet::pack(const Limits& limits) {
    if (is_packed() || size() > limits.zset_max_listpack_entries) return;
    bool fits = true;
    std::size_t bytes = 0;
    for_each(all(), [&](const PackedValue& member, double) {
        const std::size_t member_bytes = member.text_size();
        bytes += member_bytes;
        fits = member_bytes <= limits.zset_max_listpack_value && bytes < Listpack::kMaxBytes / 2;
        return fits;
    });
    if (!fits) return;
    SortedSet small;
    for_each(all(), [&](const PackedValue& member, double score) {
        IntegerText buffer;
        small.set(member.text(buffer), score, limits);
    });
    *this = std::move(small);
}

bool SortedSet::remove(std::string_view member) {
    if (is_packed()) {
        const auto at = packed_pairs::find(packed(), member);
        if (at == packed().end_position()) return false;
        return edit([&](Listpack& list) {
            list.erase(at, 2);
            return true;
        });
    }
    Indexed& set = *indexed();
    ScoredMember* found = set.by_member.take(member);
    if (found == nullptr) return false;
    set.by_order.erase(found);
    ScoredMember::destroy(found);
    return true;
}

std::size_t SortedSet::remove_range(RankRange range) {
    if (range.empty()) return 0;
    if (is_packed()) {
        const auto at = position_of(range.begin);
        return edit([&](Listpack& list) {
            list.erase(at, range.size() * 2);
            return range.size();
        });
    }
    Indexed& set = *indexed();
    for (std::size_t i = 0; i < range.size(); ++i) {
        ScoredMember* member = set.by_order.erase_at(range.begin);
        set.by_member.take(member->name());
        ScoredMember::destroy(member);
    }
    return range.size();
}

std::optional<double> SortedSet::score(std::string_view member) const {
    if (is_packed()) {
        const auto at = packed_pairs::find(packed(), member);
        if (at == packed().end_position()) return std::nullopt;
        return packed_pairs::score_at(packed(), at);
    }
    const ScoredMember* found = indexed()->by_member.find(member);
    if (found == nullptr) return std::nullopt;
    return found->score;
}

std::optional<RankedScore> SortedSet::rank(std::string_view member) const {
    if (is_packed()) {
        const ListpackView pairs = packed();
        const auto wanted = packed_pairs::find(pairs, member);
        if (wanted == pairs.end_position()) return std::nullopt;
        std::size_t rank = 0;
        for (auto at = pairs.first(); at != wanted; at = packed_pairs::next(pairs, at)) ++rank;
        return RankedScore{rank, packed_pairs::score_at(pairs, wanted)};
    }
    const ScoredMember* found = indexed()->by_member.find(member);
    if (found == nullptr) return std::nullopt;
    return RankedScore{indexed()->by_order.rank_of(found), found->score};
}

template <class Before>
std::size_t SortedSet::count_while(const Before& before) const {
    return is_packed() ? packed_pairs::count_while(packed(), before)
                       : indexed()->by_order.count_while(before);
}

RankRange SortedSet::ranks(const ScoreRange& range) const {
    const std::size_t begin = count_while(BeforeScore{range.min, range.min_exclusive});
    const std::size_t end = count_while(BeforeScore{range.max, !range.max_exclusive});
    return {begin, std::max(begin, end)};
}

RankRange SortedSet::ranks(const LexRange& range) const {
    const bool skips_min = range.min.kind == LexBound::Kind::kExclusive;
    const bool takes_max = range.max.kind == LexBound::Kind::kInclusive;
    const std::size_t begin = count_while(BeforeText{range.min, skips_min});
    const std::size_t end = count_while(BeforeText{range.max, takes_max});
    return {begin, std::max(begin, end)};
}

}  // namespace assay::redis
