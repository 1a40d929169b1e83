#include "internal/redis/table/hash.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cstddef>
#include <set>
#include <string>

using assay::redis::hash_bytes;

TEST_CASE("equal bytes have equal hashes wherever they lie") {
    const std::string text = "0123456789abcdefghijklmnopqrstuvwxyz";
    const std::string shifted = " " + text;
    for (std::size_t size = 0; size <= text.size(); ++size) {
        const std::string_view here(text.data(), size);
        CHECK(hash_bytes(here) == hash_bytes(std::string_view(shifted).substr(1, size)));
    }
}

TEST_CASE("lengths and zero bytes count") {
    std::set<std::uint64_t> seen;
    for (std::size_t size = 0; size <= 1024; ++size) seen.insert(hash_bytes(std::string(size, 0)));
    CHECK(seen.size() == 1025);
}

// The table takes its buckets from the low bits and its tags from the high ones.
TEST_CASE("keys that differ in a counter spread over low and high bits") {
    std::array<int, 64> low{};
    std::array<int, 64> high{};
    for (int i = 0; i < 64 * 1000; ++i) {
        const std::uint64_t hash = hash_bytes("user:" + std::to_string(i));
        ++low[hash % 64];
        ++high[hash >> 58];
    }
    for (std::size_t i = 0; i < 64; ++i) {  // 1000 expected, deviation about 31
        CHECK(low[i] > 750);
        CHECK(low[i] < 1250);
        CHECK(high[i] > 750);
        CHECK(high[i] < 1250);
    }
}
