#include "internal/redis/keyspace/clock.hpp"

#include <catch2/catch.hpp>
#include <chrono>

using assay::redis::Clock;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {

std::int64_t system_us() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<microseconds>(now).count();
}

}  // namespace

TEST_CASE("a running clock shows the real time of its last refresh") {
    Clock clock;
    const std::int64_t before = system_us();
    clock.refresh();
    const std::int64_t shown = clock.now_us();
    CHECK(shown >= before);
    while (system_us() <= shown) {
    }
    CHECK(clock.now_us() == shown);
    clock.refresh();
    CHECK(clock.now_us() > shown);
    CHECK(clock.now_ms() == clock.now_us() / 1000);
}

TEST_CASE("a frozen clock moves only when told") {
    Clock clock;
    clock.freeze(milliseconds(5000));
    clock.refresh();
    CHECK(clock.is_frozen());
    CHECK(clock.now_ms() == 5000);
    clock.advance(milliseconds(250));
    CHECK(clock.now_ms() == 5250);
    clock.advance(-milliseconds(50));
    CHECK(clock.now_ms() == 5200);
    clock.freeze();
    CHECK(clock.now_ms() == 5200);
}

TEST_CASE("a clock that runs again goes on from what it showed") {
    Clock clock;
    clock.freeze(hours(1));
    clock.run();
    CHECK(!clock.is_frozen());
    clock.refresh();
    CHECK(microseconds(clock.now_us()) >= hours(1));
    CHECK(microseconds(clock.now_us()) < hours(2));
    clock.reset();
    CHECK(microseconds(clock.now_us()) > hours(24 * 365 * 40));
}

TEST_CASE("a running clock may be advanced") {
    Clock clock;
    const std::int64_t before = system_us();
    clock.advance(hours(24));
    CHECK(microseconds(clock.now_us() - before) >= hours(24));
    clock.refresh();
    CHECK(microseconds(clock.now_us() - before) < hours(48));
}
