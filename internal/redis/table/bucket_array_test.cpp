#include "internal/redis/table/bucket_array.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "internal/redis/memory/memory.hpp"

namespace memory = assay::redis::memory;
using assay::redis::Bucket;
using assay::redis::BucketArray;

TEST_CASE("buckets keep their address and content while the array grows and shrinks") {
    const std::size_t before = memory::used();
    {
        BucketArray array;
        std::vector<Bucket*> addresses;
        for (std::uint64_t i = 0; i < 5000; ++i) {
            Bucket& bucket = array.push();
            for (const std::uint64_t word : bucket.words) REQUIRE(word == 0);
            REQUIRE(reinterpret_cast<std::uintptr_t>(&bucket) % sizeof(Bucket) == 0);
            bucket.words.fill(i + 1);
            addresses.push_back(&bucket);
        }
        while (array.size() > 0) {
            for (std::size_t i = 0; i < array.size(); i += 97) {
                REQUIRE(&array[i] == addresses[i]);
                REQUIRE(array[i].words[7] == i + 1);
            }
            for (int i = 0; i < 100; ++i) array.pop();
        }
        array.push();
        CHECK(array[0].words[0] == 0);
    }
    CHECK(memory::used() == before);
}

TEST_CASE("a shrunken array gives its segments back") {
    BucketArray array;
    for (int i = 0; i < 10000; ++i) array.push();
    CHECK(array.memory_usage() > 10000 * sizeof(Bucket));
    CHECK(array.memory_usage() < 11100 * sizeof(Bucket));
    for (int i = 0; i < 9990; ++i) array.pop();
    CHECK(array.memory_usage() < 50 * sizeof(Bucket));
}

TEST_CASE("an array that sways about a segment's end does not allocate") {
    BucketArray array;
    for (int i = 0; i < 1021; ++i) array.push();  // a segment ends at 1020
    const std::size_t usage = array.memory_usage();
    for (int i = 0; i < 10; ++i) {
        array.pop();
        CHECK(array.memory_usage() == usage);
        array.push();
        CHECK(array.memory_usage() == usage);
    }
}
