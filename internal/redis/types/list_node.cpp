#include "internal/redis/types/list_node.hpp"

#include <algorithm>
#include <cstring>

#include "internal/redis/memory/memory.hpp"

namespace assay::redis {
namespace {

constexpr std::size_t kHeaderBytes = 16;
// A plain node: the header, its size as u64, the text.
constexpr std::size_t kPlainTextOffset = kHeaderBytes + sizeof(std::uint64_t);

// Up to here a block grows to the byte: it is a small list, of which there may be many.
constexpr std::size_t kTightBytes = 128;
// Where growth by half stops for a while: the usual limit of a node.
constexpr std::size_t kUsualRoom = kHeaderBytes + 8192;

std::size_t room_for(std::size_t bytes) {
    const std::size_t needed = kHeaderBytes + bytes;
    if (needed <= kTightBytes) return needed;
    const std::size_t generous = needed + needed / 2;
    return needed <= kUsualRoom ? std::min(generous, kUsualRoom) : generous;
}

}  // namespace

std::array<std::uint8_t, ListpackView::kHeaderBytes> ListNodeView::listpack_header() const {
    return redis::listpack_header(listpack_bytes(), count());
}

const std::uint8_t* ListNodeView::seek(std::size_t index) const {
    if (index <= count() / 2) {
        const std::uint8_t* entry = begin();
        while (index-- > 0) entry = entry_after(entry);
        return entry;
    }
    const std::uint8_t* entry = end();
    for (std::size_t i = count(); i > index; --i) entry = entry_before(entry);
    return entry;
}

std::string_view ListNodeView::plain_text() const {
    std::uint64_t size = 0;
    std::memcpy(&size, block_ + kHeaderBytes, sizeof size);
    return {reinterpret_cast<const char*>(block_ + kPlainTextOffset), size};
}

std::size_t ListNodeView::memory_usage() const {
    return memory::footprint(block_);
}

ListNode::ListNode(std::size_t bytes, Growth side)
    : ListNodeView(static_cast<std::uint8_t*>(memory::allocate(kHeaderBytes + bytes))) {
    const auto room = static_cast<std::uint32_t>(memory::usable(block_));
    const std::uint32_t begin = side == Growth::kBack ? kHeaderBytes : room;
    header() = {.begin = begin, .end = begin, .count = 0, .room = room};
}

ListNode ListNode::plain(std::string_view text) {
    ListNode node(
        Adopted{static_cast<std::uint8_t*>(memory::allocate(kPlainTextOffset + text.size()))});
    node.header() = {.begin = 0, .end = 0, .count = 1, .room = 0};
    const std::uint64_t size = text.size();
    std::memcpy(node.block_ + kHeaderBytes, &size, sizeof size);
    if (size > 0) std::memcpy(node.block_ + kPlainTextOffset, text.data(), size);
    return node;
}

ListNode ListNode::copy_of(ListpackView pack) {
    const auto entries = pack.entries();
    ListNode node(entries.size());
    std::memcpy(node.open_gap(node.header().begin, entries.size()), entries.data(), entries.size());
    node.header().count = static_cast<std::uint32_t>(pack.count());
    return node;
}

ListNode ListNode::clone() const {
    if (is_plain()) return plain(plain_text());
    ListNode copy(entry_bytes());
    copy.append(*this);
    return copy;
}

ListNode::~ListNode() {
    memory::release(block_);
}

void ListNode::insert(const std::uint8_t* at, const PackedElement& element) {
    element.write(open_gap(offset_of(at), element.size()));
    ++header().count;
}

void ListNode::replace(const std::uint8_t* at, const PackedElement& element) {
    const std::size_t former = entry_size(at);
    const std::uint32_t offset = offset_of(at);
    if (element.size() > former) {
        element.write(open_gap(offset, element.size() - former));
        return;
    }
    const std::size_t behind = header().end - offset - former;
    close_gap(offset, former - element.size());
    element.write(block_ + header().end - behind - element.size());
}

const std::uint8_t* ListNode::erase(const std::uint8_t* at, std::size_t count) {
    const std::uint8_t* to = at;
    for (std::size_t i = 0; i < count; ++i) to = entry_after(to);
    const std::uint32_t offset = offset_of(at);
    const auto bytes = static_cast<std::size_t>(to - at);
    header().count -= static_cast<std::uint32_t>(count);
    const std::uint32_t behind = header().end - offset_of(to);
    close_gap(offset, bytes);
    return end() - behind;
}

ListNode ListNode::split_off(const std::uint8_t* at, std::size_t count) {
    const auto bytes = static_cast<std::size_t>(end() - at);
    ListNode tail(bytes);
    std::memcpy(tail.open_gap(tail.header().begin, bytes), at, bytes);
    tail.header().count = static_cast<std::uint32_t>(count);
    header().end = offset_of(at);
    header().count -= static_cast<std::uint32_t>(count);
    return tail;
}

void ListNode::append(const ListNodeView& other) {
    const auto entries = other.entries();
    std::uint8_t* const to = open_gap(header().end, entries.size());
    std::memcpy(to, entries.data(), entries.size());
    header().count += static_cast<std::uint32_t>(other.count());
}

void ListNode::fit() {
    const std::size_t needed = kHeaderBytes + entry_bytes();
    if (header().room > needed + std::max<std::size_t>(needed, 64)) move_to(needed, kHeaderBytes);
}

std::uint8_t* ListNode::open_gap(std::uint32_t at, std::size_t bytes) {
    const auto size = static_cast<std::uint32_t>(bytes);
    const std::uint32_t before = at - header().begin;
    const std::uint32_t behind = header().end - at;
    const std::size_t room_before = header().begin - kHeaderBytes;
    const std::size_t room_behind = header().room - header().end;
    if (before < behind || (before == behind && room_before > room_behind)) {
        if (room_before < bytes) make_room(bytes, Growth::kFront);
        std::uint8_t* const first = block_ + header().begin;
        if (before > 0) std::memmove(first - bytes, first, before);
        header().begin -= size;
        return first - bytes + before;
    }
    if (room_behind < bytes) make_room(bytes, Growth::kBack);
    std::uint8_t* const gap = block_ + header().end - behind;
    if (behind > 0) std::memmove(gap + bytes, gap, behind);
    header().end += size;
    return gap;
}

void ListNode::close_gap(std::uint32_t at, std::size_t bytes) {
    const auto size = static_cast<std::uint32_t>(bytes);
    const std::uint32_t before = at - header().begin;
    const std::uint32_t behind = header().end - at - size;
    if (before < behind) {
        std::uint8_t* const first = block_ + header().begin;
        if (before > 0) std::memmove(first + bytes, first, before);
        header().begin += size;
    } else {
        std::uint8_t* const gap = block_ + at;
        if (behind > 0) std::memmove(gap, gap + bytes, behind);
        header().end -= size;
    }
}

void ListNode::make_room(std::size_t bytes, Growth side) {
    const std::size_t total = entry_bytes() + bytes;
    const bool wide = header().room >= kHeaderBytes + total + total / 4;
    const std::size_t room =
        wide ? header().room : std::max<std::size_t>(room_for(total), header().room);
    const std::size_t spare = room - kHeaderBytes - total;
    // Three quarters go where more is likely to come, so that pushing stays constant on average.
    const std::size_t front = side == Growth::kFront ? bytes + spare - spare / 4
                              : wide                 ? spare / 4
                                                     : 0;
    move_to(room, kHeaderBytes + front);
}

void ListNode::move_to(std::size_t room, std::size_t begin) {
    const std::size_t bytes = entry_bytes();
    if (room == header().room) {
        std::memmove(block_ + begin, this->begin(), bytes);
    } else {
        auto* const block = static_cast<std::uint8_t*>(memory::allocate(room));
        std::memcpy(block + begin, this->begin(), bytes);
        const std::uint32_t count = header().count;
        memory::release(block_);
        block_ = block;
        header().count = count;
        header().room = static_cast<std::uint32_t>(memory::usable(block));
    }
    header().begin = static_cast<std::uint32_t>(begin);
    header().end = static_cast<std::uint32_t>(begin + bytes);
}

}  // namespace assay::redis
