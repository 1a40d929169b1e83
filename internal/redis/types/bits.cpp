#include "internal/redis/types/bits.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstring>

namespace assay::redis::bits {
namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);

std::uint64_t load_word(const char* bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, kWord);
    return word;
}

unsigned byte_at(std::string_view bytes, std::uint64_t at) {
    return static_cast<unsigned char>(bytes[at]);
}

// Ones at bit positions [begin, end) of a byte, numbered from the top.
unsigned byte_mask(std::uint64_t begin, std::uint64_t end) {
    return (0xFFu >> begin) & ~(0xFFu >> end);
}

// Four sums, so that no addition waits for the one before. `popcount` counts a word's ones.
template <class Popcount>
[[gnu::always_inline]] inline std::uint64_t sum_words(const char* at, std::size_t words,
                                                      Popcount popcount) {
    std::uint64_t sums[4] = {};
    for (; words >= 4; words -= 4, at += 4 * kWord) {
        for (std::size_t i = 0; i < 4; ++i) sums[i] += popcount(load_word(at + i * kWord));
    }
    for (; words > 0; --words, at += kWord) sums[0] += popcount(load_word(at));
    return sums[0] + sums[1] + sums[2] + sums[3];
}

// The release runs on any x86-64, whose base has no instruction for it.
[[gnu::target("popcnt")]] std::uint64_t count_words_by_instruction(const char* at,
                                                                   std::size_t words) {
    return sum_words(at, words, [](std::uint64_t word) {
        return static_cast<std::uint64_t>(__builtin_popcountll(word));
    });
}

std::uint64_t count_words_by_halves(const char* at, std::size_t words) {
    return sum_words(at, words, [](std::uint64_t word) {
        word -= (word >> 1) & 0x5555555555555555;
        word = (word & 0x3333333333333333) + ((word >> 2) & 0x3333333333333333);
        word = (word + (word >> 4)) & 0x0F0F0F0F0F0F0F0F;
        return word * 0x0101010101010101 >> 56;
    });
}

std::uint64_t count_bytes(std::string_view bytes) {
    const std::size_t words = bytes.size() / kWord;
    std::uint64_t total = __builtin_cpu_supports("popcnt") != 0
                              ? count_words_by_instruction(bytes.data(), words)
                              : count_words_by_halves(bytes.data(), words);
    for (const char byte : bytes.substr(words * kWord)) {
        total += static_cast<unsigned>(std::popcount(static_cast<unsigned char>(byte)));
    }
    return total;
}

// The first byte in [at, end) that is not `skipped`, or end.
std::uint64_t skip_bytes(std::string_view bytes, unsigned char skipped, std::uint64_t at,
                         std::uint64_t end) {
    std::uint64_t pattern = 0;
    std::memset(&pattern, skipped, sizeof pattern);
    while (at + kWord <= end && load_word(bytes.data() + at) == pattern) at += kWord;
    while (at < end && byte_at(bytes, at) == skipped) ++at;
    return at;
}

template <class Combine>
void combine_words(char* into, std::string_view source, Combine combine) {
    std::size_t at = 0;
    for (; at + kWord <= source.size(); at += kWord) {
        const std::uint64_t word = combine(load_word(into + at), load_word(source.data() + at));
        std::memcpy(into + at, &word, kWord);
    }
    for (; at < source.size(); ++at) {
        into[at] = static_cast<char>(
            combine(static_cast<unsigned char>(into[at]), static_cast<unsigned char>(source[at])));
    }
}

void combine_one(Operation operation, std::string& into, std::string_view source) {
    using Word = std::uint64_t;
    switch (operation) {
        case Operation::kAnd:
            combine_words(into.data(), source, [](Word a, Word b) { return a & b; });
            std::fill(into.begin() + static_cast<std::ptrdiff_t>(source.size()), into.end(), '\0');
            return;
        case Operation::kOr:
            return combine_words(into.data(), source, [](Word a, Word b) { return a | b; });
        case Operation::kXor:
            return combine_words(into.data(), source, [](Word a, Word b) { return a ^ b; });
        case Operation::kNot:
            return combine_words(into.data(), source, [](Word, Word b) { return ~b; });
    }
}

std::uint64_t low_bits(unsigned width) {
    return width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
}

// The low bits of a word as a number of that type.
std::int64_t as_number(FieldType type, std::uint64_t word) {
    word &= low_bits(type.width);
    const bool is_negative = type.is_signed && (word >> (type.width - 1) & 1) != 0;
    return static_cast<std::int64_t>(is_negative ? word | ~low_bits(type.width) : word);
}

}  // namespace

