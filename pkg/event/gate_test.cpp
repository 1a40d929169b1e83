#include "pkg/event/gate.hpp"

#include <catch2/catch.hpp>
#include <vector>

namespace assay::event {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kFar = std::chrono::hours(1);

TEST_CASE("gate: an empty one closes at once, but not inside close()", "[event]") {
    Loop loop;
    Gate gate(loop);
    std::vector<std::size_t> left;
    gate.close(Clock::now() + kFar, [&](std::size_t inside) { left.push_back(inside); });
    CHECK(left.empty());
    loop.run();
    CHECK(left == std::vector<std::size_t>{0});
    CHECK_FALSE(gate.enter().has_value());
}

TEST_CASE("gate: close waits for those inside", "[event]") {
    Loop loop;
    Gate gate(loop);
    auto first = gate.enter();
    auto second = gate.enter();
    REQUIRE(second.has_value());
    CHECK(gate.inside() == 2);
    std::vector<std::size_t> left;
    gate.close(Clock::now() + kFar, [&](std::size_t inside) { left.push_back(inside); });
    loop.post([&] {
        first.reset();
        loop.post([&] {
            CHECK(left.empty());
            second.reset();
        });
    });
    loop.run();
    CHECK(left == std::vector<std::size_t>{0});
}

TEST_CASE("gate: a deadline ends the wait and tells how many are left", "[event]") {
    Loop loop;
    Gate gate(loop);
    auto pass = gate.enter();
    std::vector<std::size_t> left;
    gate.close(Clock::now(), [&](std::size_t inside) { left.push_back(inside); });
    loop.run();
    CHECK(left == std::vector<std::size_t>{1});
    pass.reset();
    CHECK(gate.inside() == 0);
}

TEST_CASE("gate: a moved pass leaves once", "[event]") {
    Loop loop;
    Gate gate(loop);
    auto pass = gate.enter();
    {
        const Gate::Pass moved = std::move(*pass);
        pass.reset();
        CHECK(gate.inside() == 1);
    }
    CHECK(gate.inside() == 0);
}

}  // namespace
}  // namespace assay::event
