// Of hashes: HRANDFIELD.
#include <algorithm>

#include "internal/redis/commands/arguments.hpp"
#include "internal/redis/commands/hash.hpp"
#include "internal/redis/commands/hash_access.hpp"

namespace assay::redis::commands {
namespace {

// In RESP3 each pair of field and value is an array.
void write_fields(Call& call, const Hash& hash, std::int64_t count, bool with_values) {
    Random& random = call.keyspace().environment().random;
    const bool distinct = count >= 0;
    const std::uint64_t wanted =
        distinct ? static_cast<std::uint64_t>(count) : 0 - static_cast<std::uint64_t>(count);
    const std::uint64_t number = distinct ? std::min<std::uint64_t>(wanted, hash.size()) : wanted;
    const bool paired = with_values && call.reply.resp3();
    const auto write = [&](PackedValue field, PackedValue value) {
        if (paired) call.reply.array(2);
        write_bulk(call.reply, field);
        if (with_values) write_bulk(call.reply, value);
    };
    call.reply.array(with_values && !paired ? 2 * number : number);
    if (distinct) return hash.sample_distinct(number, random, write);
    for (std::uint64_t i = 0; i < number; ++i) hash.sample(random, write);
}

}  // namespace

void hrandfield(Call& call) {
    const Words words = call.words;
    std::optional<std::int64_t> count;
    const bool with_values = words.size() == 4;
    if (words.size() > 2) {
        count = integer_between(call, words[2], -kMaxCount, kMaxCount);
        if (!count) return;
        if (words.size() > 4 || (with_values && !is_word(words[3], "WITHVALUES"))) {
            return call.error(kSyntaxError);
        }
        if (with_values && (*count < -kMaxCount / 2 || *count > kMaxCount / 2)) {
            return call.error(kOutOfRange);
        }
    }
    const auto hash = find_hash(call, words[1], For::reading);
    if (hash.wrong) return;
    if (!hash) return count ? call.reply.array(0) : call.reply.null();
    if (count) return write_fields(call, *hash, *count, with_values);
    hash->sample(call.keyspace().environment().random,
                 [&](PackedValue field, PackedValue) { write_bulk(call.reply, field); });
}

}  // namespace assay::redis::commands
