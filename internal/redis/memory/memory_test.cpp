#include "internal/redis/memory/memory.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace memory = assay::redis::memory;

// AddressSanitizer's malloc ends the process instead of returning null unless told.
extern "C" const char* __asan_default_options() {
    return "allocator_may_return_null=1";
}

TEST_CASE("the account holds what the heap spends on a block") {
    const std::size_t before = memory::used();
    void* block = memory::allocate(56);
    CHECK(memory::usable(block) >= 56);
    CHECK(memory::footprint(block) == memory::usable(block) + sizeof(std::size_t));
    CHECK(memory::used() - before == memory::footprint(block));
    memory::release(block);
    CHECK(memory::used() == before);
}

TEST_CASE("a block that grows and shrinks keeps its bytes and its account") {
    const std::size_t before = memory::used();
    void* block = memory::reallocate(nullptr, 10);
    std::memcpy(block, "0123456789", 10);
    block = memory::reallocate(block, 1 << 20);
    CHECK(std::memcmp(block, "0123456789", 10) == 0);
    CHECK(memory::used() - before == memory::footprint(block));
    block = memory::reallocate(block, 10);
    CHECK(std::memcmp(block, "0123456789", 10) == 0);
    CHECK(memory::used() - before == memory::footprint(block));
    block = memory::reallocate(block, 0);
    REQUIRE(block != nullptr);
    memory::release(block);
    CHECK(memory::used() == before);
}

TEST_CASE("blocks are aligned as asked for") {
    const std::size_t before = memory::used();
    for (const std::size_t bytes : {std::size_t{1}, std::size_t{64}, std::size_t{65536}}) {
        void* block = memory::allocate_aligned(64, bytes);
        CHECK(reinterpret_cast<std::uintptr_t>(block) % 64 == 0);
        std::memset(block, 1, bytes);
        memory::release(block);
        void* plain = memory::allocate(bytes);
        CHECK(reinterpret_cast<std::uintptr_t>(plain) % 16 == 0);
        memory::release(plain);
    }
    CHECK(memory::used() == before);
}

TEST_CASE("pages come zeroed, are in the account and go") {
    memory::tune_heap();
    const std::size_t before = memory::used();
    auto* block = static_cast<unsigned char*>(memory::allocate_pages(65536));
    CHECK(memory::used() - before == 65536);
    CHECK(reinterpret_cast<std::uintptr_t>(block) % 4096 == 0);
    for (int i = 0; i < 65536; i += 1000) CHECK(block[i] == 0);
    memory::release_pages(block, 65536);
    memory::trim();
    CHECK(memory::used() == before);
}

TEST_CASE("a size that cannot be had is refused, not fatal") {
    const std::size_t before = memory::used();
    CHECK(memory::try_allocate(std::numeric_limits<std::size_t>::max() / 4) == nullptr);
    void* block = memory::try_allocate(100);
    REQUIRE(block != nullptr);
    memory::release(block);
    memory::release(nullptr);
    CHECK(memory::footprint(nullptr) == 0);
    CHECK(memory::used() == before);
}

TEST_CASE("objects and containers are in the account") {
    const std::size_t before = memory::used();
    {
        std::vector<int, memory::Allocator<int>> numbers(1000);
        CHECK(memory::used() - before >= 4000);
    }
    CHECK(memory::used() == before);
    auto* text = memory::create<std::string>("hello");
    CHECK(*text == "hello");
    CHECK(memory::used() - before == memory::footprint(text));
    memory::destroy(text);
    memory::destroy<std::string>(nullptr);
    CHECK(memory::used() == before);
}

TEST_CASE("what one thread allocates another may release") {
    const std::size_t before = memory::used();
    std::vector<void*> blocks;
    std::thread giver([&] {
        for (int i = 0; i < 1000; ++i) blocks.push_back(memory::allocate(100));
    });
    giver.join();
    CHECK(memory::used() - before >= 100 * 1000);
    std::thread taker([&] {
        for (void* block : blocks) memory::release(block);
    });
    taker.join();
    CHECK(memory::used() == before);
}

// Some of them have no counter of their own.
TEST_CASE("the account holds with more threads than counters") {
    const std::size_t before = memory::used();
    constexpr int kThreads = 200;
    std::vector<void*> kept(kThreads);
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&kept, i] {
            for (int round = 0; round < 100; ++round) memory::release(memory::allocate(1000));
            kept[static_cast<std::size_t>(i)] = memory::allocate(64);
        });
    }
    for (std::thread& thread : threads) thread.join();
    std::size_t sum = 0;
    for (void* block : kept) sum += memory::footprint(block);
    CHECK(memory::used() - before == sum);
    for (void* block : kept) memory::release(block);
    CHECK(memory::used() == before);
}
