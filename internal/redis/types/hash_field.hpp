// HashField: a field and its value in one block, as the table of a large hash holds them; and
// FieldDeadlines, which of them end when.
//
// A flag byte, both lengths (one byte each while both are below 256, else four), the place among
// the deadlines if there is one, the field, the value: 10 + 10 bytes take the smallest block there
// is. A value that still fits is overwritten in place.
//
// Deadlines are a binary heap by time, and every field knows its place in it: the next one is at
// hand, a change costs the logarithm of their number. (Rejected: the time in the field and a walk
// over the table; a hash of a million sessions would be walked whole for each that ends.)
// Values only, no thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "internal/redis/memory/memory.hpp"
#include "internal/redis/table/linear_table.hpp"

namespace assay::redis {

class HashField {
  public:
    // memory::release() ends it. Both texts are shorter than 4 GiB.
    static HashField* create(std::string_view field, std::string_view value, bool has_deadline);

    std::string_view field() const noexcept { return {data() + head_bytes(), field_size()}; }
    std::string_view value() const noexcept {
        return {data() + head_bytes() + field_size(), value_size()};
    }
    // Overwrites the value if it fits the block without wasting most of it.
    bool try_set_value(std::string_view value) noexcept;

    bool has_deadline() const noexcept { return (flags_ & kHasDeadline) != 0; }
    // Index in FieldDeadlines; only with has_deadline().
    std::uint32_t place() const noexcept;
    void set_place(std::uint32_t place) noexcept;

  private:
    static constexpr std::uint8_t kWide = 1;
    static constexpr std::uint8_t kHasDeadline = 2;

    static std::size_t head_bytes(std::uint8_t flags) noexcept {
        return 1 + ((flags & kWide) != 0 ? 8 : 2) + ((flags & kHasDeadline) != 0 ? 4 : 0);
    }
    static std::uint8_t flags_for(std::size_t field, std::size_t value, bool has_deadline) noexcept;
    std::size_t head_bytes() const noexcept { return head_bytes(flags_); }
    const char* data() const noexcept { return reinterpret_cast<const char*>(this); }
    char* data() noexcept { return reinterpret_cast<char*>(this); }
    std::size_t size_at(std::size_t index) const noexcept;
    std::size_t field_size() const noexcept { return size_at(0); }
    std::size_t value_size() const noexcept { return size_at(1); }
    void set_sizes(std::size_t field, std::size_t value) noexcept;

    std::uint8_t flags_;
};

struct HashFieldPolicy {
    using Entry = HashField;
    static std::string_view key(const HashField& field) noexcept { return field.field(); }
    static void destroy(HashField* field) noexcept { memory::release(field); }
};

// Borrows the fields it knows; each has_deadline().
class FieldDeadlines {
  public:
    bool empty() const { return heap_.empty(); }
    std::size_t size() const { return heap_.size(); }
    std::int64_t at_ms(const HashField& field) const { return heap_[field.place()].at_ms; }
    // The earliest; there is one.
    std::int64_t next_ms() const { return heap_.front().at_ms; }
    HashField* next() const { return heap_.front().field; }

    void add(HashField* field, std::int64_t at_ms);
    void remove(const HashField& field);
    void change(const HashField& field, std::int64_t at_ms);
    // The field has moved to another block.
    void move(std::uint32_t place, HashField* field);
    std::size_t memory_usage() const;

  private:
    struct Deadline {
        std::int64_t at_ms;
        HashField* field;
    };
    void put(std::size_t place, const Deadline& deadline);
    // Moves the deadline that belongs at or around `place` to where the order wants it.
    void settle(std::size_t place, const Deadline& deadline);

    std::vector<Deadline, memory::Allocator<Deadline>> heap_;
};

}  // namespace assay::redis
