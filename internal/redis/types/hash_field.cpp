#include "internal/redis/types/hash_field.hpp"

#include <cstring>

namespace assay::redis {
namespace {

constexpr std::size_t kNarrowLimit = 256;

}  // namespace

std::uint8_t HashField::flags_for(std::size_t field, std::size_t value,
                                  bool has_deadline) noexcept {
    const bool wide = field >= kNarrowLimit || value >= kNarrowLimit;
    return static_cast<std::uint8_t>((wide ? kWide : 0) | (has_deadline ? kHasDeadline : 0));
}

HashField* HashField::create(std::string_view field, std::string_view value, bool has_deadline) {
    const std::uint8_t flags = flags_for(field.size(), value.size(), has_deadline);
    const std::size_t head = head_bytes(flags);
    auto* const created =
        static_cast<HashField*>(memory::allocate(head + field.size() + value.size()));
    created->flags_ = flags;
    created->set_sizes(field.size(), value.size());
    char* const to = created->data() + head;
    if (!field.empty()) std::memcpy(to, field.data(), field.size());
    if (!value.empty()) std::memcpy(to + field.size(), value.data(), value.size());
    return created;
}

bool HashField::try_set_value(std::string_view value) noexcept {
    const std::size_t field = field_size();
    if (flags_for(field, value.size(), has_deadline()) != flags_) return false;
    const std::size_t needed = head_bytes() + field + value.size();
    const std::size_t room = memory::usable(this);
    if (needed > room || room > 2 * needed + 32) return false;
    set_sizes(field, value.size());
    if (!value.empty()) std::memcpy(data() + head_bytes() + field, value.data(), value.size());
    return true;
}

std::size_t HashField::size_at(std::size_t index) const noexcept {
    if ((flags_ & kWide) == 0) return static_cast<unsigned char>(data()[1 + index]);
    std::uint32_t size = 0;
    std::memcpy(&size, data() + 1 + index * sizeof size, sizeof size);
    return size;
}

void HashField::set_sizes(std::size_t field, std::size_t value) noexcept {
    if ((flags_ & kWide) == 0) {
        data()[1] = static_cast<char>(field);
        data()[2] = static_cast<char>(value);
        return;
    }
    const std::uint32_t sizes[] = {static_cast<std::uint32_t>(field),
                                   static_cast<std::uint32_t>(value)};
    std::memcpy(data() + 1, sizes, sizeof sizes);
}

std::uint32_t HashField::place() const noexcept {
    std::uint32_t place = 0;
    std::memcpy(&place, data() + head_bytes() - sizeof place, sizeof place);
    return place;
}

void HashField::set_place(std::uint32_t place) noexcept {
    std::memcpy(data() + head_bytes() - sizeof place, &place, sizeof place);
}

void FieldDeadlines::add(HashField* field, std::int64_t at_ms) {
    heap_.push_back({at_ms, field});
    settle(heap_.size() - 1, {at_ms, field});
}

void FieldDeadlines::remove(const HashField& field) {
    const std::size_t hole = field.place();
    const Deadline last = heap_.back();
    heap_.pop_back();
    if (hole < heap_.size()) settle(hole, last);
}

void FieldDeadlines::change(const HashField& field, std::int64_t at_ms) {
    settle(field.place(), {at_ms, heap_[field.place()].field});
}

void FieldDeadlines::move(std::uint32_t place, HashField* field) {
    put(place, {heap_[place].at_ms, field});
}

std::size_t FieldDeadlines::memory_usage() const {
    return heap_.capacity() == 0 ? 0 : memory::footprint(heap_.data());
}

void FieldDeadlines::put(std::size_t place, const Deadline& deadline) {
    heap_[place] = deadline;
    deadline.field->set_place(static_cast<std::uint32_t>(place));
}

void FieldDeadlines::settle(std::size_t place, const Deadline& deadline) {
    for (; place > 0; place = (place - 1) / 2) {
        const Deadline& above = heap_[(place - 1) / 2];
        if (above.at_ms <= deadline.at_ms) break;
        put(place, above);
    }
    for (std::size_t below = 2 * place + 1; below < heap_.size(); below = 2 * place + 1) {
        if (below + 1 < heap_.size() && heap_[below + 1].at_ms < heap_[below].at_ms) ++below;
        if (heap_[below].at_ms >= deadline.at_ms) break;
        put(place, heap_[below]);
        place = below;
    }
    put(place, deadline);
}

}  // namespace assay::redis
