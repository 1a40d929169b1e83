#include "internal/redis/types/intset.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <random>
#include <set>
#include <string>

#include "internal/testing/redis_server.hpp"

namespace assay::redis {
namespace {

std::string bytes_of(const IntSet& set) {
    const auto bytes = set.bytes();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::uint8_t> as_blob(const std::string& bytes) {
    return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

}  // namespace

TEST_CASE("intset: random changes agree with std::set", "[intset]") {
    const std::uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (const unsigned shift : {55u, 45u, 20u, 0u}) {
        IntSet set;
        std::set<std::int64_t> model;
        for (int step = 0; step < 30000; ++step) {
            const auto number = static_cast<std::int64_t>(random()) >> shift;
            const bool grow = random() % 3 != 0 && model.size() < 600;
            REQUIRE(set.contains(number) == model.contains(number));
            if (grow) {
                REQUIRE(set.add(number) == model.insert(number).second);
            } else if (model.empty() || random() % 2 == 0) {
                REQUIRE(set.remove(number) == (model.erase(number) == 1));
            } else {
                const std::size_t index = random() % model.size();
                const auto member = std::next(model.begin(), static_cast<std::ptrdiff_t>(index));
                REQUIRE(set.at(index) == *member);
                set.erase_at(index);
                model.erase(member);
            }
            REQUIRE(set.size() == model.size());
        }
        REQUIRE(validate_intset(set.bytes()).has_value());
        std::size_t index = 0;
        for (const std::int64_t number : model) REQUIRE(set.at(index++) == number);
    }
}

TEST_CASE("intset: takes the whole range of 64 bits", "[intset]") {
    IntSet set;
    for (const std::int64_t number : {kMax, kMin, std::int64_t{0}}) CHECK(set.add(number));
    CHECK_FALSE(set.add(kMin));
    CHECK(set.at(0) == kMin);
    CHECK(set.at(2) == kMax);
    CHECK_FALSE(set.contains(kMax - 1));
}

TEST_CASE("intset: validation names what is wrong", "[intset]") {
    const auto message = [](std::string bytes) {
        return validate_intset(as_blob(bytes)).error().message;
    };
    CHECK(message("") == "cannot read intset: it is shorter than its header");
    CHECK(message(std::string("\3\0\0\0\0\0\0\0", 8)) ==
          "cannot read intset: its width is not 2, 4 or 8");
    CHECK(message(std::string("\2\0\0\0\2\0\0\0\1\0", 10)) ==
          "cannot read intset: its size is wrong");
    CHECK(message(std::string("\2\0\0\0\2\0\0\0\1\0\1\0", 12)) ==
          "cannot read intset: its members do not ascend");
}

TEST_CASE("intset: its bytes are those of redis-server", "[intset]") {
    auto server = testing::RedisServer::start();
    if (!server) return;
    constexpr int kIntSet = 11;
    IntSet set;
    for (const std::int64_t number : {std::int64_t{5}, std::int64_t{-3}, std::int64_t{32767},
                                      std::int64_t{32768}, std::int64_t{1} << 40, kMin, kMax}) {
        set.add(number);
        server->call({"SADD", "k", std::to_string(number)});
        const auto dump = server->dump("k");
        REQUIRE(dump.type == kIntSet);
        std::string_view body = dump.body;
        CHECK(testing::take_string(body) == bytes_of(set));
    }
    for (const std::int64_t number : {kMin, kMax, std::int64_t{1} << 40}) {
        set.remove(number);
        server->call({"SREM", "k", std::to_string(number)});
        const auto dump = server->dump("k");
        std::string_view body = dump.body;
        CHECK(testing::take_string(body) == bytes_of(set));
    }
}

}  // namespace assay::redis
