#include "internal/redis/payload/rdb_reader.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "internal/redis/payload/lzf.hpp"

namespace assay::redis {
namespace {

constexpr std::uint8_t kFormMask = 0xC0;
constexpr std::uint8_t kLength32 = 0x80;
constexpr std::uint8_t kLength64 = 0x81;

// A string of such length could not be stored; refused before its memory is asked for.
constexpr std::uint64_t kMaxStringBytes = std::uint64_t{1} << 32;

std::int64_t sign_extend(std::uint64_t word, std::size_t bytes) {
    const std::size_t shift = 64 - 8 * bytes;
    return static_cast<std::int64_t>(word << shift) >> shift;
}

}  // namespace

Error RdbReader::error(std::string_view what) const {
    return usage_error("cannot read value: " + std::string(what) + " at byte " +
                       std::to_string(at_));
}

Result<std::string_view> RdbReader::take_raw(std::size_t bytes) {
    if (bytes_.size() - at_ < bytes) return error("it ends early");
    at_ += bytes;
    return bytes_.substr(at_ - bytes, bytes);
}

Result<std::uint8_t> RdbReader::take_byte() {
    ASSAY_TRY(const std::string_view raw, take_raw(1));
    return static_cast<std::uint8_t>(raw[0]);
}

Result<std::uint64_t> RdbReader::take_little_endian(std::size_t bytes) {
    ASSAY_TRY(const std::string_view raw, take_raw(bytes));
    std::uint64_t number = 0;
    for (std::size_t i = bytes; i-- > 0;) {
        number = number << 8 | static_cast<unsigned char>(raw[i]);
    }
    return number;
}

Result<std::uint64_t> RdbReader::take_big_endian(std::size_t bytes) {
    ASSAY_TRY(const std::string_view raw, take_raw(bytes));
    std::uint64_t number = 0;
    for (const char byte : raw) number = number << 8 | static_cast<unsigned char>(byte);
    return number;
}

Result<std::uint64_t> RdbReader::take_length() {
    ASSAY_TRY(const std::uint8_t first, take_byte());
    if (first < 1 << 6) return first;
    if (first < 1 << 7) {
        ASSAY_TRY(const std::uint8_t second, take_byte());
        return std::uint64_t{first & 0x3Fu} << 8 | second;
    }
    if (first == kLength32) return take_big_endian(4);
    if (first == kLength64) return take_big_endian(8);
    return error("no length");
}

Result<std::string> RdbReader::take_string() {
    if (!at_end()) {
        const auto first = static_cast<std::uint8_t>(bytes_[at_]);
        if ((first & kFormMask) == kFormMask) {
            ++at_;
            return take_encoded(static_cast<RdbStringForm>(first & ~kFormMask));
        }
    }
    ASSAY_TRY(const std::uint64_t length, take_length());
    ASSAY_TRY(const std::string_view raw, take_raw(length));
    return std::string(raw);
}

Result<std::string> RdbReader::take_encoded(RdbStringForm form) {
    if (form == RdbStringForm::kLzf) {
        ASSAY_TRY(const std::uint64_t packed_size, take_length());
        ASSAY_TRY(const std::uint64_t size, take_length());
        ASSAY_TRY(const std::string_view packed, take_raw(packed_size));
        if (size > kMaxStringBytes) return error("a string too long");
        auto text = lzf_decompress(packed, size);
        if (!text) return error("a broken compressed string");
        return *std::move(text);
    }
    if (form > RdbStringForm::kLzf) return error("an unknown form of string");
    const std::size_t bytes = std::size_t{1} << static_cast<unsigned>(form);
    ASSAY_TRY(const std::uint64_t word, take_little_endian(bytes));
    return std::to_string(sign_extend(word, bytes));
}

Result<std::int64_t> RdbReader::take_milliseconds() {
    ASSAY_TRY(const std::uint64_t word, take_little_endian(8));
    return static_cast<std::int64_t>(word);
}

Result<double> RdbReader::take_score() {
    ASSAY_TRY(const std::uint64_t word, take_little_endian(8));
    const auto score = std::bit_cast<double>(word);
    if (std::isnan(score)) return error("a score that is no number");
    return score;
}

Result<double> RdbReader::take_score_text() {
    constexpr std::uint8_t kNotANumber = 253;
    constexpr std::uint8_t kInfinity = 254;
    constexpr std::uint8_t kMinusInfinity = 255;
    ASSAY_TRY(const std::uint8_t length, take_byte());
    if (length == kInfinity) return std::numeric_limits<double>::infinity();
    if (length == kMinusInfinity) return -std::numeric_limits<double>::infinity();
    if (length == kNotANumber) return error("a score that is no number");
    ASSAY_TRY(const std::string_view text, take_raw(length));
    double score = 0;
    const char* end = text.data() + text.size();
    const auto [rest, failure] = std::from_chars(text.data(), end, score);
    if (failure != std::errc{} || rest != end || std::isnan(score)) {
        return error("a score that is no number");
    }
    return score;
}

Result<StreamId> RdbReader::take_stream_id() {
    StreamId id;
    ASSAY_TRY(id.ms, take_length());
    ASSAY_TRY(id.sequence, take_length());
    return id;
}

}  // namespace assay::redis
