// Bytes on their way to a socket: written once, in place, and handed to writev(2).
//
// A chain of blocks: a small one first, so that a connection with short replies holds 1 KiB, then
// blocks of 16 KiB; a big string gets a block of its own size, and bytes that live elsewhere (a
// message for many subscribers, a value with a reference count) are chained without a copy. Writers
// reserve, write and commit; the hot path is one comparison. Rejected: one growing buffer (copies
// megabytes when it grows, cannot give memory back while a slow reader drains it).
//
// Belongs to one thread. Throws std::bad_alloc only.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

namespace assay::resp {

class OutputBuffer {
    struct Block;

  public:
    static constexpr std::size_t kFirstBlockBytes = 1024;
    static constexpr std::size_t kBlockBytes = 16 * 1024;

    OutputBuffer() = default;
    OutputBuffer(OutputBuffer&& other) noexcept { swap(other); }
    OutputBuffer& operator=(OutputBuffer&& other) noexcept {
        swap(other);
        return *this;
    }
    ~OutputBuffer() { clear(); }

    // At least `bytes` of contiguous room, for one write that commit() ends.
    char* reserve(std::size_t bytes) {
        if (static_cast<std::size_t>(end_ - at_) >= bytes) return at_;
        return add_block(bytes);
    }
    // `end`: behind the last byte written to what reserve() returned.
    void commit(char* end) { at_ = end; }

    void append(std::string_view bytes) {
        if (bytes.size() > static_cast<std::size_t>(end_ - at_)) return append_more(bytes);
        if (!bytes.empty()) std::memcpy(at_, bytes.data(), bytes.size());
        at_ += bytes.size();
    }

    // Chains bytes that stay where they are until release(owner), which is called when they are
    // consumed or dropped.
    void append_foreign(std::string_view bytes, void* owner, void (*release)(void* owner));

    // Room whose content is known later, such as a length. Holes are filled before anything is
    // consumed, the last one first. Text that is shorter than its hole costs a move of what follows
    // in the same block, text of the hole's width nothing.
    struct Hole {
        Block* block = nullptr;
        char* at = nullptr;
        std::size_t width = 0;
    };
    Hole make_hole(std::size_t width);
    void fill(const Hole& hole, std::string_view text);

    // Bytes to be sent.
    std::size_t size() const;
    bool empty() const { return size() == 0; }
    // Bytes of memory held, for output-buffer limits: blocks with their unused room, and the length
    // of foreign bytes.
    std::size_t memory() const { return memory_; }

    // The front of what is to be sent, as far as the vectors reach; how many are used.
    std::size_t iovecs(std::span<iovec> vectors) const;
    // Drops bytes from the front. When all is sent one block is kept for the next replies.
    void consume(std::size_t bytes);

    // Gives back what an empty buffer keeps.
    void trim() {
        if (empty()) clear();
    }
    void clear();

  private:
    char* add_block(std::size_t bytes);
    void append_more(std::string_view bytes);
    void push(Block* block);
    void pop();
    void swap(OutputBuffer& other) noexcept;

    char* at_ = nullptr;   // end of the bytes in tail_
    char* end_ = nullptr;  // end of its room
    Block* head_ = nullptr;
    Block* tail_ = nullptr;
    std::size_t closed_ = 0;  // bytes of all blocks but tail_
    std::size_t memory_ = 0;
};

}  // namespace assay::resp
