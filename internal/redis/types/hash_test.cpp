#include "internal/redis/types/hash.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "internal/testing/redis_server.hpp"

namespace assay::redis {
namespace {

using Model = std::map<std::string, std::string>;
using Deadlines = std::map<std::string, std::int64_t>;

std::string text_of(PackedValue value) {
    IntegerText buffer;
    return std::string(value.text(buffer));
}

// Fails when a field comes twice.
Model pairs_of(const Hash& hash) {
    Model pairs;
    hash.for_each([&](PackedValue field, PackedValue value) {
        REQUIRE(pairs.emplace(text_of(field), text_of(value)).second);
    });
    return pairs;
}

Limits limits_of(std::size_t entries, std::size_t value = 64) {
    Limits limits;
    limits.hash_max_listpack_entries = entries;
    limits.hash_max_listpack_value = value;
    return limits;
}

std::string random_text(std::mt19937_64& random) {
    switch (random() % 8) {
        case 0:
            return std::to_string(static_cast<std::int64_t>(random()) >> (random() % 64));
        case 1:
            return std::string(random() % 60, static_cast<char>(random()));
        case 2:
            return random() % 100 == 0 ? std::string(200 + random() % 400, 'l') : "007";
        default:
            return "text " + std::to_string(random() % 100);
    }
}

// One walk of random changes on a hash and on maps.
class Walk {
  public:
    Walk(std::uint64_t seed, const Limits& limits, bool with_deadlines)
        : random_(seed), limits_(limits), with_deadlines_(with_deadlines) {}

    void step() {
        const std::string field = std::to_string(random_() % 8) + random_text(random_);
        compare(field);
        switch (random_() % (with_deadlines_ ? 10 : 6)) {
            case 0:
            case 1:
                erase(random_() % 2 == 0 ? field : some_field());
                break;
            case 6:
            case 7:
                expire(random_() % 2 == 0 ? field : some_field());
                break;
            case 8:
                persist(some_field());
                break;
            case 9:
                if (random_() % 4 == 0) advance();
                break;
            default:
                set(random_() % 4 == 0 ? some_field() : field);
        }
        REQUIRE(hash_.size() == model_.size());
        REQUIRE(hash_.volatile_size() == deadlines_.size());
    }

    void check() {
        REQUIRE(pairs_of(hash_) == model_);
        const Hash copy = hash_.clone();
        REQUIRE(pairs_of(copy) == model_);
        for (const auto& [field, at_ms] : deadlines_) REQUIRE(copy.field_expiry(field) == at_ms);
        REQUIRE(copy.next_expiry() == hash_.next_expiry());
        if (model_.empty()) return;
        const auto is_pair = [&](PackedValue field, PackedValue value) {
            const auto found = model_.find(text_of(field));
            REQUIRE(found != model_.end());
            REQUIRE(found->second == text_of(value));
        };
        hash_.sample(random_, is_pair);
        const std::size_t count = random_() % (model_.size() + 3);
        Model drawn;
        hash_.sample_distinct(count, random_, [&](PackedValue field, PackedValue value) {
            is_pair(field, value);
            REQUIRE(drawn.emplace(text_of(field), text_of(value)).second);
        });
        REQUIRE(drawn.size() == std::min(count, model_.size()));
        Model scanned;
        std::uint64_t cursor = 0;
        do {
            cursor = hash_.scan(cursor, [&](PackedValue field, PackedValue value) {
                scanned[text_of(field)] = text_of(value);
            });
        } while (cursor != 0);
        REQUIRE(scanned == model_);
    }

    const Hash& hash() const { return hash_; }

