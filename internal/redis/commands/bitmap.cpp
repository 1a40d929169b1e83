#include "internal/redis/commands/bitmap.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "internal/redis/commands/bitmap_offset.hpp"
#include "internal/redis/commands/values.hpp"
#include "internal/redis/engine/engine.hpp"
#include "internal/redis/types/bits.hpp"
#include "pkg/resp/numbers.hpp"

namespace assay::redis::commands {
namespace {

// start, end and unit as BITCOUNT and BITPOS take them.
struct BitRange {
    std::int64_t start = 0;
    std::int64_t end = -1;
    bool has_end = false;
    bool in_bits = false;
};

// Empty: the error has been written.
std::optional<BitRange> parse_range(Call& call, Words words) {
    BitRange range;
    if (words.size() > 3) {
        call.error(kSyntaxError);
        return std::nullopt;
    }
    if (words.empty()) return range;
    const auto start = call.integer(words[0]);
    if (!start) return std::nullopt;
    range.start = *start;
    range.has_end = words.size() > 1;
    if (!range.has_end) return range;
    const auto end = call.integer(words[1]);
    if (!end) return std::nullopt;
    range.end = *end;
    range.in_bits = words.size() == 3 && is_word(words[2], "BIT");
    if (words.size() == 3 && !range.in_bits && !is_word(words[2], "BYTE")) {
        call.error(kSyntaxError);
        return std::nullopt;
    }
    return range;
}

struct Bits {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

// The bits of a text that a range means; empty: none.
std::optional<Bits> bits_of(const BitRange& range, std::size_t bytes) {
    const auto size = static_cast<std::int64_t>(range.in_bits ? 8 * bytes : bytes);
    const auto absolute = [&](std::int64_t place) {
        return std::max<std::int64_t>(place < 0 ? place + size : place, 0);
    };
    const std::int64_t first = absolute(range.start);
    const std::int64_t last = std::min(absolute(range.end), size - 1);
    if (first > last) return std::nullopt;
    const std::uint64_t unit = range.in_bits ? 1 : 8;
    return Bits{static_cast<std::uint64_t>(first) * unit,
                static_cast<std::uint64_t>(last + 1) * unit};
}

std::optional<bits::Operation> parse_operation(std::string_view word) {
    if (is_word(word, "AND")) return bits::Operation::kAnd;
    if (is_word(word, "OR")) return bits::Operation::kOr;
    if (is_word(word, "XOR")) return bits::Operation::kXor;
    if (is_word(word, "NOT")) return bits::Operation::kNot;
    return std::nullopt;
}

// The texts of keys, that of a missing one empty. Borrows `rooms`; empty: wrong type, answered.
std::optional<std::vector<std::string_view>> texts_of(Call& call, Words keys,
                                                      std::vector<IntegerText>& rooms) {
    std::vector<std::string_view> texts(keys.size());
    rooms.resize(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const Entry* entry = call.find_to_read(keys[i]);
        if (!check_type(call, entry, Type::kString)) return std::nullopt;
        if (entry != nullptr) texts[i] = entry->text(rooms[i]);
    }
    return texts;
}

}  // namespace

std::optional<std::uint64_t> bit_offset(Call& call, std::string_view word, std::uint64_t unit) {
    constexpr std::string_view kError = "ERR bit offset is not an integer or out of range";
    auto offset = resp::parse_int64(word);
    const std::int64_t most = call.settings().proto_max_bulk_len;
    const bool overflows =
        offset && __builtin_mul_overflow(*offset, static_cast<std::int64_t>(unit), &*offset);
    if (!offset || overflows || *offset < 0 || *offset / 8 >= most) {
        call.error(kError);
        return std::nullopt;
    }
    return static_cast<std::uint64_t>(*offset);
}

Room room_for_bit(Call& call, std::string_view key, std::uint64_t bit) {
    Entry* entry = call.find_to_write(key);
    if (!check_type(call, entry, Type::kString)) return {};
    const auto needed = static_cast<std::size_t>(bit / 8 + 1);
    const bool grows = entry == nullptr || entry->text_size() < needed;
    if (entry == nullptr) {
        entry = call.database().insert(key, NewValue::text(""));
        call.feed(key);
    }
    const std::size_t size = std::max(entry->text_size(), needed);
    return {call.database().edit_text(entry, size), grows};
}

void setbit(Call& call) {
    const std::string_view key = call.words[1];
    const auto offset = bit_offset(call, call.words[2]);
    if (!offset) return;
    constexpr std::string_view kNoBit = "ERR bit is not an integer or out of range";
    const auto bit = call.integer(call.words[3], kNoBit);
    if (!bit) return;
    if (*bit != 0 && *bit != 1) return call.error(kNoBit);
    const Room room = room_for_bit(call, key, *offset);
    if (room.entry == nullptr) return;
    char& byte = room.entry->editable_text()[*offset / 8];
    const auto mask = static_cast<unsigned char>(0x80U >> (*offset % 8));
    const bool before = (static_cast<unsigned char>(byte) & mask) != 0;
    if (before != (*bit == 1)) byte = static_cast<char>(byte ^ mask);
    if (room.grew || before != (*bit == 1)) call.changed(key, kStringEvents, "setbit");
    call.reply.integer(before ? 1 : 0);
}

void getbit(Call& call) {
    const auto offset = bit_offset(call, call.words[2]);
    if (!offset) return;
    const Entry* entry = call.find_to_read(call.words[1]);
    if (!check_type(call, entry, Type::kString)) return;
    IntegerText room;
    const std::string_view text = entry == nullptr ? std::string_view() : entry->text(room);
    if (*offset / 8 >= text.size()) return call.reply.integer(0);
    const auto byte = static_cast<unsigned char>(text[*offset / 8]);
    call.reply.integer(byte >> (7 - *offset % 8) & 1);
}

void bitcount(Call& call) {
    if (call.words.size() == 3) return call.error(kSyntaxError);
    const auto range = parse_range(call, call.words.subspan(2));
    if (!range) return;
    const Entry* entry = call.find_to_read(call.words[1]);
    if (!check_type(call, entry, Type::kString)) return;
    IntegerText room;
    const std::string_view text = entry == nullptr ? std::string_view() : entry->text(room);
    const bool backwards = range->start < 0 && range->end < 0 && range->start > range->end;
    const auto within = backwards ? std::nullopt : bits_of(*range, text.size());
    const std::uint64_t count = within ? bits::count(text, within->begin, within->end) : 0;
    call.reply.integer(static_cast<std::int64_t>(count));
}

void bitpos(Call& call) {
    const auto bit = call.integer(call.words[2]);
    if (!bit) return;
    if (*bit != 0 && *bit != 1) return call.error("ERR The bit argument must be 1 or 0.");
    const auto range = parse_range(call, call.words.subspan(3));
    if (!range) return;
    const Entry* entry = call.find_to_read(call.words[1]);
    if (!check_type(call, entry, Type::kString)) return;
    if (entry == nullptr) return call.reply.integer(*bit == 1 ? -1 : 0);
    IntegerText room;
    const std::string_view text = entry->text(room);
    const auto within = bits_of(*range, text.size());
    if (!within) return call.reply.integer(-1);
    const auto found = bits::find(text, *bit == 1, within->begin, within->end);
    if (found) return call.reply.integer(static_cast<std::int64_t>(*found));
    // Behind a text of ones there are zeros, if nobody said where to end.
    const bool zero_behind = *bit == 0 && !range->has_end;
    call.reply.integer(zero_behind ? static_cast<std::int64_t>(8 * text.size()) : -1);
}

void bitop(Call& call) {
    const auto operation = parse_operation(call.words[1]);
    if (!operation) return call.error(kSyntaxError);
    const std::string_view target = call.words[2];
    const Words sources = call.words.subspan(3);
    if (*operation == bits::Operation::kNot && sources.size() != 1) {
        return call.error("ERR BITOP NOT must be called with a single source key.");
    }
    std::vector<IntegerText> rooms;
    const auto texts = texts_of(call, sources, rooms);
    if (!texts) return;
    const std::string result = bits::combine(*operation, *texts);
    if (!result.empty()) {
        call.database().set(target, NewValue::text(result));
        call.changed(target, kStringEvents, "set");
        call.feed(target);
    } else if (Entry* former = call.find_to_write(target)) {
        call.database().erase(former);
        call.changed(target, kGenericEvents, "del");
    }
    call.reply.integer(static_cast<std::int64_t>(result.size()));
}

}  // namespace assay::redis::commands
