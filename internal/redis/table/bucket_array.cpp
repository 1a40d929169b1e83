#include "internal/redis/table/bucket_array.hpp"

#include "internal/redis/memory/memory.hpp"

namespace assay::redis {
namespace {

constexpr std::uint32_t kLeastCapacity = 4;

}  // namespace

BucketArray::~BucketArray() {
    while (segment_count_ > 0) release_last_segment();
    memory::release(segments_);
}

Bucket& BucketArray::push() {
    if (place_of(size_).segment == segment_count_) add_segment();
    Bucket& bucket = (*this)[size_];
    bucket.words.fill(0);
    ++size_;
    return bucket;
}

void BucketArray::pop() {
    --size_;
    const std::size_t needed = size_ == 0 ? 0 : place_of(size_ - 1).segment + 1;
    if (segment_count_ > needed + 1) drop_segment();
}

void BucketArray::add_segment() {
    if (segment_count_ == segment_capacity_) {
        segment_capacity_ = std::max(kLeastCapacity, segment_capacity_ * 2);
        segments_ =
            static_cast<Bucket**>(memory::reallocate(segments_, segment_capacity_ * sizeof(void*)));
    }
    const std::size_t bytes = buckets_in(segment_count_) * sizeof(Bucket);
    void* block = bytes == kLargestBytes ? memory::allocate_pages(bytes)
                                         : memory::allocate_aligned(alignof(Bucket), bytes);
    segments_[segment_count_++] = static_cast<Bucket*>(block);
}

void BucketArray::drop_segment() {
    release_last_segment();
    if (segment_capacity_ <= kLeastCapacity || segment_count_ > segment_capacity_ / 4) return;
    segment_capacity_ /= 2;
    segments_ =
        static_cast<Bucket**>(memory::reallocate(segments_, segment_capacity_ * sizeof(void*)));
}

void BucketArray::release_last_segment() {
    Bucket* block = segments_[--segment_count_];
    const std::size_t bytes = buckets_in(segment_count_) * sizeof(Bucket);
    if (bytes == kLargestBytes) {
        memory::release_pages(block, bytes);
    } else {
        memory::release(block);
    }
}

std::size_t BucketArray::memory_usage() const noexcept {
    std::size_t sum = memory::footprint(segments_);
    for (std::uint32_t i = 0; i < segment_count_; ++i) {
        const std::size_t bytes = buckets_in(i) * sizeof(Bucket);
        sum += bytes == kLargestBytes ? bytes : memory::footprint(segments_[i]);
    }
    return sum;
}

}  // namespace assay::redis
