// ListNode: a run of list elements in one block with room at both ends.
//
// The elements are those of a listpack, without its frame, anywhere in the block: pushing and
// popping at either end moves nothing, and DUMP writes the frame around a copy. What is inserted in
// the middle moves the shorter side. (Rejected: keeping the frame; a push at the front would move
// the whole node, 4 KiB on average, which is what half of Redis' LPUSH is.)
//
// An element too large for a listpack is a node of its own, a plain one.
//
// A header of 16 bytes in front of the elements says where they are, so that a node, and with it a
// small list, is one pointer and one allocation. Entry pointers are borrowed and valid until the
// node changes. Values only, no thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "internal/redis/types/listpack.hpp"

namespace assay::redis {

// Reads a node in place; borrows it.
class ListNodeView {
  public:
    explicit ListNodeView(const std::uint8_t* block) : block_(const_cast<std::uint8_t*>(block)) {}

    std::size_t count() const { return header().count; }
    bool is_plain() const { return header().room == 0; }
    // The bytes of the elements of a packed node.
    std::size_t entry_bytes() const { return header().end - header().begin; }
    // The size of the listpack that these elements are.
    std::size_t listpack_bytes() const { return entry_bytes() + ListpackView::kFrameBytes; }
    // What stands before and behind the elements in that listpack.
    std::array<std::uint8_t, ListpackView::kHeaderBytes> listpack_header() const;
    std::span<const std::uint8_t> entries() const { return {begin(), entry_bytes()}; }

    // The elements of a packed node, from address to address.
    const std::uint8_t* begin() const { return block_ + header().begin; }
    const std::uint8_t* end() const { return block_ + header().end; }
    const std::uint8_t* seek(std::size_t index) const;  // index <= count()
    // The one element of a plain node.
    std::string_view plain_text() const;

    // The index-th element of any node; index < count().
    PackedValue at(std::size_t index) const {
        return is_plain() ? PackedValue(plain_text()) : entry_value(seek(index));
    }
    std::size_t memory_usage() const;

  protected:
    struct Header {
        std::uint32_t begin;  // offset in the block
        std::uint32_t end;
        std::uint32_t count;
        std::uint32_t room;  // size of the block, 0 of a plain node
    };
    const Header& header() const { return *reinterpret_cast<const Header*>(block_); }

    std::uint8_t* block_;
};

// Owns a node. Moved from, it may only be destroyed or assigned.
class ListNode : public ListNodeView {
  public:
    enum class Growth { kFront, kBack };

    // An empty node for that many bytes of elements, all of the room on one side.
    explicit ListNode(std::size_t bytes, Growth side = Growth::kBack);
    static ListNode plain(std::string_view text);
    static ListNode copy_of(ListpackView pack);
    ListNode clone() const;

    static ListNode adopt(std::uint8_t* block) { return ListNode(Adopted{block}); }
    std::uint8_t* release() { return std::exchange(block_, nullptr); }

    ListNode(ListNode&& other) noexcept : ListNodeView(other.release()) {}
    ListNode& operator=(ListNode&& other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ListNode(const ListNode&) = delete;
    ListNode& operator=(const ListNode&) = delete;
    ~ListNode();

    // All below: packed nodes only.
    void push_front(const PackedElement& element) { insert(begin(), element); }
    void push_back(const PackedElement& element) { insert(end(), element); }
    void pop_front() { erase(begin(), 1); }
    void pop_back() { erase(entry_before(end()), 1); }
    // Before the entry at `at`, or at the end().
    void insert(const std::uint8_t* at, const PackedElement& element);
    void replace(const std::uint8_t* at, const PackedElement& element);
    // Removes `count` elements from `at` on, which are there. Returns what follows them.
    const std::uint8_t* erase(const std::uint8_t* at, std::size_t count);
    // Takes the last `count` elements away, which begin at `at`.
    ListNode split_off(const std::uint8_t* at, std::size_t count);
    void append(const ListNodeView& other);
    // Gives room back when there is much more of it than elements.
    void fit();

  private:
    struct Adopted {
        std::uint8_t* block;
    };
    explicit ListNode(Adopted adopted) : ListNodeView(adopted.block) {}

    Header& header() { return *reinterpret_cast<Header*>(block_); }
    using ListNodeView::header;
    std::uint32_t offset_of(const std::uint8_t* entry) const {
        return static_cast<std::uint32_t>(entry - block_);
    }
    // Opens a gap before offset `at`; returns its address. The count stays.
    std::uint8_t* open_gap(std::uint32_t at, std::size_t bytes);
    void close_gap(std::uint32_t at, std::size_t bytes);
    // Brings at least `bytes` of room to that side, and a share of what else is free.
    void make_room(std::size_t bytes, Growth side);
    void move_to(std::size_t room, std::size_t begin);
};

}  // namespace assay::redis
