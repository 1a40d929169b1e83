// BITFIELD: integers of any width inside a string.
#include <algorithm>
#include <optional>
#include <vector>

#include "internal/redis/commands/bitmap.hpp"
#include "internal/redis/commands/bitmap_offset.hpp"
#include "internal/redis/commands/values.hpp"
#include "internal/redis/engine/engine.hpp"
#include "internal/redis/types/bits.hpp"

namespace assay::redis::commands {
namespace {

enum class Verb : std::uint8_t { get, set, add };

struct Step {
    Verb verb = Verb::get;
    bits::FieldType type;
    std::uint64_t offset = 0;
    std::int64_t operand = 0;
    bits::Overflow overflow = bits::Overflow::kWrap;
};

struct Plan {
    std::vector<Step> steps;
    std::optional<std::uint64_t> last_written_bit;
};

std::optional<bits::Overflow> parse_overflow(Call& call, std::string_view word) {
    if (is_word(word, "WRAP")) return bits::Overflow::kWrap;
    if (is_word(word, "SAT")) return bits::Overflow::kSaturate;
    if (is_word(word, "FAIL")) return bits::Overflow::kFail;
    call.error("ERR Invalid OVERFLOW type specified");
    return std::nullopt;
}

std::optional<Verb> parse_verb(std::string_view word, std::size_t words_left) {
    if (is_word(word, "GET") && words_left >= 2) return Verb::get;
    if (is_word(word, "SET") && words_left >= 3) return Verb::set;
    if (is_word(word, "INCRBY") && words_left >= 3) return Verb::add;
    return std::nullopt;
}

// type, offset and operand; false: the error has been written.
bool parse_step(Call& call, Words words, Step& step) {
    const auto type = bits::parse_field_type(words[0]);
    if (!type) {
        call.error(
            "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported "
            "but i64 is.");
        return false;
    }
    step.type = *type;
    const bool in_fields = words[1].starts_with('#');
    const auto offset =
        bit_offset(call, words[1].substr(in_fields ? 1 : 0), in_fields ? type->width : 1);
    if (!offset) return false;
    step.offset = *offset;
    if (step.verb == Verb::get) return true;
    const auto operand = call.integer(words[2]);
    if (operand) step.operand = *operand;
    return operand.has_value();
}

// Empty: the error has been written.
std::optional<Plan> parse_plan(Call& call) {
    Plan plan;
    auto overflow = std::optional(bits::Overflow::kWrap);
    const Words words = call.words;
    for (std::size_t i = 2; i < words.size(); ++i) {
        const std::size_t left = words.size() - i - 1;
        if (is_word(words[i], "OVERFLOW") && left >= 1) {
            overflow = parse_overflow(call, words[++i]);
            if (!overflow) return std::nullopt;
            continue;
        }
        const auto verb = parse_verb(words[i], left);
        if (!verb) {
            call.error(kSyntaxError);
            return std::nullopt;
        }
        Step step{*verb, {}, 0, 0, *overflow};
        if (!parse_step(call, words.subspan(i + 1), step)) return std::nullopt;
        i += *verb == Verb::get ? 2 : 3;
        plan.steps.push_back(step);
        if (*verb == Verb::get) continue;
        const std::uint64_t last = step.offset + step.type.width - 1;
        plan.last_written_bit = std::max(plan.last_written_bit.value_or(0), last);
    }
    return plan;
}

void read(Call& call, const Plan& plan) {
    const Entry* entry = call.find_to_read(call.words[1]);
    if (!check_type(call, entry, Type::kString)) return;
    IntegerText room;
    const std::string_view text = entry == nullptr ? std::string_view() : entry->text(room);
    call.reply.array(plan.steps.size());
    for (const Step& step : plan.steps) {
        call.reply.integer(bits::get_field(text, step.type, step.offset));
    }
}

// Whether the field is another number afterwards.
bool write_step(Call& call, std::span<char> bytes, const Step& step) {
    const std::int64_t before =
        bits::get_field({bytes.data(), bytes.size()}, step.type, step.offset);
    if (step.verb == Verb::get) {
        call.reply.integer(before);
        return false;
    }
    const bool adds = step.verb == Verb::add;
    const auto after = bits::add_field(step.type, adds ? before : step.operand,
                                       adds ? step.operand : 0, step.overflow);
    if (!after) {
        call.reply.null();
        return false;
    }
    call.reply.integer(adds ? *after : before);
    bits::set_field(bytes, step.type, step.offset, *after);
    return *after != before;
}

void write(Call& call, const Plan& plan) {
    const std::string_view key = call.words[1];
    const Room room = room_for_bit(call, key, *plan.last_written_bit);
    if (room.entry == nullptr) return;
    call.reply.array(plan.steps.size());
    bool changed = room.grew;
    for (const Step& step : plan.steps) {
        if (write_step(call, room.entry->editable_text(), step)) changed = true;
    }
    if (changed) call.changed(key, kStringEvents, "setbit");
}

}  // namespace

void bitfield(Call& call) {
    const auto plan = parse_plan(call);
    if (!plan) return;
    if (plan->last_written_bit)
        write(call, *plan);
    else
        read(call, *plan);
}

void bitfield_ro(Call& call) {
    const auto plan = parse_plan(call);
    if (!plan) return;
    if (plan->last_written_bit) {
        return call.error("ERR BITFIELD_RO only supports the GET subcommand");
    }
    read(call, *plan);
}

}  // namespace assay::redis::commands
