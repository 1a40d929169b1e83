#include "internal/redis/keyspace/access.hpp"

#include <catch2/catch.hpp>

namespace redis = assay::redis;

namespace {

constexpr std::int64_t kNow = 1700000000000;
constexpr std::int64_t kMinute = 60000;

}  // namespace

TEST_CASE("idle time counts whole seconds and survives the wrap of its 24 bits") {
    const redis::AccessRules rules;
    redis::Random random(1);
    const std::uint32_t access = redis::first_access(rules, kNow);
    CHECK(access < (1u << 24));
    CHECK(redis::idle_seconds(access, kNow) == 0);
    CHECK(redis::idle_seconds(access, kNow + 12345 * 1000) == 12345);
    CHECK(redis::idle_seconds(access, kNow + ((1 << 24) - 1) * 1000LL) == (1 << 24) - 1);
    CHECK(redis::idle_seconds(redis::next_access(rules, access, kNow + 9000, random),
                              kNow + 10000) == 1);
    CHECK(redis::idle_seconds(redis::access_of_idle(77, kNow), kNow) == 77);
}

TEST_CASE("the frequency counter grows ever more slowly") {
    const redis::AccessRules rules{.counts_frequency = true};
    redis::Random random(1);
    std::uint32_t access = redis::first_access(rules, kNow);
    CHECK(redis::frequency(rules, access, kNow) == 5);
    const auto use = [&](int times) {
        for (int i = 0; i < times; ++i) access = redis::next_access(rules, access, kNow, random);
        return redis::frequency(rules, access, kNow);
    };
    // Redis' documentation, factor 10: 10 after 100 hits, 18 after 1000, 142 after 100 000.
    const std::uint32_t hundred = use(100);
    CHECK(hundred >= 7);
    CHECK(hundred <= 14);
    const std::uint32_t thousand = use(900);
    CHECK(thousand >= 14);
    CHECK(thousand <= 24);
    const std::uint32_t more = use(99000);
    CHECK(more >= 125);
    CHECK(more <= 160);
    CHECK(use(2000000) == 255);
}

TEST_CASE("the frequency counter decays by one each period") {
    redis::AccessRules rules{.counts_frequency = true};
    const std::uint32_t access = redis::access_of_frequency(100, kNow);
    CHECK(redis::frequency(rules, access, kNow + 30 * kMinute) == 70);
    CHECK(redis::frequency(rules, access, kNow + 1000 * kMinute) == 0);
    rules.lfu_decay_minutes = 10;
    CHECK(redis::frequency(rules, access, kNow + 30 * kMinute) == 97);
    rules.lfu_decay_minutes = 0;
    CHECK(redis::frequency(rules, access, kNow + 1000 * kMinute) == 100);
    CHECK(redis::frequency(rules, redis::access_of_frequency(1000, kNow), kNow) == 255);
}
