#include "pkg/resp/output_buffer.hpp"

#include <algorithm>
#include <cassert>
#include <new>

namespace assay::resp {

struct OutputBuffer::Block {
    Block* next = nullptr;
    char* begin = nullptr;  // of what is to be sent
    char* end = nullptr;    // of the bytes; of tail_ it is OutputBuffer::at_
    std::size_t memory = 0;
    void* owner = nullptr;
    void (*release)(void* owner) = nullptr;

    char* room() { return reinterpret_cast<char*>(this + 1); }
};

void OutputBuffer::push(Block* block) {
    if (tail_ != nullptr) {
        tail_->end = at_;
        closed_ += static_cast<std::size_t>(at_ - tail_->begin);
        tail_->next = block;
    } else {
        head_ = block;
    }
    tail_ = block;
    memory_ += block->memory;
}

void OutputBuffer::pop() {
    Block* const block = head_;
    head_ = block->next;
    if (head_ == nullptr) tail_ = nullptr;
    memory_ -= block->memory;
    if (block->release != nullptr) block->release(block->owner);
    ::operator delete(block);
}

char* OutputBuffer::add_block(std::size_t bytes) {
    // An empty block that is too small was kept for nothing.
    if (head_ != nullptr && empty()) clear();
    const std::size_t usual = head_ == nullptr ? kFirstBlockBytes : kBlockBytes;
    const std::size_t memory = std::max(usual, sizeof(Block) + bytes);
    auto* const block = new (::operator new(memory)) Block;
    block->begin = block->room();
    block->memory = memory;
    push(block);
    at_ = block->begin;
    end_ = block->room() + (memory - sizeof(Block));
    return at_;
}

void OutputBuffer::append_more(std::string_view bytes) {
    // What follows a big string, its line end at least, shall find room in the same block.
    constexpr std::size_t kMargin = 64;
    std::size_t room = 0;
    if (bytes.size() < kBlockBytes) {
        room = static_cast<std::size_t>(end_ - at_);
        if (room > 0) std::memcpy(at_, bytes.data(), room);
        at_ += room;
        bytes.remove_prefix(room);
    }
    std::memcpy(add_block(bytes.size() + kMargin), bytes.data(), bytes.size());
    at_ += bytes.size();
}

void OutputBuffer::append_foreign(std::string_view bytes, void* owner, void (*release)(void*)) {
    if (head_ != nullptr && empty()) clear();
    auto* const block = new (::operator new(sizeof(Block))) Block;
    block->begin = const_cast<char*>(bytes.data());  // never written: it has no room
    block->memory = sizeof(Block) + bytes.size();
    block->owner = owner;
    block->release = release;
    push(block);
    at_ = end_ = block->begin + bytes.size();
}

OutputBuffer::Hole OutputBuffer::make_hole(std::size_t width) {
    char* const at = reserve(width);
    commit(at + width);
    return {tail_, at, width};
}

void OutputBuffer::fill(const Hole& hole, std::string_view text) {
    assert(text.size() <= hole.width);
    std::memcpy(hole.at, text.data(), text.size());
    const std::size_t gap = hole.width - text.size();
    if (gap == 0) return;
    char*& end = hole.block == tail_ ? at_ : hole.block->end;
    char* const behind = hole.at + hole.width;
    std::memmove(hole.at + text.size(), behind, static_cast<std::size_t>(end - behind));
    end -= gap;
    if (hole.block != tail_) closed_ -= gap;
}

std::size_t OutputBuffer::size() const {
    if (tail_ == nullptr) return 0;
    return closed_ + static_cast<std::size_t>(at_ - tail_->begin);
}

std::size_t OutputBuffer::iovecs(std::span<iovec> vectors) const {
    std::size_t used = 0;
    for (Block* block = head_; block != nullptr && used < vectors.size(); block = block->next) {
        char* const end = block == tail_ ? at_ : block->end;
        if (end == block->begin) continue;
        vectors[used++] = {block->begin, static_cast<std::size_t>(end - block->begin)};
    }
    return used;
}

void OutputBuffer::consume(std::size_t bytes) {
    assert(bytes <= size());
    while (head_ != tail_) {
        const auto there = static_cast<std::size_t>(head_->end - head_->begin);
        const std::size_t taken = std::min(bytes, there);
        bytes -= taken;
        closed_ -= taken;
        head_->begin += taken;
        if (taken < there) return;
        pop();
    }
    if (tail_ == nullptr) return;
    tail_->begin += bytes;
    if (tail_->begin != at_) return;
    if (tail_->release != nullptr || tail_->memory > kBlockBytes) return clear();
    tail_->begin = at_ = tail_->room();
}

void OutputBuffer::clear() {
    while (head_ != nullptr) pop();
    at_ = end_ = nullptr;
    closed_ = 0;
}

void OutputBuffer::swap(OutputBuffer& other) noexcept {
    std::swap(at_, other.at_);
    std::swap(end_, other.end_);
    std::swap(head_, other.head_);
    std::swap(tail_, other.tail_);
    std::swap(closed_, other.closed_);
    std::swap(memory_, other.memory_);
}

}  // namespace assay::resp
