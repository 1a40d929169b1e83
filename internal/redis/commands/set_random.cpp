// Of sets: members that chance chooses.
#include <algorithm>

#include "internal/redis/commands/arguments.hpp"
#include "internal/redis/commands/set.hpp"

namespace assay::redis::commands {
namespace {

void pop_several(Call& call) {
    const std::string_view key = call.words[1];
    const auto count = count_of(call, call.words[2]);
    if (!count) return;
    const auto set = find<Set>(call, key, For::writing);
    if (set.wrong) return;
    if (!set || *count == 0) return call.reply.set(0);
    const auto write = [&](PackedValue member) { write_bulk(call.reply, member); };
    const std::size_t number = std::min(set->size(), static_cast<std::size_t>(*count));
    call.reply.set(number);
    call.changed(key, kSetEvents, "spop");
    if (number == set->size()) {
        set->for_each(write);
        call.database().unlink(set.entry);
        return call.notify(kGenericEvents, "del", key);
    }
    Random& random = call.keyspace().environment().random;
    for (std::size_t i = 0; i < number; ++i) set->pop(random, write);
}

void write_sample(Call& call) {
    const auto count = integer_between(call, call.words[2], -kMaxCount, kMaxCount);
    if (!count) return;
    const auto set = find<Set>(call, call.words[1], For::reading);
    if (set.wrong) return;
    if (!set) return call.reply.array(0);
    Random& random = call.keyspace().environment().random;
    const auto write = [&](PackedValue member) { write_bulk(call.reply, member); };
    if (*count < 0) {
        call.reply.array(static_cast<std::size_t>(-*count));
        for (std::int64_t i = *count; i < 0; ++i) write(set->sample(random));
        return;
    }
    const std::size_t number = std::min(set->size(), static_cast<std::size_t>(*count));
    call.reply.array(number);
    set->sample_distinct(number, random, write);
}

}  // namespace

void spop(Call& call) {
    const std::string_view key = call.words[1];
    if (call.words.size() == 3) return pop_several(call);
    if (call.words.size() > 3) return call.error(kSyntaxError);
    const auto set = find<Set>(call, key, For::writing);
    if (set.wrong) return;
    if (!set) return call.reply.null();
    set->pop(call.keyspace().environment().random,
             [&](PackedValue member) { write_bulk(call.reply, member); });
    call.changed(key, kSetEvents, "spop");
    erase_if_empty(call, key, set);
}

void srandmember(Call& call) {
    if (call.words.size() == 3) return write_sample(call);
    if (call.words.size() > 3) return call.error(kSyntaxError);
    const auto set = find<Set>(call, call.words[1], For::reading);
    if (set.wrong) return;
    if (!set) return call.reply.null();
    write_bulk(call.reply, set->sample(call.keyspace().environment().random));
}

}  // namespace assay::redis::commands