std::uint64_t count(std::string_view bytes, std::uint64_t begin, std::uint64_t end) {
    if (begin >= end) return 0;
    const std::uint64_t first = begin / 8;
    const std::uint64_t last = (end - 1) / 8;
    const auto ones = [&](std::uint64_t at, unsigned mask) {
        return static_cast<unsigned>(std::popcount(byte_at(bytes, at) & mask));
    };
    if (first == last) return ones(first, byte_mask(begin % 8, (end - 1) % 8 + 1));
    return ones(first, byte_mask(begin % 8, 8)) + ones(last, byte_mask(0, (end - 1) % 8 + 1)) +
           count_bytes(bytes.substr(first + 1, last - first - 1));
}

std::optional<std::uint64_t> find(std::string_view bytes, bool bit, std::uint64_t begin,
                                  std::uint64_t end) {
    if (begin >= end) return std::nullopt;
    const unsigned flip = bit ? 0 : 0xFF;
    std::uint64_t at = begin / 8;
    unsigned candidates = (byte_at(bytes, at) ^ flip) & byte_mask(begin % 8, 8);
    if (candidates == 0) {
        const auto skipped = static_cast<unsigned char>(flip);
        at = skip_bytes(bytes, skipped, at + 1, (end + 7) / 8);
        if (at * 8 >= end) return std::nullopt;
        candidates = byte_at(bytes, at) ^ flip;
    }
    const auto leading =
        static_cast<unsigned>(std::countl_zero(static_cast<unsigned char>(candidates)));
    const std::uint64_t found = at * 8 + leading;
    if (found >= end) return std::nullopt;
    return found;
}

std::string combine(Operation operation, std::span<const std::string_view> sources) {
    std::size_t size = 0;
    for (const std::string_view source : sources) size = std::max(size, source.size());
    if (sources.empty()) return {};
    std::string result(sources.front());
    result.resize(size, '\0');
    if (operation == Operation::kNot) combine_one(operation, result, sources.front());
    for (const std::string_view source : sources.subspan(1)) combine_one(operation, result, source);
    return result;
}

std::optional<FieldType> parse_field_type(std::string_view text) {
    if (text.size() < 2 || (text[0] != 'i' && text[0] != 'u')) return std::nullopt;
    FieldType type{text[0] == 'i', 0};
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data() + 1, end, type.width);
    if (error != std::errc{} || rest != end || text[1] == '0') return std::nullopt;
    if (type.width < 1 || type.width > (type.is_signed ? 64u : 63u)) return std::nullopt;
    return type;
}

std::int64_t get_field(std::string_view bytes, FieldType type, std::uint64_t offset) {
    const std::uint64_t end = offset + type.width;
    std::uint64_t word = 0;
    for (std::uint64_t bit = offset; bit < end;) {
        const std::uint64_t in_byte = std::min<std::uint64_t>(8 - bit % 8, end - bit);
        const unsigned byte = bit / 8 < bytes.size() ? byte_at(bytes, bit / 8) : 0;
        const unsigned part = (byte >> (8 - bit % 8 - in_byte)) & (0xFFu >> (8 - in_byte));
        word = word << in_byte | part;
        bit += in_byte;
    }
    return as_number(type, word);
}

void set_field(std::span<char> bytes, FieldType type, std::uint64_t offset, std::int64_t number) {
    const auto word = static_cast<std::uint64_t>(number);
    const std::uint64_t end = offset + type.width;
    for (std::uint64_t bit = offset; bit < end;) {
        const std::uint64_t in_byte = std::min<std::uint64_t>(8 - bit % 8, end - bit);
        const std::uint64_t shift = 8 - bit % 8 - in_byte;
        const unsigned mask = (0xFFu >> (8 - in_byte)) << shift;
        const auto part = static_cast<unsigned>((word >> (end - bit - in_byte)) << shift) & mask;
        char& byte = bytes[bit / 8];
        byte = static_cast<char>((static_cast<unsigned char>(byte) & ~mask) | part);
        bit += in_byte;
    }
}

std::optional<std::int64_t> add_field(FieldType type, std::int64_t number, std::int64_t increment,
                                      Overflow overflow) {
    __extension__ using Wide = __int128;
    const Wide old =
        type.is_signed ? Wide{number} : static_cast<Wide>(static_cast<std::uint64_t>(number));
    const Wide sum = old + increment;
    const Wide max = static_cast<Wide>(low_bits(type.is_signed ? type.width - 1 : type.width));
    const Wide min = type.is_signed ? -max - 1 : 0;
    if (sum >= min && sum <= max) return static_cast<std::int64_t>(sum);
    switch (overflow) {
        case Overflow::kWrap:
            return as_number(type, static_cast<std::uint64_t>(sum));
        case Overflow::kSaturate:
            return static_cast<std::int64_t>(sum > max ? max : min);
        case Overflow::kFail:
            break;
    }
    return std::nullopt;
}

}  // namespace assay::redis::bits
