#include "internal/redis/keyspace/eviction.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <set>
#include <string>

using assay::redis::Entry;
using assay::redis::Eviction;
using assay::redis::EvictionOrder;
using assay::redis::EvictionRules;
using assay::redis::ExpiryTime;
using assay::redis::HashedKey;
using assay::redis::Keyspace;
using assay::redis::NewValue;
using std::chrono::milliseconds;

namespace {

constexpr std::int64_t kNow = 1700000000000;

struct Fixture {
    Keyspace keyspace{4};
    Eviction eviction;

    Fixture() { keyspace.clock().freeze(milliseconds(kNow)); }

    Entry* add(std::size_t database, const std::string& key, ExpiryTime expiry = {}) {
        return keyspace[database].set(HashedKey(key), NewValue::text("value"), expiry);
    }
    // The number in the key of the victim, which goes.
    int evict(const EvictionRules& rules) {
        const Eviction::Victim victim = eviction.pick(keyspace, rules);
        if (victim.entry == nullptr) return -1;
        const int number = std::stoi(std::string(victim.entry->key()));
        keyspace[victim.database].unlink(victim.entry);
        return number;
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "nothing is chosen from nothing, and by noeviction never") {
    const bool only_volatile = GENERATE(false, true);
    for (const EvictionOrder order :
         {EvictionOrder::kNone, EvictionOrder::kRandom, EvictionOrder::kLru, EvictionOrder::kLfu,
          EvictionOrder::kTtl}) {
        CHECK(evict({order, only_volatile}) == -1);
    }
    add(0, "1");
    CHECK(evict({EvictionOrder::kNone, only_volatile}) == -1);
}

TEST_CASE_METHOD(Fixture, "volatile policies spare keys without expiry, and find the few others") {
    for (int i = 0; i < 20000; ++i) add(static_cast<std::size_t>(i % 4), std::to_string(i));
    const EvictionOrder order = GENERATE(EvictionOrder::kRandom, EvictionOrder::kLru,
                                         EvictionOrder::kLfu, EvictionOrder::kTtl);
    CHECK(evict({order, true}) == -1);
    for (int i = 100000; i < 100010; ++i) add(2, std::to_string(i), kNow + 1000000);
    for (int i = 0; i < 10; ++i) CHECK(evict({order, true}) >= 100000);
    CHECK(evict({order, true}) == -1);
    CHECK(keyspace.size() == 20000);
}

TEST_CASE_METHOD(Fixture, "every policy for all keys empties the keyspace") {
    const EvictionOrder order =
        GENERATE(EvictionOrder::kRandom, EvictionOrder::kLru, EvictionOrder::kLfu);
    for (int i = 0; i < 500; ++i) add(static_cast<std::size_t>(i % 3), std::to_string(i));
    std::set<int> gone;
    for (int i = 0; i < 500; ++i) gone.insert(evict({order}));
    CHECK(gone.size() == 500);
    CHECK(*gone.begin() == 0);
    CHECK(evict({order}) == -1);
}

TEST_CASE_METHOD(Fixture, "lru takes those that were idle longest") {
    for (int i = 0; i < 1000; ++i) {
        add(0, std::to_string(i));
        keyspace.clock().advance(milliseconds(1000));
    }
    int from_old_half = 0;
    for (int i = 0; i < 500; ++i) from_old_half += evict({EvictionOrder::kLru}) < 500 ? 1 : 0;
    CHECK(from_old_half > 425);
}

TEST_CASE_METHOD(Fixture, "lfu takes those that were used least") {
    keyspace.environment().access_rules.counts_frequency = true;
    for (int i = 0; i < 1000; ++i) {
        Entry* entry = add(0, std::to_string(i));
        for (int use = 0; i >= 500 && use < 300; ++use) keyspace[0].touch(entry);
    }
    int from_cold_half = 0;
    for (int i = 0; i < 500; ++i) from_cold_half += evict({EvictionOrder::kLfu}) < 500 ? 1 : 0;
    CHECK(from_cold_half > 425);
}

TEST_CASE_METHOD(Fixture, "ttl takes those that are nearest to their end") {
    for (int i = 0; i < 1000; ++i) add(0, std::to_string(i), kNow + 1000 + i);
    int from_near_half = 0;
    for (int i = 0; i < 500; ++i) from_near_half += evict({EvictionOrder::kTtl}) < 500 ? 1 : 0;
    CHECK(from_near_half > 425);
}

TEST_CASE_METHOD(Fixture, "candidates that are gone or safe by now are passed over") {
    for (int i = 0; i < 50; ++i) add(0, std::to_string(i), kNow + 1000 + i);
    CHECK(evict({EvictionOrder::kTtl}) >= 0);
    for (int i = 0; i < 49; ++i) {
        if (Entry* entry = keyspace[0].peek(HashedKey(std::to_string(i)))) {
            keyspace[0].set_expiry(entry, {});
        }
    }
    add(0, "49", kNow + 5000);
    CHECK(evict({EvictionOrder::kTtl}) == 49);
    CHECK(evict({EvictionOrder::kTtl}) == -1);
    add(1, "77", kNow + 1);
    keyspace.flush_all(assay::redis::FreeMode::kNow);
    CHECK(evict({EvictionOrder::kTtl}) == -1);
}