  private:
    std::string some_field() {
        if (model_.empty()) return "none";
        auto it = model_.lower_bound(std::to_string(random_() % 10));
        if (it == model_.end()) it = model_.begin();
        return it->first;
    }
    void compare(const std::string& field) {
        const auto found = model_.find(field);
        const auto value = hash_.get(field);
        REQUIRE(value.has_value() == (found != model_.end()));
        if (value) REQUIRE(text_of(*value) == found->second);
        const auto deadline = deadlines_.find(field);
        REQUIRE(hash_.field_expiry(field) ==
                (deadline == deadlines_.end() ? std::nullopt : std::optional(deadline->second)));
    }
    void set(const std::string& field) {
        const std::string value = random_text(random_);
        const bool keep = random_() % 2 == 0;
        const bool added =
            hash_.set(field, value, limits_, keep ? Hash::Deadline::kKeep : Hash::Deadline::kDrop);
        REQUIRE(added == model_.insert_or_assign(field, value).second);
        if (!keep) deadlines_.erase(field);
    }
    void erase(const std::string& field) {
        REQUIRE(hash_.erase(field) == (model_.erase(field) == 1));
        deadlines_.erase(field);
    }
    void expire(const std::string& field) {
        const auto at_ms = now_ms_ + static_cast<std::int64_t>(random_() % 1000);
        const bool is_there = model_.contains(field);
        REQUIRE(hash_.set_field_expiry(field, at_ms) == is_there);
        if (is_there) deadlines_[field] = at_ms;
    }
    void persist(const std::string& field) {
        REQUIRE(hash_.persist(field) == (deadlines_.erase(field) == 1));
    }
    void advance() {
        now_ms_ += static_cast<std::int64_t>(random_() % 100);
        std::optional<std::int64_t> next;
        std::size_t due = 0;
        for (const auto& [field, at_ms] : deadlines_) {
            if (at_ms <= now_ms_) ++due;
            if (!next || at_ms < *next) next = at_ms;
        }
        REQUIRE(hash_.next_expiry() == next);
        const std::size_t most = random_() % 4 == 0 ? due / 2 : due + 1;
        std::vector<std::string> dropped;
        const std::size_t went = hash_.drop_expired(
            now_ms_, [&](std::string_view field) { dropped.emplace_back(field); }, most);
        REQUIRE(went == std::min(most, due));
        REQUIRE(dropped.size() == went);
        for (const std::string& field : dropped) {
            REQUIRE(deadlines_.at(field) <= now_ms_);
            deadlines_.erase(field);
            REQUIRE(model_.erase(field) == 1);
        }
    }

