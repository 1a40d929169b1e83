#include "internal/redis/types/listpack_entry.hpp"

#include <charconv>
#include <cstring>
#include <limits>

namespace assay::redis {
namespace {

// The encoding byte: what its top bits say, and what the rest of it holds.
constexpr std::uint8_t kShortTextMark = 0x80;   // 10xxxxxx: 6 bits of length
constexpr std::uint8_t kInt13Mark = 0xc0;       // 110xxxxx: 5 bits of a number, 8 more follow
constexpr std::uint8_t kMediumTextMark = 0xe0;  // 1110xxxx: 4 bits of length, 8 more follow
constexpr std::uint8_t kLongTextMark = 0xf0;    // 32 bits of length follow
constexpr std::uint8_t kInt16Mark = 0xf1;       // 16, 24, 32, 64 bits of a number follow
constexpr std::uint8_t kInt24Mark = 0xf2;
constexpr std::uint8_t kInt32Mark = 0xf3;
constexpr std::uint8_t kInt64Mark = 0xf4;

constexpr std::size_t kShortTextLimit = 64;
constexpr std::size_t kMediumTextLimit = 4096;
constexpr std::size_t kLongTextHead = 5;

constexpr std::size_t kMaxBackwardBytes = 5;

// Redis writes 16383, which would fit two bytes of seven bits, as three; likewise above.
constexpr std::size_t backward_bytes(std::size_t size) {
    if (size <= 127) return 1;
    if (size < 16383) return 2;
    if (size < 2097151) return 3;
    return size < 268435455 ? 4 : 5;
}

// Seven bits a byte, the highest first; all but the first say that there is more to the left.
std::uint8_t* write_backward(std::uint8_t* to, std::size_t size) {
    const std::size_t bytes = backward_bytes(size);
    for (std::size_t i = bytes; i-- > 0; size >>= 7) {
        to[i] = static_cast<std::uint8_t>((size & 0x7f) | (i == 0 ? 0 : 0x80));
    }
    return to + bytes;
}

std::size_t read_backward(const std::uint8_t* end) {
    std::size_t size = 0;
    for (unsigned shift = 0; shift < 7 * kMaxBackwardBytes; shift += 7) {
        const std::uint8_t byte = *--end;
        size |= static_cast<std::size_t>(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) break;
    }
    return size;
}

constexpr std::array<std::uint8_t, 256> entry_sizes() {
    std::array<std::uint8_t, 256> sizes = {};
    for (std::size_t first = 0; first < 256; ++first) {
        std::size_t size = 0;
        if (first < kShortTextMark) {
            size = 1;
        } else if (first < kInt13Mark) {
            size = 1 + (first & 0x3f);
        } else if (first < kMediumTextMark) {
            size = 2;
        } else if (first == kInt16Mark) {
            size = 3;
        } else if (first == kInt24Mark) {
            size = 4;
        } else if (first == kInt32Mark) {
            size = 5;
        } else if (first == kInt64Mark) {
            size = 9;
        }
        sizes[first] = static_cast<std::uint8_t>(size == 0 ? 0 : size + 1);
    }
    return sizes;
}

std::size_t long_text_size(const std::uint8_t* entry) {
    std::uint32_t size = 0;
    std::memcpy(&size, entry + 1, sizeof size);
    return size;
}

std::size_t medium_text_size(const std::uint8_t* entry) {
    return static_cast<std::size_t>(entry[0] & 0x0f) << 8 | entry[1];
}

// The bytes of an entry before its backward length.
std::size_t forward_size(const std::uint8_t* entry) {
    if (const std::size_t size = kEntrySizes[*entry]; size != 0) return size - 1;
    return *entry == kLongTextMark ? kLongTextHead + long_text_size(entry)
                                   : 2 + medium_text_size(entry);
}

std::string_view text_at(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

// `bytes` little endian bytes as a signed number.
std::int64_t signed_at(const std::uint8_t* data, unsigned bytes) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, data, bytes);
    const unsigned unused = 64 - 8 * bytes;
    return static_cast<std::int64_t>(bits << unused) >> unused;
}

bool fits(std::int64_t number, unsigned bits) {
    const std::int64_t limit = std::int64_t{1} << (bits - 1);
    return number >= -limit && number < limit;
}

}  // namespace

constinit const std::array<std::uint8_t, 256> kEntrySizes = entry_sizes();

std::string_view write_integer(std::int64_t number, IntegerText& buffer) {
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
    return {buffer.data(), static_cast<std::size_t>(end - buffer.data())};
}

