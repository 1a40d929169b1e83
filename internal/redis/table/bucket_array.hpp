// Buckets of one cache line, in an array that grows without moving any of them.
//
// The array lies in segments: four of 1 bucket, four of 2, four of 4 and so on up to 1024 (64 KiB),
// which is the size of all others: no more than a quarter is ever in reserve, and a large array
// grows by a small part at a time. On top lies a directory of segment pointers, the only thing that
// is copied when the array grows (13 KiB at ten million entries, 1.3 MiB at a thousand million). A
// segment's memory is first touched bucket by bucket as they are pushed, so its page faults are
// spread over thousands of inserts.
//
// Not thread-safe. Rejected: one array that doubles (a pause), std::deque (its directory starts at
// 512 bytes, and it has no alignment to the line).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace assay::redis {

struct alignas(64) Bucket {
    std::array<std::uint64_t, 8> words;
};

// Brings a line into the cache. g++ 12 takes a function that does nothing but prefetch for one
// without effect and drops calls of it: the empty statement is the effect.
inline void prefetch(const void* address) noexcept {
    __builtin_prefetch(address);
    asm volatile("");
}

class BucketArray {
  public:
    BucketArray() = default;
    ~BucketArray();
    BucketArray(const BucketArray&) = delete;
    BucketArray& operator=(const BucketArray&) = delete;

    std::size_t size() const noexcept { return size_; }

    // `index` < size(). The address holds until that bucket is popped.
    Bucket& operator[](std::size_t index) const noexcept {
        const Place place = place_of(index);
        return segments_[place.segment][place.offset];
    }

    // Adds a bucket of zeros at the end.
    Bucket& push();

    // Drops the last bucket. size() > 0. One segment is kept in reserve, so that an array that
    // sways about a segment's end does not allocate each time.
    void pop();

    // Bytes of the heap behind the array.
    std::size_t memory_usage() const noexcept;

  private:
    struct Place {
        std::size_t segment;
        std::size_t offset;
    };
    static constexpr std::size_t kLargestShift = 10;
    // Segments of this size are pages of their own, so that neither growing nor shrinking a large
    // table makes the heap tidy up.
    static constexpr std::size_t kLargestBytes = sizeof(Bucket) << kLargestShift;

    // As a floating-point number: the exponent says how large the segment is, the two highest bits
    // of the mantissa which of the four it is.
    static Place place_of(std::size_t index) noexcept {
        index += 4;
        const auto width = static_cast<std::size_t>(std::bit_width(index));
        const std::size_t shift = std::min(width - 3, kLargestShift);
        return {4 * shift + (index >> shift) - 4, index & ((std::size_t{1} << shift) - 1)};
    }
    static std::size_t buckets_in(std::size_t segment) noexcept {
        return std::size_t{1} << std::min(segment / 4, kLargestShift);
    }

    void add_segment();
    void drop_segment();
    void release_last_segment();

    Bucket** segments_ = nullptr;
    std::size_t size_ = 0;
    std::uint32_t segment_count_ = 0;
    std::uint32_t segment_capacity_ = 0;
};

}  // namespace assay::redis
