#include "internal/redis/keyspace/active_expiry.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "internal/redis/keyspace/keyspace.hpp"

using assay::redis::ActiveExpiry;
using assay::redis::ExpiryTime;
using assay::redis::HashedKey;
using assay::redis::Keyspace;
using assay::redis::NewValue;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

namespace {

constexpr std::int64_t kNow = 1700000000000;

// Each look at this clock takes 10 us.
int looks = 0;
nanoseconds ticking() noexcept {
    return microseconds(10 * ++looks);
}
nanoseconds standing() noexcept {
    return nanoseconds(0);
}

struct Counter final : assay::redis::ExpiryListener {
    std::size_t heard = 0;
    void expired(std::size_t, std::string_view) override { ++heard; }
};

void fill(Keyspace& keyspace, std::size_t database, int count, ExpiryTime expiry) {
    for (int i = 0; i < count; ++i) {
        const std::string key = (expiry ? "volatile" : "lasting") + std::to_string(i);
        keyspace[database].set(HashedKey(key), NewValue::text("v"), expiry);
    }
}

}  // namespace

TEST_CASE("keys that nobody asks for are deleted and reported when their time has passed") {
    Keyspace keyspace(16);
    Counter counter;
    keyspace.environment().listener = &counter;
    keyspace.clock().freeze(milliseconds(kNow));
    fill(keyspace, 3, 1000, kNow + 10);
    fill(keyspace, 3, 1000, {});
    fill(keyspace, 9, 50, kNow + 10);
    ActiveExpiry expiry(standing);
    CHECK(expiry.run(keyspace, milliseconds(1)).expired == 0);
    keyspace.clock().advance(milliseconds(10));
    for (int tick = 0; tick < 10; ++tick) expiry.run(keyspace, milliseconds(1));
    CHECK(keyspace.size() == 1000);
    CHECK(keyspace[3].volatile_count() == 0);
    CHECK(counter.heard == 1050);
    CHECK(keyspace.environment().expired_keys == 1050);
}

TEST_CASE("mass expiry drains in slices that look at the clock all the time") {
    constexpr int kKeys = 100000;
    Keyspace keyspace(1);
    keyspace.clock().freeze(milliseconds(kNow));
    fill(keyspace, 0, kKeys, kNow + 10);
    keyspace.clock().advance(milliseconds(10));
    ActiveExpiry expiry(ticking);
    int slices = 0;
    bool has_more = true;
    while (has_more) {
        looks = 0;
        const std::size_t before = keyspace.size();
        const ActiveExpiry::Slice slice = expiry.run(keyspace, milliseconds(1));
        CHECK(looks <= 101);
        CHECK(slice.expired == before - keyspace.size());
        // Between two looks: 16 chains, of about 6 entries each.
        CHECK(slice.expired <= 100 * 16 * 12);
        has_more = slice.has_more;
        REQUIRE(++slices < 1000);
    }
    CHECK(slices > 5);
    CHECK(keyspace.size() < kKeys / 10);
}

TEST_CASE("a database in which little is over is left soon") {
    Keyspace keyspace(1);
    keyspace.clock().freeze(milliseconds(kNow));
    fill(keyspace, 0, 100000, kNow + 1000000);
    ActiveExpiry expiry(ticking);
    looks = 0;
    const ActiveExpiry::Slice slice = expiry.run(keyspace, milliseconds(1));
    CHECK(looks < 10);
    CHECK(!slice.has_more);
}

TEST_CASE("few volatile keys among many are found within some ticks") {
    Keyspace keyspace(1);
    keyspace.clock().freeze(milliseconds(kNow));
    fill(keyspace, 0, 50000, {});
    fill(keyspace, 0, 3, kNow + 10);
    keyspace.clock().advance(milliseconds(10));
    ActiveExpiry expiry(standing);
    for (int tick = 0; tick < 30; ++tick) expiry.run(keyspace, milliseconds(1));
    CHECK(keyspace[0].volatile_count() == 0);
    CHECK(keyspace.size() == 50000);
}

TEST_CASE("nothing is deleted while expired keys have to stay") {
    Keyspace keyspace(1);
    keyspace.clock().freeze(milliseconds(kNow));
    fill(keyspace, 0, 10, kNow + 10);
    keyspace.clock().advance(milliseconds(10));
    keyspace.environment().deletes_expired = false;
    ActiveExpiry expiry;
    CHECK(expiry.run(keyspace, milliseconds(1)).expired == 0);
    CHECK(keyspace.size() == 10);
    keyspace.environment().deletes_expired = true;
    CHECK(expiry.run(keyspace, std::chrono::seconds(60)).expired == 10);
}
