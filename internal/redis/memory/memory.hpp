// Memory with an account: how many bytes the data of the server takes, all in.
//
// Every byte of the keyspace is asked for here, so that `used_memory` is true: a block counts as
// what the heap really spends on it, its usable size plus the heap's word before it, and not as
// what was asked for. glibc's malloc lies underneath.
//
// The account is one padded counter per thread, which its owner alone writes and used() sums up:
// no locked instruction per call. Blocks may be released by another thread than the one that asked;
// then a counter goes below zero and the sum is still right. Rejected: one atomic counter (a locked
// instruction of 20 cycles per call, and a line that all threads fight for), counting requested
// sizes (10-20 % too low for small values, so maxmemory would not hold).
//
// Any thread may call anything here. What cannot be had ends the process with a message, as no
// server can go on half way through a command; sizes that a client chooses go through
// try_allocate().
#pragma once

#include <cstddef>
#include <limits>
#include <new>
#include <utility>

namespace assay::redis::memory {

// A block of at least `bytes` bytes, aligned to 16. Never null, `bytes` may be 0.
[[nodiscard]] void* allocate(std::size_t bytes) noexcept;

// The same, or null when the system has none: for sizes that a client chooses.
[[nodiscard]] void* try_allocate(std::size_t bytes) noexcept;

// `alignment` is a power of two above 16. Such a block must not be passed to reallocate().
[[nodiscard]] void* allocate_aligned(std::size_t alignment, std::size_t bytes) noexcept;

// Grows or shrinks a block, which may move; `block` may be null. Never null.
[[nodiscard]] void* reallocate(void* block, std::size_t bytes) noexcept;

// `block` may be null.
void release(void* block) noexcept;

// Bytes that may be used in the block: as many as asked for, or some more. `block` is not null.
[[nodiscard]] std::size_t usable(const void* block) noexcept;

// Bytes that the block costs the heap: what the account counts. 0 for null.
[[nodiscard]] std::size_t footprint(const void* block) noexcept;

// The sum of the footprints of all blocks. While other threads allocate it is a value that was
// true for a moment at about this time.
[[nodiscard]] std::size_t used() noexcept;

// Whole pages straight from the system, zeroed, for what is large and comes and goes in one size:
// neither call makes the heap tidy up. `bytes` is a multiple of 4096, the same for both. Ends the
// process like allocate().
[[nodiscard]] void* allocate_pages(std::size_t bytes) noexcept;
void release_pages(void* block, std::size_t bytes) noexcept;

// Makes glibc's heap one that does not pause, for the process: once, before it serves. Blocks are
// merged when they are freed (else the first request of a kilobyte after a million small frees
// merges them all: 5-10 ms), and memory goes back to the system by trim() alone (else a free gives
// back tens of megabytes on its own: 3-7 ms).
void tune_heap() noexcept;

// Hands free memory back to the system; takes milliseconds per gigabyte. MEMORY PURGE.
void trim() noexcept;

// An object in a block of its own. `T` is aligned to at most 16.
template <class T, class... Args>
[[nodiscard]] T* create(Args&&... args) {
    static_assert(alignof(T) <= 16);
    return new (allocate(sizeof(T))) T(std::forward<Args>(args)...);
}

// `object` may be null.
template <class T>
void destroy(T* object) noexcept {
    if (object == nullptr) return;
    object->~T();
    release(object);
}

// For containers of the standard library.
template <class T>
struct Allocator {
    using value_type = T;

    Allocator() noexcept = default;
    template <class U>
    Allocator(const Allocator<U>&) noexcept {}  // converts, as the standard asks

    T* allocate(std::size_t count) noexcept {
        static_assert(alignof(T) <= 16);
        constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();
        constexpr std::size_t kEach = sizeof(T);  // NOLINT(bugprone-sizeof-expression): of any T
        return static_cast<T*>(memory::allocate(count <= kMost / kEach ? count * kEach : kMost));
    }
    void deallocate(T* block, std::size_t) noexcept { release(block); }

    template <class U>
    bool operator==(const Allocator<U>&) const noexcept {
        return true;
    }
};

}  // namespace assay::redis::memory
