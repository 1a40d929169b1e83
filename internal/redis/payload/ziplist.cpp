#include "internal/redis/payload/ziplist.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace assay::redis {
namespace {

constexpr std::size_t kHeaderBytes = 10;
constexpr unsigned kEnd = 0xFF;
constexpr unsigned kLongPrevious = 0xFE;

Error broken(std::string_view what, std::size_t at) {
    return usage_error("cannot read ziplist: " + std::string(what) + " at byte " +
                       std::to_string(at));
}

// Takes entries from the front; every step answers nullopt when the bytes are too few.
class Reader {
  public:
    Reader(std::string_view bytes, std::size_t at) : bytes_(bytes), at_(at) {}

    std::size_t position() const { return at_; }
    unsigned peek() const { return static_cast<unsigned char>(bytes_[at_]); }

    std::optional<std::uint64_t> take_little_endian(std::size_t count) {
        return take_number(count, [](std::size_t i, std::size_t) { return 8 * i; });
    }
    std::optional<std::uint64_t> take_big_endian(std::size_t count) {
        return take_number(count, [](std::size_t i, std::size_t n) { return 8 * (n - 1 - i); });
    }
    // The size of the entry before.
    std::optional<std::uint64_t> take_previous() {
        if (peek() != kLongPrevious) return take_little_endian(1);
        ++at_;
        return take_little_endian(4);
    }
    std::optional<PackedValue> take_value();

  private:
    template <class Shift>
    std::optional<std::uint64_t> take_number(std::size_t count, Shift shift) {
        if (bytes_.size() - at_ < count) return std::nullopt;
        std::uint64_t number = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const auto byte = static_cast<unsigned char>(bytes_[at_ + i]);
            number |= std::uint64_t{byte} << shift(i, count);
        }
        at_ += count;
        return number;
    }
    std::optional<PackedValue> take_text(std::optional<std::uint64_t> length) {
        if (!length || bytes_.size() - at_ < *length) return std::nullopt;
        at_ += *length;
        return PackedValue(bytes_.substr(at_ - *length, *length));
    }
    std::optional<PackedValue> take_integer(std::size_t count) {
        const auto word = take_little_endian(count);
        if (!word) return std::nullopt;
        const std::size_t shift = 64 - 8 * count;
        return PackedValue(static_cast<std::int64_t>(*word << shift) >> shift);
    }

    std::string_view bytes_;
    std::size_t at_;
};

std::optional<PackedValue> Reader::take_value() {
    constexpr unsigned kFirstImmediate = 0xF1;
    constexpr unsigned kLastImmediate = 0xFD;
    if (at_ == bytes_.size()) return std::nullopt;
    const unsigned first = peek();
    ++at_;
    if (first < 0x40) return take_text(first);
    if (first < 0x80) {
        --at_;
        const auto length = take_big_endian(2);
        if (!length) return std::nullopt;
        return take_text(*length & 0x3FFF);
    }
    if (first == 0x80) return take_text(take_big_endian(4));
    if (first == 0xC0) return take_integer(2);
    if (first == 0xD0) return take_integer(4);
    if (first == 0xE0) return take_integer(8);
    if (first == 0xF0) return take_integer(3);
    if (first == 0xFE) return take_integer(1);
    if (first < kFirstImmediate || first > kLastImmediate) return std::nullopt;
    return PackedValue(static_cast<std::int64_t>(first - kFirstImmediate));
}

}  // namespace

Result<void> read_ziplist(std::string_view bytes,
                          const std::function<bool(const PackedValue&)>& visit) {
    if (bytes.size() <= kHeaderBytes) return broken("no header", 0);
    Reader header(bytes, 0);
    if (header.take_little_endian(4) != bytes.size()) return broken("a wrong size", 0);
    const std::uint64_t tail = *header.take_little_endian(4);
    const std::uint64_t announced = *header.take_little_endian(2);

    Reader reader(bytes, kHeaderBytes);
    std::uint64_t entries = 0;
    std::size_t last = kHeaderBytes;
    std::uint64_t last_size = 0;
    while (reader.position() + 1 < bytes.size()) {
        const std::size_t start = reader.position();
        if (reader.take_previous() != last_size) return broken("a wrong way back", start);
        const auto value = reader.take_value();
        if (!value || reader.position() >= bytes.size()) return broken("a broken entry", start);
        last_size = reader.position() - start;
        last = start;
        ++entries;
        if (!visit(*value)) return {};
    }
    if (reader.peek() != kEnd) return broken("no end", reader.position());
    if (tail != last) return broken("a wrong last entry", 4);
    if (announced != 0xFFFF && announced != entries) return broken("a wrong count", 8);
    return {};
}

}  // namespace assay::redis
