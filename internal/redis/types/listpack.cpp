#include "internal/redis/types/listpack.hpp"

#include <algorithm>
#include <string>

#include "internal/redis/memory/memory.hpp"

namespace assay::redis {
namespace {

constexpr std::size_t kHeader = ListpackView::kHeaderBytes;
constexpr std::size_t kFrameBytes = ListpackView::kFrameBytes;
constexpr std::size_t kUncounted = 65535;

std::uint32_t load_bytes(const std::uint8_t* blob) {
    std::uint32_t bytes = 0;
    std::memcpy(&bytes, blob, sizeof bytes);
    return bytes;
}

std::uint16_t load_count(const std::uint8_t* blob) {
    std::uint16_t count = 0;
    std::memcpy(&count, blob + 4, sizeof count);
    return count;
}

void store_frame(std::uint8_t* blob, std::size_t bytes, std::size_t count) {
    const auto header = listpack_header(bytes, count);
    std::memcpy(blob, header.data(), header.size());
    blob[bytes - 1] = kListpackEnd;
}

// Up to here blobs are as small as they can be; above, growth is by an eighth.
constexpr std::size_t kTightBytes = 512;

Error malformed(std::string_view reason) {
    return Error{.message = "cannot read listpack: " + std::string(reason), .remedy = {}};
}

}  // namespace

std::array<std::uint8_t, 6> listpack_header(std::size_t bytes, std::size_t count) {
    const auto stored_bytes = static_cast<std::uint32_t>(bytes);
    const auto stored_count = static_cast<std::uint16_t>(std::min(count, kUncounted));
    std::array<std::uint8_t, 6> header;
    std::memcpy(header.data(), &stored_bytes, sizeof stored_bytes);
    std::memcpy(header.data() + 4, &stored_count, sizeof stored_count);
    return header;
}

std::size_t ListpackView::size_bytes() const {
    return load_bytes(blob_);
}

std::size_t ListpackView::count() const {
    if (const std::size_t stored = load_count(blob_); stored != kUncounted) return stored;
    std::size_t count = 0;
    for (auto at = begin(); at != end(); ++at) ++count;
    return count;
}

ListpackView::Position ListpackView::seek(std::int64_t index) const {
    const std::size_t stored = load_count(blob_);
    const auto count = static_cast<std::int64_t>(stored == kUncounted ? this->count() : stored);
    if (index < 0) index += count;
    if (index < 0 || index >= count) return end_position();
    if (index <= count / 2) {
        Position at = first();
        while (index-- > 0) at = next(at);
        return at;
    }
    Position at = end_position();
    while (index++ < count) at = previous(at);
    return at;
}

ListpackView::Position ListpackView::find(const PackedElement& wanted, Position from,
                                          unsigned skip) const {
    const std::uint8_t* const end = blob_ + end_position();
    const std::uint8_t* entry = blob_ + from;
    while (entry != end) {
        if (wanted.equals(entry)) return static_cast<Position>(entry - blob_);
        entry = entry_after(entry);
        for (unsigned i = 0; i < skip && entry != end; ++i) entry = entry_after(entry);
    }
    return end_position();
}

Listpack::Listpack() : ListpackView(static_cast<std::uint8_t*>(memory::allocate(kFrameBytes))) {
    store_frame(blob_, kFrameBytes, 0);
}

Listpack Listpack::copy_of(std::span<const std::uint8_t> blob) {
    auto* copy = static_cast<std::uint8_t*>(memory::allocate(blob.size()));
    std::memcpy(copy, blob.data(), blob.size());
    return Listpack(copy);
}

Listpack::~Listpack() {
    memory::release(blob_);
}

void Listpack::reserve(std::size_t bytes) {
    if (bytes <= memory::usable(blob_)) return;
    blob_ = static_cast<std::uint8_t*>(memory::reallocate(blob_, bytes));
}

void Listpack::resize_at(Position at, std::size_t old_bytes, std::size_t new_bytes,
                         std::ptrdiff_t added) {
    const std::size_t bytes = size_bytes();
    const std::size_t changed = bytes - old_bytes + new_bytes;
    if (changed > bytes && changed > memory::usable(blob_)) {
        reserve(changed <= kTightBytes ? changed : changed + changed / 8);
    }
    std::memmove(blob_ + at + new_bytes, blob_ + at + old_bytes, bytes - at - old_bytes);
    const auto count = static_cast<std::ptrdiff_t>(load_count(blob_));
    const bool counted = count != static_cast<std::ptrdiff_t>(kUncounted);
    store_frame(blob_, changed, static_cast<std::size_t>(counted ? count + added : count));
    if (changed < bytes) give_back();
}

void Listpack::give_back() {
    const std::size_t bytes = size_bytes();
    const std::size_t room = memory::usable(blob_);
    const std::size_t slack = std::max<std::size_t>(32, bytes / 4);
    if (room - bytes < slack) return;
    blob_ = static_cast<std::uint8_t*>(memory::reallocate(blob_, bytes));
}

ListpackView::Position Listpack::insert(Position at, const PackedElement& element) {
    resize_at(at, 0, element.size(), 1);
    element.write(blob_ + at);
    return at;
}

void Listpack::replace(Position at, const PackedElement& element) {
    const std::size_t former = entry_size(blob_ + at);
    if (former != element.size()) resize_at(at, former, element.size(), 0);
    element.write(blob_ + at);
}

ListpackView::Position Listpack::erase(Position at, std::size_t count) {
    const Position end = end_position();
    Position to = at;
    std::ptrdiff_t erased = 0;
    for (; count > 0 && to != end; --count, ++erased) to = next(to);
    resize_at(at, to - at, 0, -erased);
    return at;
}

void Listpack::clear() {
    store_frame(blob_, kFrameBytes, 0);
    give_back();
}

std::size_t Listpack::memory_usage() const {
    return memory::footprint(blob_);
}

Result<void> validate_listpack(std::span<const std::uint8_t> blob) {
    if (blob.size() < kFrameBytes) return malformed("it is shorter than its frame");
    if (blob.size() > Listpack::kMaxBytes) return malformed("it is larger than 1 GiB");
    if (load_bytes(blob.data()) != blob.size()) return malformed("its size field is wrong");
    if (blob.back() != kListpackEnd) return malformed("it does not end with 0xff");
    const std::uint8_t* const end = blob.data() + blob.size() - 1;
    std::size_t count = 0;
    for (const std::uint8_t* entry = blob.data() + kHeader; entry != end; ++count) {
        const std::size_t size = valid_entry_size(entry, end);
        if (size == 0) {
            return malformed("the element at byte " + std::to_string(entry - blob.data()) +
                             " is not in its form");
        }
        entry += size;
    }
    const std::size_t stored = load_count(blob.data());
    if (stored != kUncounted && stored != count) return malformed("its number field is wrong");
    return {};
}

}  // namespace assay::redis
