// Taking members from an end, at once or waiting for one.
#include <algorithm>
#include <optional>

#include "internal/redis/commands/arguments.hpp"
#include "internal/redis/commands/sorted_set.hpp"
#include "internal/redis/commands/sorted_set_value.hpp"
#include "internal/redis/engine/engine.hpp"

namespace assay::redis::commands {
namespace {

enum class End : bool { lowest, highest };

// How a reply names what was taken.
enum class Shape : std::uint8_t { flat, pairs, key_and_one, key_and_pairs };

struct Pop {
    Words keys;
    End end = End::lowest;
    std::size_t count = 1;
    Shape shape = Shape::flat;
};

void begin_reply(Call& call, std::string_view key, Shape shape, std::size_t members) {
    const bool named = shape == Shape::key_and_one || shape == Shape::key_and_pairs;
    if (shape == Shape::key_and_one) call.reply.array(1 + 2 * members);
    if (shape == Shape::key_and_pairs) call.reply.array(2);
    if (named) call.reply.bulk(key);
    if (shape == Shape::flat) call.reply.array(2 * members);
    if (shape == Shape::pairs || shape == Shape::key_and_pairs) call.reply.array(members);
}

void take(Call& call, std::string_view key, const Held<SortedSet>& held, const Pop& pop) {
    const std::size_t size = held->size();
    const std::size_t count = std::min(pop.count, size);
    const bool pairs = pop.shape == Shape::pairs || pop.shape == Shape::key_and_pairs;
    begin_reply(call, key, pop.shape, count);
    const auto emit = [&](const PackedValue& member, double score) {
        if (pairs) call.reply.array(2);
        reply_scored(call, member, score, false);
        call.reply.real(score);
    };
    const bool highest = pop.end == End::highest;
    const RankRange range = highest ? RankRange{size - count, size} : RankRange{0, count};
    if (highest)
        held->for_each_reversed(range, emit);
    else
        held->for_each(range, emit);
    held->remove_range(range);
    call.changed(key, kSortedSetEvents, highest ? "zpopmax" : "zpopmin");
    erase_if_empty(call, key, held);
}

enum class Found : std::uint8_t { taken, nothing, wrong };

// From the first of the keys that is there.
Found take_from_first(Call& call, const Pop& pop) {
    for (const std::string_view key : pop.keys) {
        const auto held = find<SortedSet>(call, key, For::writing);
        if (held.wrong) return Found::wrong;
        if (!held) continue;
        if (pop.count == 0)
            call.reply.array(0);
        else
            take(call, key, held, pop);
        return Found::taken;
    }
    return Found::nothing;
}

void pop_one_key(Call& call, End end) {
    if (call.words.size() > 3) return call.error(kSyntaxError);
    Pop pop{call.words.subspan(1, 1), end};
    if (call.words.size() == 3) {
        const auto count = count_of(call, call.words[2]);
        if (!count) return;
        pop.count = static_cast<std::size_t>(*count);
        if (call.reply.resp3()) pop.shape = Shape::pairs;
    }
    if (take_from_first(call, pop) == Found::nothing) call.reply.array(0);
}

void pop_or_wait(Call& call, const Pop& pop, std::string_view timeout) {
    const auto patience = patience_of(call, timeout);
    if (!patience || take_from_first(call, pop) != Found::nothing) return;
    if (!call.may_wait()) return call.reply.null_array();
    call.wait_for(Wait::Kind::sorted_set, {pop.keys.begin(), pop.keys.end()}, patience->limit);
}

void pop_one_or_wait(Call& call, End end) {
    const Words keys = call.words.subspan(1, call.words.size() - 2);
    pop_or_wait(call, {keys, end, 1, Shape::key_and_one}, call.words.back());
}

// numkeys key... MIN|MAX [COUNT count], from word `at`; empty: the error has been written.
std::optional<Pop> parse_pop(Call& call, std::size_t at) {
    const auto refuse = [&]() -> std::optional<Pop> {
        call.error(kSyntaxError);
        return std::nullopt;
    };
    const auto keys =
        integer_between(call, call.words[at], 1, kMaxCount, "ERR numkeys should be greater than 0");
    if (!keys) return std::nullopt;
    Words rest = call.words.subspan(at + 1);
    const auto count_of_keys = static_cast<std::size_t>(*keys);
    if (count_of_keys >= rest.size()) return refuse();
    Pop pop{rest.first(count_of_keys), End::lowest, 1, Shape::key_and_pairs};
    rest = rest.subspan(count_of_keys);
    if (is_word(rest[0], "MAX"))
        pop.end = End::highest;
    else if (!is_word(rest[0], "MIN"))
        return refuse();
    if (rest.size() == 1) return pop;
    if (rest.size() == 2 || !is_word(rest[1], "COUNT")) return refuse();
    const auto count =
        integer_between(call, rest[2], 1, kMaxCount, "ERR count should be greater than 0");
    if (!count) return std::nullopt;
    pop.count = static_cast<std::size_t>(*count);
    if (rest.size() > 3) return refuse();
    return pop;
}

}  // namespace

void zpopmin(Call& call) {
    pop_one_key(call, End::lowest);
}
void zpopmax(Call& call) {
    pop_one_key(call, End::highest);
}

void zmpop(Call& call) {
    const auto pop = parse_pop(call, 1);
    if (pop && take_from_first(call, *pop) == Found::nothing) call.reply.null_array();
}

void bzpopmin(Call& call) {
    pop_one_or_wait(call, End::lowest);
}
void bzpopmax(Call& call) {
    pop_one_or_wait(call, End::highest);
}

void bzmpop(Call& call) {
    if (const auto pop = parse_pop(call, 2)) pop_or_wait(call, *pop, call.words[1]);
}

}  // namespace assay::redis::commands
