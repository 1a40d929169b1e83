// A key with its value, in one block of memory.
//
//   header (8) | expiry (8) | key length (8) | word (8) | key | text
//
// The header says which of the others are there: an expiry if the key has one, a length if the key
// has 255 bytes or more (else the header holds it), a word unless the value is a short text. The
// word is an integer, the owner of a longer text, or an object (objects.hpp). So a key of 16 bytes
// with a text of 32 takes 56 bytes, a block of 64 with the heap's word; an expiry makes it 80.
//
// Texts up to kMaxInline lie in the block: one miss less to read, 28 bytes less to store. Longer
// ones lie in a block of their own with room to grow.
//
// Functions that may need a block of another size return the entry as it is now, which may have
// moved: its place in a table must follow (Database does that). Rejected: a fixed pointer to a
// value object beside the key (Redis: three blocks, 72 bytes more per key), a block per key with
// the value always apart (one block more).
//
// Not thread-safe; an entry that stands in no table may be destroyed by any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "internal/redis/keyspace/objects.hpp"

namespace assay::redis {

// Milliseconds since the epoch.
using ExpiryTime = std::optional<std::int64_t>;

// Room for the text of an integer.
using IntegerText = std::array<char, 20>;

// A value on its way into an entry.
class NewValue {
  public:
    // A text that is a canonical integer ("12", not "012") becomes that integer. The bytes are
    // borrowed until the entry is made, and are not those of the entry itself.
    static NewValue text(std::string_view bytes) noexcept;
    static NewValue integer(std::int64_t value) noexcept {
        return {Type::kString, Form::kInteger, static_cast<std::uint64_t>(value), {}};
    }
    template <class T>
    static NewValue object(Type type, T&& value) noexcept {
        return {type, Form::kObject, word_of_object(std::forward<T>(value)), {}};
    }

  private:
    friend class Entry;
    enum class Form : std::uint8_t { kInline, kInteger, kBuffer, kObject };

    NewValue(Type type, Form form, std::uint64_t word, std::string_view bytes) noexcept
        : word_(word), bytes_(bytes), type_(type), form_(form) {}

    std::uint64_t word_;
    std::string_view bytes_;
    Type type_;
    Form form_;
};

class Entry {
  public:
    static constexpr std::size_t kMaxInline = 512;

    static Entry* create(std::string_view key, const NewValue& value,
                         ExpiryTime expiry = {}) noexcept;
    static void destroy(Entry* entry) noexcept;
    // A deep copy under another key, with the expiry and access of the original; null when the
    // type cannot be copied.
    static Entry* copy(const Entry& entry, std::string_view key) noexcept;

    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    Type type() const noexcept { return static_cast<Type>(bits_ >> kTypeShift & 7); }
    std::string_view key() const noexcept {
        const std::size_t length = key_length_ < kLongKey ? key_length_ : long_key_length();
        return {bytes_at(key_offset_), length};
    }

    ExpiryTime expiry() const noexcept {
        return has_expiry() ? ExpiryTime(expiry_ms()) : std::nullopt;
    }
    bool has_expiry() const noexcept { return (bits_ & kExpiryBit) != 0; }
    bool is_expired(std::int64_t now_ms) const noexcept {
        return has_expiry() && expiry_ms() <= now_ms;
    }

    // See access.hpp.
    std::uint32_t access() const noexcept { return bits_ & kAccessMask; }
    void set_access(std::uint32_t access) noexcept { bits_ = (bits_ & ~kAccessMask) | access; }

    // type() is kString for these.
    bool is_integer() const noexcept { return form() == Form::kInteger; }
    std::int64_t integer() const noexcept { return static_cast<std::int64_t>(word()); }
    // is_integer() already.
    void set_integer(std::int64_t value) noexcept {
        store(key_offset_ - sizeof(std::uint64_t), static_cast<std::uint64_t>(value));
    }
    // `room` receives the text of an integer. Valid until the entry changes.
    std::string_view text(IntegerText& room) const noexcept;
    std::size_t text_size() const noexcept;
    // "int", "embstr" or "raw": the last for texts above 44 bytes and those edited in place.
    std::string_view text_encoding() const noexcept;

