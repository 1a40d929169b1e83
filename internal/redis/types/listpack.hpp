// Listpack: a sequence of texts and integers in one allocation.
//
// Redis' published format: total bytes (u32), number of elements (u16, 65535 = count them), the
// elements of listpack_entry.hpp, 0xff; little endian. It is the packed form of hashes, sets,
// sorted sets and stream nodes and what DUMP carries, so saving one is a copy.
//
// The owner is one pointer; how much room there is behind the blob is asked from the allocator,
// not stored. (Rejected: a capacity field, it is 4 bytes that the format has no place for.) Small
// blobs grow to the byte, since that is what thousands of small hashes cost; large ones with slack.
//
// A Position is a byte offset: it survives reallocation, and is valid until an element before it
// changes. Walks are O(n); these blobs are short by configuration. Thread: none, values only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "internal/redis/types/listpack_entry.hpp"
#include "pkg/result/result.hpp"

namespace assay::redis {

// The frame of a listpack of that size, frame included: what stands before its elements, and the
// one byte behind them.
std::array<std::uint8_t, 6> listpack_header(std::size_t bytes, std::size_t count);
inline constexpr std::uint8_t kListpackEnd = 0xff;

// Reads a blob in place; borrows it.
class ListpackView {
  public:
    using Position = std::uint32_t;
    static constexpr Position kHeaderBytes = 6;
    static constexpr std::size_t kFrameBytes = kHeaderBytes + 1;

    // Walks elements, first to last. `position()` says where it stands.
    class Iterator {
      public:
        Iterator(const std::uint8_t* blob, const std::uint8_t* entry)
            : blob_(blob), entry_(entry) {}
        PackedValue operator*() const { return entry_value(entry_); }
        Iterator& operator++() {
            entry_ = entry_after(entry_);
            return *this;
        }
        bool operator==(const Iterator& other) const { return entry_ == other.entry_; }
        Position position() const { return static_cast<Position>(entry_ - blob_); }

      private:
        const std::uint8_t* blob_;
        const std::uint8_t* entry_;
    };

    // `blob` is valid: built here, or passed by validate_listpack.
    explicit ListpackView(const std::uint8_t* blob) : blob_(const_cast<std::uint8_t*>(blob)) {}

    std::size_t size_bytes() const;
    std::span<const std::uint8_t> bytes() const { return {blob_, size_bytes()}; }
    // Without the frame.
    std::span<const std::uint8_t> entries() const {
        return {blob_ + kHeaderBytes, size_bytes() - kFrameBytes};
    }
    // Number of elements; walks only when there are 65535 or more.
    std::size_t count() const;
    bool empty() const { return first() == end_position(); }

    Iterator begin() const { return {blob_, blob_ + kHeaderBytes}; }
    Iterator end() const { return {blob_, blob_ + end_position()}; }

    Position first() const { return kHeaderBytes; }
    Position end_position() const { return static_cast<Position>(size_bytes() - 1); }
    // The last element; the listpack is not empty.
    Position last() const { return previous(end_position()); }
    Position next(Position at) const { return at + static_cast<Position>(entry_size(blob_ + at)); }
    // The element before; `at` is not the first.
    Position previous(Position at) const {
        return static_cast<Position>(entry_before(blob_ + at) - blob_);
    }
    // The element of that index, negative from the end; end_position() when there is none.
    Position seek(std::int64_t index) const;
    PackedValue value(Position at) const { return entry_value(blob_ + at); }

    // The first element equal to `wanted` at or behind `from`, where only every (skip+1)-th is
    // looked at (1: only the fields of field, value, field, value…); end_position() when none.
    Position find(const PackedElement& wanted, Position from, unsigned skip = 0) const;
    Position find(std::string_view wanted, unsigned skip = 0) const {
        return find(PackedElement(wanted), first(), skip);
    }

  protected:
    std::uint8_t* blob_;
};

// Owns a blob. Moved from, it may only be destroyed or assigned.
class Listpack : public ListpackView {
  public:
    Listpack();
    // Of a validated blob; copies.
    static Listpack copy_of(std::span<const std::uint8_t> blob);
    // Takes over what release() gave away.
    static Listpack adopt(std::uint8_t* blob) { return Listpack(blob); }
    // Gives the blob away: memory::release or adopt() ends it.
    std::uint8_t* release() { return std::exchange(blob_, nullptr); }

    Listpack(Listpack&& other) noexcept : ListpackView(other.release()) {}
    Listpack& operator=(Listpack&& other) noexcept {
        std::swap(blob_, other.blob_);
        return *this;
    }
    Listpack(const Listpack&) = delete;
    Listpack& operator=(const Listpack&) = delete;
    ~Listpack();

    // No listpack is larger: owners turn to another form before.
    static constexpr std::size_t kMaxBytes = std::size_t{1} << 30;

    // What is inserted must not lie in this listpack itself.
    // The inserted element comes before the one at `at` (end_position(): at the end); the answer
    // is where it stands.
    Position insert(Position at, const PackedElement& element);
    void append(const PackedElement& element) { insert(end_position(), element); }
    void append(std::string_view text) { append(PackedElement(text)); }
    void append(std::int64_t number) { append(PackedElement(number)); }
    void prepend(const PackedElement& element) { insert(first(), element); }
    void replace(Position at, const PackedElement& element);
    // Removes `count` elements from `at` on (fewer when it ends); the answer is what follows them.
    Position erase(Position at, std::size_t count = 1);
    void clear();
    // Room for that many bytes in all, so that appends do not reallocate.
    void reserve(std::size_t bytes);

    // Bytes taken from the allocator.
    std::size_t memory_usage() const;

  private:
    explicit Listpack(std::uint8_t* blob) : ListpackView(blob) {}
    // Opens or closes a gap: the bytes at [at, at + old_bytes) become new_bytes long.
    void resize_at(Position at, std::size_t old_bytes, std::size_t new_bytes, std::ptrdiff_t added);
    // Returns room that is no longer worth keeping.
    void give_back();
};

// Whether the bytes are a listpack that this code can walk without leaving them: frame, count and
// each element are checked. The error says what is wrong and where.
Result<void> validate_listpack(std::span<const std::uint8_t> blob);

}  // namespace assay::redis
