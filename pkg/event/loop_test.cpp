#include "pkg/event/loop.hpp"

#include <catch2/catch.hpp>
#include <csignal>
#include <memory>
#include <thread>
#include <vector>

#include "pkg/event/signals.hpp"

namespace assay::event {
namespace {

TEST_CASE("loop: posted work runs in order, on the loop's thread", "[event]") {
    Loop loop;
    std::vector<int> order;
    bool current = false;
    loop.post([&] {
        order.push_back(1);
        current = loop.is_current();
        loop.post([&] { order.push_back(3); });
        order.push_back(2);
    });
    CHECK_FALSE(loop.is_current());
    loop.run();
    CHECK(order == std::vector{1, 2, 3});
    CHECK(current);
}

TEST_CASE("loop: move-only work comes from another thread", "[event]") {
    Loop loop;
    auto guard = boost::asio::make_work_guard(loop.context());
    int seen = 0;
    std::thread other([&] {
        loop.post([&, value = std::make_unique<int>(7)] {
            seen = *value;
            guard.reset();
        });
    });
    loop.run();
    other.join();
    CHECK(seen == 7);
}

TEST_CASE("loop: runs again after a stop", "[event]") {
    Loop loop;
    int runs = 0;
    for (int i = 0; i < 2; ++i) {
        loop.post([&] {
            ++runs;
            loop.stop();
        });
        loop.run();
    }
    CHECK(runs == 2);
}

TEST_CASE("signals: each one is told, as often as it comes", "[event]") {
    Loop loop;
    Signals signals(loop);
    std::vector<int> seen;
    REQUIRE(signals
                .watch({SIGUSR1, SIGHUP},
                       [&](int number) {
                           seen.push_back(number);
                           if (seen.size() == 3) return loop.stop();
                           ::raise(seen.size() == 1 ? SIGHUP : SIGUSR1);
                       })
                .has_value());
    ::raise(SIGUSR1);
    loop.run();
    CHECK(seen == std::vector{SIGUSR1, SIGHUP, SIGUSR1});
}

TEST_CASE("signals: one that cannot be caught is an error", "[event]") {
    Loop loop;
    Signals signals(loop);
    const auto watched = signals.watch({SIGKILL}, [](int) {});
    REQUIRE_FALSE(watched.has_value());
    CHECK(watched.error().message == "cannot watch for signal 9: Invalid argument");
}

}  // namespace
}  // namespace assay::event