std::optional<std::int64_t> canonical_integer(std::string_view text) {
    if (text.empty() || text.size() > std::tuple_size_v<IntegerText>) return std::nullopt;
    const bool negative = text[0] == '-';
    const std::string_view digits = text.substr(negative ? 1 : 0);
    if (digits.empty() || digits[0] < '0' || digits[0] > '9') return std::nullopt;
    if (digits[0] == '0') {
        return text == "0" ? std::optional<std::int64_t>(0) : std::nullopt;
    }
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::size_t PackedValue::text_size() const {
    if (!is_integer()) return size_;
    IntegerText buffer;
    return write_integer(integer(), buffer).size();
}

PackedElement::PackedElement(std::string_view text) {
    if (const auto number = canonical_integer(text)) {
        set_integer(*number);
    } else {
        set_text(text);
    }
}

PackedElement::PackedElement(std::int64_t number) {
    set_integer(number);
}

void PackedElement::set_integer(std::int64_t number) {
    const auto with_mark = [&](std::uint8_t mark, unsigned bytes) {
        head_[0] = mark;
        std::memcpy(head_.data() + 1, &number, bytes);
        head_size_ = static_cast<std::uint8_t>(1 + bytes);
    };
    if (number >= 0 && number <= 127) {
        head_[0] = static_cast<std::uint8_t>(number);
        head_size_ = 1;
    } else if (fits(number, 13)) {
        head_[0] = static_cast<std::uint8_t>(kInt13Mark | ((number >> 8) & 0x1f));
        head_[1] = static_cast<std::uint8_t>(number & 0xff);
        head_size_ = 2;
    } else if (fits(number, 16)) {
        with_mark(kInt16Mark, 2);
    } else if (fits(number, 24)) {
        with_mark(kInt24Mark, 3);
    } else if (fits(number, 32)) {
        with_mark(kInt32Mark, 4);
    } else {
        with_mark(kInt64Mark, 8);
    }
    size_ = head_size_ + std::size_t{1};
}

void PackedElement::set_text(std::string_view text) {
    const std::size_t length = text.size();
    if (length < kShortTextLimit) {
        head_[0] = static_cast<std::uint8_t>(kShortTextMark | length);
        head_size_ = 1;
    } else if (length < kMediumTextLimit) {
        head_[0] = static_cast<std::uint8_t>(kMediumTextMark | length >> 8);
        head_[1] = static_cast<std::uint8_t>(length & 0xff);
        head_size_ = 2;
    } else {
        const auto stored = static_cast<std::uint32_t>(length);
        head_[0] = kLongTextMark;
        std::memcpy(head_.data() + 1, &stored, sizeof stored);
        head_size_ = kLongTextHead;
    }
    text_ = text;
    size_ = head_size_ + length + backward_bytes(head_size_ + length);
}

std::uint8_t* PackedElement::write(std::uint8_t* to) const {
    std::memcpy(to, head_.data(), head_size_);
    if (!text_.empty()) std::memcpy(to + head_size_, text_.data(), text_.size());
    const std::size_t forward = head_size_ + text_.size();
    return write_backward(to + forward, forward);
}

std::size_t entry_size_of_long_text(const std::uint8_t* entry) {
    const std::size_t forward = forward_size(entry);
    return forward + backward_bytes(forward);
}

const std::uint8_t* entry_before(const std::uint8_t* entry) {
    const std::size_t forward = read_backward(entry);
    return entry - forward - backward_bytes(forward);
}

PackedValue entry_value_of_any(const std::uint8_t* entry) {
    const std::uint8_t first = entry[0];
    if (first < kShortTextMark) return std::int64_t{first};
    if (first < kInt13Mark) return text_at(entry + 1, first & 0x3f);
    if (first < kMediumTextMark) {
        const auto bits = static_cast<std::uint64_t>(first & 0x1f) << 8 | entry[1];
        return static_cast<std::int64_t>(bits << 51) >> 51;
    }
    switch (first) {
        case kLongTextMark:
            return text_at(entry + kLongTextHead, long_text_size(entry));
        case kInt16Mark:
            return signed_at(entry + 1, 2);
        case kInt24Mark:
            return signed_at(entry + 1, 3);
        case kInt32Mark:
            return signed_at(entry + 1, 4);
        case kInt64Mark:
            return signed_at(entry + 1, 8);
        default:
            return text_at(entry + 2, medium_text_size(entry));
    }
}

std::size_t valid_entry_size(const std::uint8_t* entry, const std::uint8_t* end) {
    const auto room = static_cast<std::size_t>(end - entry);
    if (entry >= end || entry[0] > kInt64Mark) return 0;
    if (entry[0] == kLongTextMark && room < kLongTextHead) return 0;
    if (entry[0] >= kMediumTextMark && room < 2) return 0;
    const std::size_t forward = forward_size(entry);
    const std::size_t size = forward + backward_bytes(forward);
    if (size > room) return 0;
    const PackedElement canonical(entry_value(entry));
    if (canonical.size() != size || !canonical.equals(entry)) return 0;
    std::array<std::uint8_t, kMaxBackwardBytes> backward;
    write_backward(backward.data(), forward);
    return std::memcmp(entry + forward, backward.data(), size - forward) == 0 ? size : 0;
}

}  // namespace assay::redis
