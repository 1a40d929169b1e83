// INCR and its kind.
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "internal/redis/commands/string.hpp"
#include "internal/redis/commands/values.hpp"
#include "internal/redis/engine/engine.hpp"
#include "pkg/resp/numbers.hpp"

namespace assay::redis::commands {
namespace {

void add(Call& call, std::int64_t amount) {
    const std::string_view key = call.words[1];
    Entry* entry = call.find_to_write(key);
    if (!check_type(call, entry, Type::kString)) return;
    std::int64_t value = 0;
    if (entry != nullptr) {
        IntegerText room;
        const auto before = entry->is_integer() ? std::optional(entry->integer())
                                                : resp::parse_int64(entry->text(room));
        if (!before) return call.error(kNotAnInteger);
        value = *before;
    }
    if (__builtin_add_overflow(value, amount, &value)) {
        return call.error("ERR increment or decrement would overflow");
    }
    if (entry == nullptr)
        call.database().insert(key, NewValue::integer(value));
    else
        call.database().assign(entry, NewValue::integer(value), entry->expiry());
    call.changed(key, kStringEvents, "incrby");
    call.reply.integer(value);
}

}  // namespace

void incr(Call& call) {
    add(call, 1);
}
void decr(Call& call) {
    add(call, -1);
}

void incrby(Call& call) {
    if (const auto amount = call.integer(call.words[2])) add(call, *amount);
}

void decrby(Call& call) {
    const auto amount = call.integer(call.words[2]);
    if (!amount) return;
    if (*amount == std::numeric_limits<std::int64_t>::min()) {
        return call.error("ERR decrement would overflow");
    }
    add(call, -*amount);
}

void incrbyfloat(Call& call) {
    const std::string_view key = call.words[1];
    Entry* entry = call.find_to_write(key);
    if (!check_type(call, entry, Type::kString)) return;
    IntegerText room;
    const auto before = resp::parse_long_double(entry == nullptr ? "0" : entry->text(room));
    const auto amount = resp::parse_long_double(call.words[2]);
    if (!before || !amount) return call.error(kNotAFloat);
    const long double sum = *before + *amount;
    if (std::isnan(sum) || std::isinf(sum)) {
        return call.error("ERR increment would produce NaN or Infinity");
    }
    const std::string text = resp::to_human_text(sum);
    const NewValue value = NewValue::text(text);
    if (entry == nullptr)
        call.database().insert(key, value);
    else
        call.database().assign(entry, value, entry->expiry());
    call.changed(key, kStringEvents, "incrbyfloat");
    call.reply.bulk(text);
}

}  // namespace assay::redis::commands