    // type() is that of T.
    template <class T>
    T& object() noexcept {
        return *std::launder(reinterpret_cast<T*>(word_address()));
    }
    template <class T>
    const T& object() const noexcept {
        return *std::launder(reinterpret_cast<const T*>(word_address()));
    }

    // All bytes of the heap behind the entry.
    std::size_t memory_usage() const noexcept;
    // About how many blocks destroy() releases.
    std::size_t effort() const noexcept;

    // Another value of any type in the place of the former, and another expiry or none.
    [[nodiscard]] static Entry* assign(Entry* entry, const NewValue& value,
                                       ExpiryTime expiry) noexcept;
    [[nodiscard]] static Entry* set_expiry(Entry* entry, ExpiryTime expiry) noexcept;
    // The same entry under another key, which is not part of the entry.
    [[nodiscard]] static Entry* rename(Entry* entry, std::string_view key) noexcept;
    // Makes the value a text of `size` bytes that may be written to: what is new is zero. Its
    // encoding is "raw" from now on. type() is kString.
    [[nodiscard]] static Entry* edit_text(Entry* entry, std::size_t size) noexcept;
    // The bytes to write to, after edit_text() and until the entry changes otherwise.
    std::span<char> editable_text() noexcept;

  private:
    using Form = NewValue::Form;

    static constexpr std::uint32_t kAccessMask = 0xffffff;
    static constexpr unsigned kTypeShift = 24;
    static constexpr unsigned kFormShift = 27;
    static constexpr std::uint32_t kExpiryBit = 1U << 29;
    static constexpr std::uint32_t kRawBit = 1U << 30;
    static constexpr std::uint8_t kLongKey = 255;
    static constexpr std::size_t kHeader = 8;

    Entry() = default;
    ~Entry() = default;

    Form form() const noexcept { return static_cast<Form>(bits_ >> kFormShift & 3); }
    char* bytes_at(std::size_t offset) noexcept { return reinterpret_cast<char*>(this) + offset; }
    const char* bytes_at(std::size_t offset) const noexcept {
        return reinterpret_cast<const char*>(this) + offset;
    }
    std::uint64_t load(std::size_t offset) const noexcept {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes_at(offset), sizeof(word));
        return word;
    }
    void store(std::size_t offset, std::uint64_t word) noexcept {
        std::memcpy(bytes_at(offset), &word, sizeof(word));
    }
    std::int64_t expiry_ms() const noexcept { return static_cast<std::int64_t>(load(kHeader)); }
    char* word_address() noexcept { return bytes_at(key_offset_ - sizeof(std::uint64_t)); }
    const char* word_address() const noexcept {
        return bytes_at(key_offset_ - sizeof(std::uint64_t));
    }
    std::uint64_t word() const noexcept { return load(key_offset_ - sizeof(std::uint64_t)); }
    std::size_t long_key_length() const noexcept { return load(kHeader + (has_expiry() ? 8 : 0)); }
    std::size_t size() const noexcept {
        return key_offset_ + key().size() + (form() == Form::kInline ? inline_length_ : 0);
    }

    static Entry* build(void* block, std::string_view key, const NewValue& value, ExpiryTime expiry,
                        std::uint32_t bits) noexcept;
    static std::size_t size_for(std::string_view key, const NewValue& value,
                                ExpiryTime expiry) noexcept;
    static NewValue stored(const NewValue& value) noexcept;
    NewValue current() const noexcept;
    void destroy_value() noexcept;
    bool overwrite(const NewValue& value, ExpiryTime expiry) noexcept;

    std::uint32_t bits_;           // access 24, type 3, form 2, expiry 1, raw 1
    std::uint8_t key_length_;      // kLongKey: see the length's own word
    std::uint8_t key_offset_;      // 8 … 32
    std::uint16_t inline_length_;  // of a text in the block
};

// For LinearTable: entries are found by key, and the mark says that one has an expiry.
struct EntryPolicy {
    using Entry = redis::Entry;
    static std::string_view key(const Entry& entry) noexcept { return entry.key(); }
    static void destroy(Entry* entry) noexcept { Entry::destroy(entry); }
    static bool flag(const Entry& entry) noexcept { return entry.has_expiry(); }
};

}  // namespace assay::redis
