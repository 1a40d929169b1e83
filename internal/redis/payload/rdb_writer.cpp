#include "internal/redis/payload/rdb_writer.hpp"

#include <bit>
#include <limits>

#include "internal/redis/payload/lzf.hpp"

namespace assay::redis {

void RdbWriter::little_endian(std::uint64_t number, std::size_t bytes) {
    for (; bytes > 0; --bytes, number >>= 8) out_ += static_cast<char>(number & 0xFF);
}

void RdbWriter::big_endian(std::uint64_t number, std::size_t bytes) {
    while (bytes-- > 0) out_ += static_cast<char>(number >> (8 * bytes) & 0xFF);
}

void RdbWriter::length(std::uint64_t length) {
    if (length < 1 << 6) {
        byte(static_cast<std::uint8_t>(length));
    } else if (length < 1 << 14) {
        big_endian(length | 1 << 14, 2);
    } else if (length <= std::numeric_limits<std::uint32_t>::max()) {
        byte(0x80);
        big_endian(length, 4);
    } else {
        byte(0x81);
        big_endian(length, 8);
    }
}

bool RdbWriter::integer(std::int64_t number) {
    const auto bits = static_cast<std::uint64_t>(number);
    const auto fits = [&](auto type) {
        using Type = decltype(type);
        return number >= std::numeric_limits<Type>::min() &&
               number <= std::numeric_limits<Type>::max();
    };
    if (fits(std::int8_t{})) {
        form(RdbStringForm::kInt8);
        little_endian(bits, 1);
    } else if (fits(std::int16_t{})) {
        form(RdbStringForm::kInt16);
        little_endian(bits, 2);
    } else if (fits(std::int32_t{})) {
        form(RdbStringForm::kInt32);
        little_endian(bits, 4);
    } else {
        return false;
    }
    return true;
}

void RdbWriter::string(std::string_view text) {
    constexpr std::size_t kMaxIntegerText = 11;
    constexpr std::size_t kMinCompressed = 21;
    constexpr std::size_t kMinSaved = 4;
    if (text.size() <= kMaxIntegerText) {
        const auto number = canonical_integer(text);
        if (number && integer(*number)) return;
    }
    if (text.size() >= kMinCompressed) {
        if (const auto packed = lzf_compress(text, text.size() - kMinSaved)) {
            form(RdbStringForm::kLzf);
            length(packed->size());
            length(text.size());
            raw(*packed);
            return;
        }
    }
    length(text.size());
    raw(text);
}

void RdbWriter::string(const PackedValue& value) {
    if (value.is_integer() && integer(value.integer())) return;
    IntegerText buffer;
    string(value.text(buffer));
}

void RdbWriter::score(double score) {
    little_endian(std::bit_cast<std::uint64_t>(score), 8);
}

}  // namespace assay::redis