    std::mt19937_64 random_;
    Limits limits_;
    bool with_deadlines_;
    Hash hash_;
    Model model_;
    Deadlines deadlines_;
    std::int64_t now_ms_ = 1'000'000;
};

}  // namespace

TEST_CASE("hash: random changes agree with std::map, in every form", "[hash]") {
    const std::uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    for (std::uint64_t walk_number = 0; walk_number < 12; ++walk_number) {
        const std::size_t entries = walk_number % 3 == 0 ? 512 : walk_number % 3 == 1 ? 0 : 30;
        Walk walk(seed + walk_number, limits_of(entries, walk_number % 2 == 0 ? 1000 : 64),
                  walk_number >= 6);
        for (int step = 0; step < 10000; ++step) {
            walk.step();
            if (step % 200 == 0) walk.check();
        }
        walk.check();
    }
}

TEST_CASE("hash: takes the encodings of Redis 7.2", "[hash]") {
    const Limits limits = limits_of(2, 5);
    Hash hash;
    CHECK(hash.encoding() == "listpack");
    hash.set("a", "12345", limits);
    hash.set("b", "1", limits);
    hash.set("b", "2", limits);
    CHECK(hash.encoding() == "listpack");
    hash.set("c", "3", limits);
    CHECK(hash.encoding() == "hashtable");
    CHECK(pairs_of(hash) == Model{{"a", "12345"}, {"b", "2"}, {"c", "3"}});

    Hash long_value;
    long_value.set("a", "123456", limits);
    CHECK(long_value.encoding() == "hashtable");
    Hash long_field;
    long_field.set("123456", "a", limits);
    CHECK(long_field.encoding() == "hashtable");
    Hash many;
    many.expect(3, 1, limits);
    CHECK(many.encoding() == "hashtable");
}

TEST_CASE("hash: a value equal to a field's name is not taken for it", "[hash]") {
    Hash hash;
    hash.set("a", "b", Limits{});
    CHECK_FALSE(hash.get("b").has_value());
    CHECK_FALSE(hash.erase("b"));
    CHECK(hash.set("b", "a", Limits{}));
}

TEST_CASE("hash: a deadline makes a table, and an overwritten field loses it", "[hash]") {
    Hash hash;
    hash.set("a", "1", Limits{});
    CHECK_FALSE(hash.set_field_expiry("b", 5));
    CHECK(hash.encoding() == "listpack");
    CHECK(hash.set_field_expiry("a", 5));
    CHECK(hash.encoding() == "hashtable");
    CHECK(hash.field_expiry("a") == 5);
    hash.set("a", "2", Limits{}, Hash::Deadline::kKeep);
    CHECK(hash.field_expiry("a") == 5);
    hash.set("a", "3", Limits{});
    CHECK_FALSE(hash.field_expiry("a").has_value());
    CHECK_FALSE(hash.next_expiry().has_value());
    CHECK(hash.drop_expired(9, [](std::string_view) {}) == 0);
    CHECK(hash.size() == 1);
}

TEST_CASE("hash: fields end earliest first", "[hash]") {
    Hash hash;
    for (const int at : {30, 10, 20, 10, 40}) {
        const std::string field = "f" + std::to_string(hash.size());
        hash.set(field, "v", Limits{});
        hash.set_field_expiry(field, at);
    }
    std::vector<std::string> order;
    CHECK(hash.drop_expired(30, [&](std::string_view field) { order.emplace_back(field); }) == 4);
    std::sort(order.begin(), order.begin() + 2);
    CHECK(order == std::vector<std::string>{"f1", "f3", "f2", "f0"});
    CHECK(hash.next_expiry() == 40);
}

TEST_CASE("hash: fields and values of every length keep their bytes", "[hash]") {
    const Limits limits = limits_of(0);
    Hash hash;
    Model model;
    for (const std::size_t field : {0u, 1u, 255u, 256u, 70000u}) {
        for (const std::size_t value : {0u, 255u, 256u, 70000u, 3u}) {
            hash.set(std::string(field, 'f'), std::string(value, '\xff'), limits);
            model[std::string(field, 'f')] = std::string(value, '\xff');
            REQUIRE(pairs_of(hash) == model);
        }
    }
}

TEST_CASE("hash: a restored blob leaves the packed form where limits say so", "[hash]") {
    Listpack pack;
    for (const char* text : {"a", "1", "b", "2"}) pack.append(std::string_view(text));
    Hash hash = Hash::of_listpack(std::move(pack));
    hash.settle(limits_of(2));
    CHECK(hash.encoding() == "listpack");
    hash.settle(limits_of(1));
    CHECK(hash.encoding() == "hashtable");
    CHECK(pairs_of(hash) == Model{{"a", "1"}, {"b", "2"}});
}

TEST_CASE("hash: a small one is the listpack that redis-server dumps", "[hash]") {
    auto server = testing::RedisServer::start();
    if (!server) return;
    const std::uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    constexpr int kHashListpack = 16;
    Hash hash;
    for (int step = 0; step < 500; ++step) {
        const std::string field = "f" + std::to_string(random() % 20);
        const std::string value = random_text(random).substr(0, 64);
        if (random() % 3 == 0 && hash.size() > 1) {
            server->call({"HDEL", "k", field});
            hash.erase(field);
        } else {
            server->call({"HSET", "k", field, value});
            hash.set(field, value, Limits{});
        }
        const auto dump = server->dump("k");
        REQUIRE(dump.type == kHashListpack);
        std::string_view body = dump.body;
        const auto bytes = hash.packed_bytes();
        REQUIRE((testing::take_string(body) == std::string(bytes.begin(), bytes.end())));
    }
}

}  // namespace assay::redis
