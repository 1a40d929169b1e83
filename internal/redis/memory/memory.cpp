#include "internal/redis/memory/memory.hpp"

#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace assay::redis::memory {
namespace {

// glibc keeps one word, the chunk's size, before each block (malloc_usable_size(3) leaves it out).
constexpr std::size_t kHeapWord = sizeof(std::size_t);

struct alignas(64) Counter {
    std::atomic<std::int64_t> bytes{0};
    std::atomic<bool> taken{false};
};

// The first is shared, and written by locked instructions: by threads beyond the number of counters
// and by those that are about to end. Each other belongs to one thread at a time; the next owner
// goes on from the value that it finds.
constexpr std::size_t kCounters = 128;
constinit std::array<Counter, kCounters> counters;

constinit thread_local Counter* own_counter = nullptr;

// Gives the counter back when the thread ends.
struct Lease {
    Counter* counter;
    Lease() : counter(take()) {}
    ~Lease() {
        own_counter = &counters[0];
        if (counter != &counters[0]) counter->taken.store(false, std::memory_order_release);
    }

    static Counter* take() {
        for (std::size_t i = 1; i < kCounters; ++i) {
            if (!counters[i].taken.exchange(true, std::memory_order_acquire)) return &counters[i];
        }
        return &counters[0];
    }
};

[[gnu::noinline]] Counter* lease_counter() {
    thread_local const Lease lease;
    own_counter = lease.counter;
    return own_counter;
}

void account(std::int64_t bytes) {
    Counter* counter = own_counter;
    if (counter == nullptr) counter = lease_counter();
    if (counter == &counters[0]) {
        counter->bytes.fetch_add(bytes, std::memory_order_relaxed);
        return;
    }
    counter->bytes.store(counter->bytes.load(std::memory_order_relaxed) + bytes,
                         std::memory_order_relaxed);
}

std::int64_t cost(void* block) {
    return static_cast<std::int64_t>(malloc_usable_size(block) + kHeapWord);
}

[[noreturn]] void give_up(std::size_t bytes) {
    std::fprintf(stderr, "assay: cannot allocate %zu bytes: out of memory; set maxmemory\n", bytes);
    std::abort();
}

void* counted(void* block) {
    account(cost(block));
    return block;
}

}  // namespace

void* allocate(std::size_t bytes) noexcept {
    void* block = std::malloc(bytes);
    if (block == nullptr) give_up(bytes);
    return counted(block);
}

void* try_allocate(std::size_t bytes) noexcept {
    void* block = std::malloc(bytes);
    return block == nullptr ? nullptr : counted(block);
}

void* allocate_aligned(std::size_t alignment, std::size_t bytes) noexcept {
    const std::size_t whole = (bytes + alignment - 1) / alignment * alignment;
    void* block = std::aligned_alloc(alignment, whole);
    if (block == nullptr) give_up(bytes);
    return counted(block);
}

void* reallocate(void* block, std::size_t bytes) noexcept {
    const std::int64_t before = block == nullptr ? 0 : cost(block);
    // realloc(p, 0) would free: a block of nothing is still a block.
    void* moved = std::realloc(block, std::max<std::size_t>(bytes, 1));
    if (moved == nullptr) give_up(bytes);
    account(cost(moved) - before);
    return moved;
}

void release(void* block) noexcept {
    if (block == nullptr) return;
    account(-cost(block));
    std::free(block);
}

std::size_t usable(const void* block) noexcept {
    return malloc_usable_size(const_cast<void*>(block));
}

std::size_t footprint(const void* block) noexcept {
    return block == nullptr ? 0 : usable(block) + kHeapWord;
}

std::size_t used() noexcept {
    std::int64_t sum = 0;
    for (const Counter& counter : counters) sum += counter.bytes.load(std::memory_order_relaxed);
    return static_cast<std::size_t>(std::max<std::int64_t>(sum, 0));
}

void* allocate_pages(std::size_t bytes) noexcept {
    void* block = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) give_up(bytes);
    account(static_cast<std::int64_t>(bytes));
    return block;
}

void release_pages(void* block, std::size_t bytes) noexcept {
    account(-static_cast<std::int64_t>(bytes));
    munmap(block, bytes);
}

void tune_heap() noexcept {
    constexpr int kMegabyte = 1 << 20;
    mallopt(M_MXFAST, 0);
    mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
    mallopt(M_TOP_PAD, kMegabyte);
    mallopt(M_MMAP_THRESHOLD, kMegabyte);
}

void trim() noexcept {
    malloc_trim(0);
}

}  // namespace assay::redis::memory
