#include "internal/redis/types/sorted_set.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "internal/redis/memory/memory.hpp"

namespace assay::redis {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

using Pair = std::pair<double, std::string>;

std::string text_of(const PackedValue& value) {
    IntegerText buffer;
    return std::string(value.text(buffer));
}

std::vector<Pair> pairs_of(const SortedSet& set, RankRange range) {
    std::vector<Pair> pairs;
    set.for_each(range, [&](const PackedValue& member, double score) {
        pairs.emplace_back(score, text_of(member));
    });
    return pairs;
}

std::vector<std::string> members_of(const SortedSet& set, RankRange range) {
    std::vector<std::string> members;
    for (const Pair& pair : pairs_of(set, range)) members.push_back(pair.second);
    return members;
}

using Members = std::vector<std::string>;

// Packed with the first limits, indexed with the second: behaviour must not depend on the form.
Limits packed_limits() {
    return {};
}
Limits indexed_limits() {
    Limits limits;
    limits.zset_max_listpack_entries = 0;
    return limits;
}

// A sorted set beside the simplest thing that can be right.
class Model {
  public:
    explicit Model(const Limits& limits) : limits_(limits) {}

    void set(const std::string& member, double score) {
        const auto known = scores_.find(member);
        const auto expected = known == scores_.end()   ? SortedSet::Change::kAdded
                              : known->second == score ? SortedSet::Change::kNone
                                                       : SortedSet::Change::kMoved;
        if (known != scores_.end()) order_.erase({known->second, member});
        scores_[member] = score;
        order_.insert({score, member});
        REQUIRE(set_.set(member, score, limits_) == expected);
    }
    void remove(const std::string& member) {
        const auto known = scores_.find(member);
        REQUIRE(set_.remove(member) == (known != scores_.end()));
        if (known == scores_.end()) return;
        order_.erase({known->second, member});
        scores_.erase(known);
    }
    void remove_range(RankRange range) {
        const auto begin = std::next(order_.begin(), static_cast<std::ptrdiff_t>(range.begin));
        const auto end = std::next(begin, static_cast<std::ptrdiff_t>(range.size()));
        for (auto at = begin; at != end; ++at) scores_.erase(at->second);
        order_.erase(begin, end);
        REQUIRE(set_.remove_range(range) == range.size());
    }
    void check_member(const std::string& member) const {
        const auto known = scores_.find(member);
        const auto ranked = set_.rank(member);
        REQUIRE(ranked.has_value() == (known != scores_.end()));
        REQUIRE(set_.score(member).has_value() == ranked.has_value());
        if (!ranked) return;
        REQUIRE(ranked->score == known->second);
        const auto at = order_.find({known->second, member});
        REQUIRE(ranked->rank == static_cast<std::size_t>(std::distance(order_.begin(), at)));
    }
    void check_range(const ScoreRange& range) const {
        std::vector<Pair> expected;
        for (const Pair& pair : order_) {
            const bool above =
                range.min_exclusive ? pair.first > range.min : pair.first >= range.min;
            const bool below =
                range.max_exclusive ? pair.first < range.max : pair.first <= range.max;
            if (above && below) expected.push_back(pair);
        }
        const RankRange ranks = set_.ranks(range);
        REQUIRE(pairs_of(set_, ranks) == expected);
        std::vector<Pair> reversed;
        set_.for_each_reversed(ranks, [&](const PackedValue& member, double score) {
            reversed.emplace_back(score, text_of(member));
        });
        std::reverse(reversed.begin(), reversed.end());
        REQUIRE(reversed == expected);
    }
    void check_all() const {
        REQUIRE(set_.size() == order_.size());
        REQUIRE(pairs_of(set_, set_.all()) == std::vector<Pair>(order_.begin(), order_.end()));
    }
    std::size_t size() const { return order_.size(); }

