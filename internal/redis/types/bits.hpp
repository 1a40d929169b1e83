// Bits of a string value: counting, searching, combining, and integers of any width.
//
// Bit 0 is the top bit of byte 0, as Redis numbers them. Ranges are of bits and half-open, [begin,
// end) with end <= 8 * size; commands turn their byte ranges and negative indexes into these. Pure
// functions, no allocation but in combine().
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace assay::redis::bits {

std::uint64_t count(std::string_view bytes, std::uint64_t begin, std::uint64_t end);

// The first bit of that value within the range.
std::optional<std::uint64_t> find(std::string_view bytes, bool bit, std::uint64_t begin,
                                  std::uint64_t end);

enum class Operation { kAnd, kOr, kXor, kNot };

// As long as the longest source; shorter ones go on with zeros. kNot takes exactly one source.
std::string combine(Operation operation, std::span<const std::string_view> sources);

// The type of a BITFIELD integer: i1 … i64, u1 … u63.
struct FieldType {
    bool is_signed = false;
    unsigned width = 0;
};

std::optional<FieldType> parse_field_type(std::string_view text);

// Reads beyond the end give zeros.
std::int64_t get_field(std::string_view bytes, FieldType type, std::uint64_t offset);

// The low bits of `number`; offset + width must lie inside.
void set_field(std::span<char> bytes, FieldType type, std::uint64_t offset, std::int64_t number);

enum class Overflow { kWrap, kSaturate, kFail };

// number + increment in that type; nullopt: out of range under kFail. A number that is to be stored
// passes through here with increment 0; for an unsigned type its bits are taken as unsigned, so -1
// is too large, not too small.
std::optional<std::int64_t> add_field(FieldType type, std::int64_t number, std::int64_t increment,
                                      Overflow overflow);

}  // namespace assay::redis::bits
