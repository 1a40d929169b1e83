// IntSet: a small set of integers as one sorted array.
//
// Redis' layout, byte for byte: bytes per number (u32: 2, 4 or 8), number of members (u32), the
// members ascending, little endian. The width is that of the widest member ever put in; it never
// shrinks, as DUMP shows it. Look-up is a binary search, adding and removing move the tail.
//
// The owner is one pointer. Thread: none, a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "pkg/result/result.hpp"

namespace assay::redis {

// Reads a blob in place; borrows it.
class IntSetView {
  public:
    // `blob` is valid: built here, or passed by validate_intset.
    explicit IntSetView(const std::uint8_t* blob) : blob_(const_cast<std::uint8_t*>(blob)) {}

    std::size_t size() const;
    bool empty() const { return size() == 0; }
    // The index-th smallest; index < size().
    std::int64_t at(std::size_t index) const;
    bool contains(std::int64_t number) const;
    std::span<const std::uint8_t> bytes() const;
    // Bytes taken from the allocator, if it is a block of its own.
    std::size_t memory_usage() const;

  protected:
    std::size_t width() const;
    // Index of the first member not below `number`.
    std::size_t lower_bound(std::int64_t number) const;

    std::uint8_t* blob_;
};

// Owns a blob. Moved from, it may only be destroyed or assigned.
class IntSet : public IntSetView {
  public:
    IntSet();
    // Of a validated blob; copies.
    static IntSet copy_of(std::span<const std::uint8_t> blob);
    // Takes over what release() gave away.
    static IntSet adopt(std::uint8_t* blob) { return IntSet(blob); }
    std::uint8_t* release() { return std::exchange(blob_, nullptr); }

    IntSet(IntSet&& other) noexcept : IntSetView(other.release()) {}
    IntSet& operator=(IntSet&& other) noexcept {
        std::swap(blob_, other.blob_);
        return *this;
    }
    IntSet(const IntSet&) = delete;
    IntSet& operator=(const IntSet&) = delete;
    ~IntSet();

    // False when it was there already.
    bool add(std::int64_t number);
    // False when it was not there.
    bool remove(std::int64_t number);
    void erase_at(std::size_t index);

  private:
    explicit IntSet(std::uint8_t* blob) : IntSetView(blob) {}
    void put(std::size_t index, std::int64_t number);
    void widen(std::size_t width);
    // Makes the block fit `size` members, and stores that number.
    void resize(std::size_t size);
};

// Whether the bytes are an intset: width, size, members strictly ascending.
Result<void> validate_intset(std::span<const std::uint8_t> blob);

}  // namespace assay::redis