  private:
    Limits limits_;
    SortedSet set_;
    std::map<std::string, double> scores_;
    std::set<Pair> order_;
};

void run_model(const Limits& limits, std::size_t members, int operations, std::uint64_t seed) {
    std::printf("sorted set model: seed %llu\n", static_cast<unsigned long long>(seed));
    std::mt19937_64 random(seed);
    Model model(limits);
    const auto below = [&](std::size_t bound) { return bound == 0 ? 0 : random() % bound; };
    const auto any_member = [&] {
        const std::size_t number = below(members);
        return number % 3 == 0 ? std::to_string(number) : "m" + std::to_string(number);
    };
    const auto any_score = [&] { return static_cast<double>(below(200)) / 4 - 25; };
    for (int i = 0; i < operations; ++i) {
        // The set swells and shrinks in turns, so that nodes split and join.
        const bool grows = (i / 5000) % 2 == 0;
        const std::size_t dice = below(1000);
        if (dice < (grows ? 700u : 300u)) {
            model.set(any_member(), any_score());
        } else if (dice < 900) {
            model.remove(any_member());
        } else if (dice < 985) {
            model.check_member(any_member());
        } else if (dice < 996) {
            const double min = any_score();
            model.check_range({min, min + 5, below(2) == 0, below(2) == 0});
        } else if (dice < 998) {
            const std::size_t begin = below(model.size());
            model.remove_range({begin, std::min(model.size(), begin + below(8))});
        } else {
            model.check_all();
        }
    }
    model.check_all();
}

TEST_CASE("a packed sorted set behaves as an ordered map") {
    run_model(packed_limits(), 100, 30'000, 4711);
}

TEST_CASE("an indexed sorted set behaves as an ordered map") {
    run_model(indexed_limits(), 1500, 100'000, 815);
}

TEST_CASE("a sorted set that is filled in order stays in order") {
    for (const bool up : {true, false}) {
        Model model(indexed_limits());
        for (int i = 0; i < 5000; ++i) {
            model.set("m" + std::to_string(i), up ? i : -i);
        }
        model.check_all();
        while (model.size() > 10) model.remove_range({0, 7});
        model.check_all();
    }
}

TEST_CASE("ranges by score know open, closed and infinite ends") {
    for (const Limits& limits : {packed_limits(), indexed_limits()}) {
        SortedSet set;
        set.set("low", -kInfinity, limits);
        set.set("a", 1, limits);
        set.set("b", 2, limits);
        set.set("c", 2.5, limits);
        set.set("high", kInfinity, limits);
        const auto between = [&](double min, double max, bool open_min, bool open_max) {
            return members_of(set, set.ranks(ScoreRange{min, max, open_min, open_max}));
        };
        CHECK(between(1, 2, false, false) == Members{"a", "b"});
        CHECK(between(1, 2, true, false) == Members{"b"});
        CHECK(between(1, 2.5, true, true) == Members{"b"});
        CHECK(between(-kInfinity, kInfinity, false, false).size() == 5);
        CHECK(between(-kInfinity, kInfinity, true, true) == Members{"a", "b", "c"});
        CHECK(between(3, 1, false, false).empty());
        CHECK(between(2, 2, true, true).empty());
    }
}

TEST_CASE("ranges by bytes know all four kinds of bound") {
    using Kind = LexBound::Kind;
    for (const Limits& limits : {packed_limits(), indexed_limits()}) {
        SortedSet set;
        for (const char* member : {"", "a", "aa", "b", "7", "\xff"}) set.set(member, 0, limits);
        const auto between = [&](LexBound min, LexBound max) {
            return members_of(set, set.ranks(LexRange{min, max}));
        };
        CHECK(between({Kind::kLowest}, {Kind::kHighest}).size() == 6);
        CHECK(between({Kind::kInclusive, "a"}, {Kind::kInclusive, "b"}) == Members{"a", "aa", "b"});
        CHECK(between({Kind::kExclusive, "a"}, {Kind::kExclusive, "b"}) == Members{"aa"});
        CHECK(between({Kind::kLowest}, {Kind::kExclusive, "a"}) == Members{"", "7"});
        CHECK(between({Kind::kExclusive, "b"}, {Kind::kHighest}) == Members{"\xff"});
        CHECK(between({Kind::kHighest}, {Kind::kLowest}).empty());
        CHECK(between({Kind::kInclusive, "b"}, {Kind::kInclusive, "a"}).empty());
    }
}

TEST_CASE("a sorted set leaves its packed form at the documented limits") {
    Limits limits;
    limits.zset_max_listpack_entries = 3;
    limits.zset_max_listpack_value = 5;
    SortedSet many;
    for (const char* member : {"a", "b", "c"}) many.set(member, 1, limits);
    CHECK(many.encoding() == "listpack");
    many.set("d", 1, limits);
    CHECK(many.encoding() == "skiplist");
    CHECK(members_of(many, many.all()) == Members{"a", "b", "c", "d"});
    many.remove("d");
    CHECK(many.encoding() == "skiplist");
    many.pack(limits);
    CHECK(many.encoding() == "listpack");
    CHECK(members_of(many, many.all()) == Members{"a", "b", "c"});

    SortedSet wide;
    wide.set("12345", 1, limits);
    CHECK(wide.encoding() == "listpack");
    wide.set("123456", 1, limits);
    CHECK(wide.encoding() == "skiplist");
    CHECK(wide.score("12345") == 1);
}

TEST_CASE("scores survive the packed form exactly") {
    const double scores[] = {
        0.1, -1e300, 5e-324, 1e17, 4611686018427387904.0, 9.3e18, -0.0, 3.0000000000000004};
    SortedSet set;
    for (const double score : scores) {
        set.set("m", score, {});
        CHECK(set.score("m") == score);
    }
}

TEST_CASE("a scan of a sorted set meets every member, a sample some member") {
    for (const Limits& limits : {packed_limits(), indexed_limits()}) {
        SortedSet set;
        for (int i = 0; i < 100; ++i) set.set(std::to_string(i), i, limits);
        std::set<std::string> seen;
        std::uint64_t cursor = 0;
        do {
            cursor = set.scan(cursor, [&](const PackedValue& member, double score) {
                CHECK(text_of(member) == std::to_string(static_cast<int>(score)));
                seen.insert(text_of(member));
            });
        } while (cursor != 0);
        CHECK(seen.size() == 100);

        std::mt19937_64 random(1);
        seen.clear();
        for (int i = 0; i < 3000; ++i) {
            set.sample(random,
                       [&](const PackedValue& member, double) { seen.insert(text_of(member)); });
        }
        CHECK(seen.size() == 100);
    }
}

TEST_CASE("a sorted set gives all its memory back") {
    const std::size_t before = memory::used();
    {
        SortedSet set;
        for (int i = 0; i < 2000; ++i) set.set(std::to_string(i), i % 7, {});
        SortedSet moved = std::move(set);
        CHECK(moved.size() == 2000);
        // The estimate is that of the allocator to within the sampling.
        const auto used = static_cast<double>(memory::used() - before);
        CHECK(static_cast<double>(moved.memory_usage()) == Approx(used).epsilon(0.1));
    }
    CHECK(memory::used() == before);
}

}  // namespace
}  // namespace assay::redis
