#include "internal/redis/types/intset.hpp"

#include <cstring>
#include <limits>
#include <string>

#include "internal/redis/memory/memory.hpp"

namespace assay::redis {
namespace {

constexpr std::size_t kHeaderBytes = 8;

std::uint32_t load_field(const std::uint8_t* blob, std::size_t offset) {
    std::uint32_t field = 0;
    std::memcpy(&field, blob + offset, sizeof field);
    return field;
}

void store_field(std::uint8_t* blob, std::size_t offset, std::size_t value) {
    const auto field = static_cast<std::uint32_t>(value);
    std::memcpy(blob + offset, &field, sizeof field);
}

template <class Number>
std::int64_t load_number(const std::uint8_t* at) {
    Number number = 0;
    std::memcpy(&number, at, sizeof number);
    return number;
}

std::int64_t load_member(const std::uint8_t* blob, std::size_t width, std::size_t index) {
    const std::uint8_t* const at = blob + kHeaderBytes + index * width;
    if (width == 2) return load_number<std::int16_t>(at);
    return width == 4 ? load_number<std::int32_t>(at) : load_number<std::int64_t>(at);
}

template <class Number>
bool fits(std::int64_t number) {
    return number >= std::numeric_limits<Number>::min() &&
           number <= std::numeric_limits<Number>::max();
}

std::size_t width_of(std::int64_t number) {
    if (fits<std::int16_t>(number)) return 2;
    return fits<std::int32_t>(number) ? 4 : 8;
}

Error malformed(std::string_view reason) {
    return Error{.message = "cannot read intset: " + std::string(reason), .remedy = {}};
}

}  // namespace

IntSet::IntSet() : IntSetView(static_cast<std::uint8_t*>(memory::allocate(kHeaderBytes))) {
    store_field(blob_, 0, sizeof(std::int16_t));
    store_field(blob_, 4, 0);
}

IntSet IntSet::copy_of(std::span<const std::uint8_t> blob) {
    auto* copy = static_cast<std::uint8_t*>(memory::allocate(blob.size()));
    std::memcpy(copy, blob.data(), blob.size());
    return IntSet(copy);
}

IntSet::~IntSet() {
    memory::release(blob_);
}

std::size_t IntSetView::size() const {
    return load_field(blob_, 4);
}

std::size_t IntSetView::width() const {
    return load_field(blob_, 0);
}

std::int64_t IntSetView::at(std::size_t index) const {
    return load_member(blob_, width(), index);
}

std::size_t IntSetView::lower_bound(std::int64_t number) const {
    const std::size_t members = size();
    if (members > 0 && at(members - 1) < number) return members;  // the usual: ascending adds
    std::size_t low = 0;
    for (std::size_t high = members; low < high;) {
        const std::size_t middle = low + (high - low) / 2;
        if (at(middle) < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool IntSetView::contains(std::int64_t number) const {
    const std::size_t index = lower_bound(number);
    return index < size() && at(index) == number;
}

void IntSet::put(std::size_t index, std::int64_t number) {
    const std::size_t bytes = width();
    std::memcpy(blob_ + kHeaderBytes + index * bytes, &number, bytes);
}

void IntSet::resize(std::size_t size) {
    const std::size_t bytes = kHeaderBytes + size * width();
    const std::size_t room = memory::usable(blob_);
    if (bytes > room || room - bytes > 32 + bytes / 4) {
        blob_ = static_cast<std::uint8_t*>(memory::reallocate(blob_, bytes));
    }
    store_field(blob_, 4, size);
}

void IntSet::widen(std::size_t width) {
    const std::size_t old_width = this->width();
    const std::size_t members = size();
    store_field(blob_, 0, width);
    resize(members);
    for (std::size_t i = members; i-- > 0;) put(i, load_member(blob_, old_width, i));
}

bool IntSet::add(std::int64_t number) {
    if (const std::size_t needed = width_of(number); needed > width()) widen(needed);
    const std::size_t index = lower_bound(number);
    const std::size_t members = size();
    if (index < members && at(index) == number) return false;
    resize(members + 1);
    const std::size_t bytes = width();
    std::uint8_t* const place = blob_ + kHeaderBytes + index * bytes;
    std::memmove(place + bytes, place, (members - index) * bytes);
    put(index, number);
    return true;
}

bool IntSet::remove(std::int64_t number) {
    const std::size_t index = lower_bound(number);
    if (index == size() || at(index) != number) return false;
    erase_at(index);
    return true;
}

void IntSet::erase_at(std::size_t index) {
    const std::size_t members = size();
    const std::size_t bytes = width();
    std::uint8_t* const place = blob_ + kHeaderBytes + index * bytes;
    std::memmove(place, place + bytes, (members - index - 1) * bytes);
    resize(members - 1);
}

std::span<const std::uint8_t> IntSetView::bytes() const {
    return {blob_, kHeaderBytes + size() * width()};
}

std::size_t IntSetView::memory_usage() const {
    return memory::footprint(blob_);
}

Result<void> validate_intset(std::span<const std::uint8_t> blob) {
    if (blob.size() < kHeaderBytes) return malformed("it is shorter than its header");
    const std::size_t width = load_field(blob.data(), 0);
    const std::size_t members = load_field(blob.data(), 4);
    if (width != 2 && width != 4 && width != 8) return malformed("its width is not 2, 4 or 8");
    if (blob.size() - kHeaderBytes != members * width) return malformed("its size is wrong");
    for (std::size_t i = 1; i < members; ++i) {
        if (load_member(blob.data(), width, i - 1) >= load_member(blob.data(), width, i)) {
            return malformed("its members do not ascend");
        }
    }
    return {};
}

}  // namespace assay::redis
