// One element of a listpack: the bytes it is stored as.
//
// Redis' published format, byte for byte: an encoding byte that carries a short length or a small
// number, more length or number bytes, the text, and at the end the size of all that, written so
// that it can be read from the right. A text that is a canonical 64-bit decimal number is stored
// as the number, so every value has exactly one form. The idea that follows: a value looked for is
// encoded once and then compared as bytes; nothing is decoded on the way. (Rejected: decoding each
// element for the comparison. Foreign blobs are held to the one form by valid_entry_size.)
//
// These functions know elements only. Listpack frames them, List keeps them in nodes with room at
// both ends. All pointers are borrowed; an "entry" is the address of an element's first byte.
// Nothing here allocates.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace assay::redis {

// Larger elements are kept by their owner in a form of its own (List: a plain node; Hash, Set,
// SortedSet: the table). Keeps any blob's size far below its 32-bit field.
inline constexpr std::size_t kMaxPackedElementBytes = std::size_t{1} << 29;

// The longest text of a 64-bit integer.
using IntegerText = std::array<char, 20>;
std::string_view write_integer(std::int64_t number, IntegerText& buffer);

// The number that `text` is the one decimal form of: no sign but '-', no leading zero, not "-0".
std::optional<std::int64_t> canonical_integer(std::string_view text);

// An element as it is read: bytes, or a number that stands for its decimal text. Borrows.
class PackedValue {
  public:
    // Also of an empty text, data() is not null.
    PackedValue(std::string_view text) : data_(text.data()), size_(text.size()) {}
    PackedValue(std::int64_t number) : data_(nullptr), size_(static_cast<std::uint64_t>(number)) {}

    bool is_integer() const { return data_ == nullptr; }
    std::int64_t integer() const { return static_cast<std::int64_t>(size_); }
    // The bytes as stored; only when it is not a number.
    std::string_view stored_text() const { return {data_, size_}; }
    // The text in any case; `buffer` lives as long as the answer is used.
    std::string_view text(IntegerText& buffer) const {
        return is_integer() ? write_integer(integer(), buffer) : stored_text();
    }
    // The number this is or is the canonical text of.
    std::optional<std::int64_t> as_integer() const {
        return is_integer() ? integer() : canonical_integer(stored_text());
    }
    std::size_t text_size() const;

  private:
    const char* data_;    // null: a number
    std::uint64_t size_;  // of the text, or the number's bits
};

// A value ready to be stored or looked for. Borrows the text it was made of.
class PackedElement {
  public:
    explicit PackedElement(std::string_view text);
    explicit PackedElement(std::int64_t number);
    // As read from elsewhere: a text is looked at again, since it may come from a table.
    explicit PackedElement(const PackedValue& value)
        : PackedElement(value.is_integer() ? PackedElement(value.integer())
                                           : PackedElement(value.stored_text())) {}

    // All bytes of the entry.
    std::size_t size() const { return size_; }
    // Writes size() bytes; returns the address behind them.
    std::uint8_t* write(std::uint8_t* to) const;
    bool equals(const std::uint8_t* entry) const {
        return entry[0] == head_[0] &&
               (head_size_ == 1 || std::memcmp(entry, head_.data(), head_size_) == 0) &&
               (text_.empty() || std::memcmp(entry + head_size_, text_.data(), text_.size()) == 0);
    }

  private:
    void set_integer(std::int64_t number);
    void set_text(std::string_view text);

    std::array<std::uint8_t, 9> head_;
    std::uint8_t head_size_ = 0;
    std::string_view text_;
    std::size_t size_ = 0;
};

// The size of the entry that begins here, its backward length included.
std::size_t entry_size_of_long_text(const std::uint8_t* entry);
extern const std::array<std::uint8_t, 256> kEntrySizes;  // by first byte, 0: a long text
inline std::size_t entry_size(const std::uint8_t* entry) {
    const std::size_t size = kEntrySizes[*entry];
    return size != 0 ? size : entry_size_of_long_text(entry);
}
inline const std::uint8_t* entry_after(const std::uint8_t* entry) {
    return entry + entry_size(entry);
}
// The entry that ends where this one begins; there must be one.
const std::uint8_t* entry_before(const std::uint8_t* entry);

PackedValue entry_value_of_any(const std::uint8_t* entry);
inline PackedValue entry_value(const std::uint8_t* entry) {
    const unsigned short_text = *entry ^ 0x80u;
    if (short_text < 64)
        return std::string_view(reinterpret_cast<const char*>(entry + 1), short_text);
    return entry_value_of_any(entry);
}

// The size of the entry that begins at `entry`, if it lies wholly before `end` and is in the form
// in which PackedElement writes its value; 0 otherwise. For bytes nobody vouches for.
std::size_t valid_entry_size(const std::uint8_t* entry, const std::uint8_t* end);

}  // namespace assay::redis
