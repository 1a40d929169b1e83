#include "internal/redis/keyspace/entry.hpp"

#include <algorithm>

#include "internal/redis/memory/memory.hpp"
#include "pkg/resp/numbers.hpp"

namespace assay::redis {
namespace {

constexpr std::size_t kMostEmbstr = 44;
constexpr std::size_t kWord = sizeof(std::uint64_t);

// A text in a block of its own; its capacity is what the heap says.
struct TextBuffer {
    std::uint64_t size;

    char* bytes() { return reinterpret_cast<char*>(this + 1); }

    static TextBuffer* of(std::uint64_t word) { return reinterpret_cast<TextBuffer*>(word); }
    std::uint64_t word() const { return reinterpret_cast<std::uintptr_t>(this); }
    std::string_view view() { return {bytes(), size}; }

    static TextBuffer* create(std::string_view text, std::size_t capacity) {
        auto* buffer =
            new (memory::allocate(sizeof(TextBuffer) + capacity)) TextBuffer{text.size()};
        std::memcpy(buffer->bytes(), text.data(), text.size());
        return buffer;
    }
};

// What a text that grows gets, so that appending costs a constant time per byte.
std::size_t roomy(std::size_t size) {
    constexpr std::size_t kMostExtra = 1 << 20;
    return size + std::min(size, kMostExtra);
}

TextBuffer* resize(TextBuffer* buffer, std::size_t size) {
    if (sizeof(TextBuffer) + size > memory::usable(buffer)) {
        buffer =
            static_cast<TextBuffer*>(memory::reallocate(buffer, sizeof(TextBuffer) + roomy(size)));
    }
    if (size > buffer->size) std::memset(buffer->bytes() + buffer->size, 0, size - buffer->size);
    buffer->size = size;
    return buffer;
}

}  // namespace

NewValue NewValue::text(std::string_view bytes) noexcept {
    if (const auto integer_value = resp::parse_int64(bytes)) return integer(*integer_value);
    const Form form = bytes.size() <= Entry::kMaxInline ? Form::kInline : Form::kBuffer;
    return {Type::kString, form, 0, bytes};
}

// With a buffer of its own where the value needs one and only borrows its bytes.
NewValue Entry::stored(const NewValue& value) noexcept {
    NewValue ready = value;
    if (ready.form_ == Form::kBuffer && ready.word_ == 0) {
        ready.word_ = TextBuffer::create(ready.bytes_, ready.bytes_.size())->word();
    }
    return ready;
}

// The value as it is, still owned by the entry.
NewValue Entry::current() const noexcept {
    if (form() != Form::kInline) return {type(), form(), word(), {}};
    return {type(), form(), 0, {key().data() + key().size(), inline_length_}};
}

std::size_t Entry::size_for(std::string_view key, const NewValue& value,
                            ExpiryTime expiry) noexcept {
    return kHeader + (expiry ? kWord : 0) + (key.size() >= kLongKey ? kWord : 0) +
           (value.form_ == Form::kInline ? value.bytes_.size() : kWord) + key.size();
}

// Writes an entry into a block that is large enough. `key` may lie in that block, so it is moved
// first. Of `bits` the access and the raw mark count.
Entry* Entry::build(void* block, std::string_view key, const NewValue& value, ExpiryTime expiry,
                    std::uint32_t bits) noexcept {
    const bool has_word = value.form_ != Form::kInline;
    const bool has_long_key = key.size() >= kLongKey;
    const std::size_t key_offset =
        kHeader + kWord * (std::size_t{expiry.has_value()} + has_long_key + has_word);
    std::memmove(static_cast<char*>(block) + key_offset, key.data(), key.size());

    auto* entry = static_cast<Entry*>(block);
    entry->bits_ =
        (bits & (kAccessMask | kRawBit)) | static_cast<std::uint32_t>(value.type_) << kTypeShift |
        static_cast<std::uint32_t>(value.form_) << kFormShift | (expiry ? kExpiryBit : 0);
    entry->key_length_ = has_long_key ? kLongKey : static_cast<std::uint8_t>(key.size());
    entry->key_offset_ = static_cast<std::uint8_t>(key_offset);
    entry->inline_length_ = static_cast<std::uint16_t>(has_word ? 0 : value.bytes_.size());
    if (expiry) entry->store(kHeader, static_cast<std::uint64_t>(*expiry));
    if (has_long_key) entry->store(kHeader + (expiry ? kWord : 0), key.size());
    if (has_word) {
        entry->store(key_offset - kWord, value.word_);
    } else if (!value.bytes_.empty()) {
        std::memcpy(entry->bytes_at(key_offset + key.size()), value.bytes_.data(),
                    value.bytes_.size());
    }
    return entry;
}

Entry* Entry::create(std::string_view key, const NewValue& value, ExpiryTime expiry) noexcept {
    return build(memory::allocate(size_for(key, value, expiry)), key, stored(value), expiry, 0);
}

void Entry::destroy(Entry* entry) noexcept {
    if (entry == nullptr) return;
    entry->destroy_value();
    memory::release(entry);
}

void Entry::destroy_value() noexcept {
    if (form() == Form::kBuffer) memory::release(TextBuffer::of(word()));
    if (form() == Form::kObject) operations_of(type()).destroy(word_address());
}

Entry* Entry::copy(const Entry& entry, std::string_view key) noexcept {
    NewValue value = entry.current();
    if (value.form_ == Form::kBuffer) {
        const std::string_view text = TextBuffer::of(value.word_)->view();
        value.word_ = TextBuffer::create(text, text.size())->word();
    }
    if (value.form_ == Form::kObject) {
        const auto copy_object = operations_of(value.type_).copy;
        if (copy_object == nullptr) return nullptr;
        value.word_ = copy_object(entry.word_address());
    }
    const ExpiryTime expiry = entry.expiry();
    return build(memory::allocate(size_for(key, value, expiry)), key, value, expiry, entry.bits_);
}

std::string_view Entry::text(IntegerText& room) const noexcept {
    switch (form()) {
        case Form::kInteger: {
            const char* end = resp::write_int64(room.data(), integer());
            return {room.data(), static_cast<std::size_t>(end - room.data())};
        }
        case Form::kBuffer:
            return TextBuffer::of(word())->view();
        default:
            return current().bytes_;
    }
}

std::size_t Entry::text_size() const noexcept {
    IntegerText room;
    return text(room).size();
}

std::string_view Entry::text_encoding() const noexcept {
    if (form() == Form::kInteger) return "int";
    return (bits_ & kRawBit) != 0 || text_size() > kMostEmbstr ? "raw" : "embstr";
}

std::size_t Entry::memory_usage() const noexcept {
    std::size_t sum = memory::footprint(this);
    if (form() == Form::kBuffer) sum += memory::footprint(TextBuffer::of(word()));
    if (form() == Form::kObject) sum += operations_of(type()).memory_usage(word_address());
    return sum;
}

std::size_t Entry::effort() const noexcept {
    if (form() == Form::kObject) return 1 + operations_of(type()).effort(word_address());
    return form() == Form::kBuffer ? 2 : 1;
}

// The most frequent change of all, a text for another of its size, without a look at the heap.
bool Entry::overwrite(const NewValue& value, ExpiryTime expiry) noexcept {
    const bool fits = form() == Form::kInline && value.form_ == Form::kInline &&
                      inline_length_ == value.bytes_.size() && has_expiry() == expiry.has_value();
    if (!fits) return false;
    if (expiry) store(kHeader, static_cast<std::uint64_t>(*expiry));
    std::memcpy(bytes_at(key_offset_ + key().size()), value.bytes_.data(), inline_length_);
    bits_ &= ~kRawBit;
    return true;
}

Entry* Entry::assign(Entry* entry, const NewValue& value, ExpiryTime expiry) noexcept {
    if (entry->overwrite(value, expiry)) return entry;
    const std::string_view key = entry->key();
    const std::size_t needed = size_for(key, value, expiry);
    const std::size_t room = memory::usable(entry);
    const NewValue ready = stored(value);
    const std::uint32_t access = entry->access();
    entry->destroy_value();
    // A block that is twice too large is not kept.
    if (needed <= room && room <= 2 * needed + 16) return build(entry, key, ready, expiry, access);
    Entry* moved = build(memory::allocate(needed), key, ready, expiry, access);
    memory::release(entry);
    return moved;
}

Entry* Entry::set_expiry(Entry* entry, ExpiryTime expiry) noexcept {
    if (entry->has_expiry() != expiry.has_value()) {
        const std::size_t size = entry->size();
        const std::size_t from = kHeader + (entry->has_expiry() ? kWord : 0);
        const std::size_t to = kHeader + (expiry ? kWord : 0);
        if (size - from + to > memory::usable(entry)) {
            entry = static_cast<Entry*>(memory::reallocate(entry, size - from + to));
        }
        std::memmove(entry->bytes_at(to), entry->bytes_at(from), size - from);
        entry->key_offset_ = static_cast<std::uint8_t>(entry->key_offset_ - from + to);
        entry->bits_ ^= kExpiryBit;
    }
    if (expiry) entry->store(kHeader, static_cast<std::uint64_t>(*expiry));
    return entry;
}

Entry* Entry::rename(Entry* entry, std::string_view key) noexcept {
    const NewValue value = entry->current();
    const ExpiryTime expiry = entry->expiry();
    Entry* renamed =
        build(memory::allocate(size_for(key, value, expiry)), key, value, expiry, entry->bits_);
    memory::release(entry);
    return renamed;
}

Entry* Entry::edit_text(Entry* entry, std::size_t size) noexcept {
    if (entry->form() == Form::kInteger) {
        IntegerText room;
        const NewValue digits{Type::kString, Form::kInline, 0, entry->text(room)};
        entry = assign(entry, digits, entry->expiry());
    }
    if (entry->form() == Form::kInline && size > kMaxInline) {
        const std::string_view text = entry->current().bytes_;
        const std::uint64_t word = TextBuffer::create(text, size)->word();
        entry = assign(entry, {Type::kString, Form::kBuffer, word, {}}, entry->expiry());
    }
    entry->bits_ |= kRawBit;
    if (entry->form() == Form::kBuffer) {
        const std::size_t at = entry->key_offset_ - kWord;
        entry->store(at, resize(TextBuffer::of(entry->load(at)), size)->word());
        return entry;
    }
    const std::size_t before = entry->inline_length_;
    const std::size_t text_offset = entry->key_offset_ + entry->key().size();
    if (text_offset + size > memory::usable(entry)) {
        entry = static_cast<Entry*>(memory::reallocate(entry, text_offset + size));
    }
    if (size > before) std::memset(entry->bytes_at(text_offset + before), 0, size - before);
    entry->inline_length_ = static_cast<std::uint16_t>(size);
    return entry;
}

std::span<char> Entry::editable_text() noexcept {
    if (form() == Form::kBuffer) {
        TextBuffer* buffer = TextBuffer::of(word());
        return {buffer->bytes(), buffer->size};
    }
    return {bytes_at(key_offset_ + key().size()), inline_length_};
}

}  // namespace assay::redis
