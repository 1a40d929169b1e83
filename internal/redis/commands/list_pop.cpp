// Of lists: what takes elements away, also by waiting for them.
#include <algorithm>
#include <string>
#include <vector>

#include "internal/redis/commands/arguments.hpp"
#include "internal/redis/commands/list.hpp"

namespace assay::redis::commands {
namespace {

std::optional<ListEnd> parse_end(Call& call, std::string_view word) {
    if (is_word(word, "LEFT")) return ListEnd::kFront;
    if (is_word(word, "RIGHT")) return ListEnd::kBack;
    call.error(kSyntaxError);
    return std::nullopt;
}

void tell_popped(Call& call, std::string_view key, const Held<List>& list, ListEnd end) {
    call.changed(key, kListEvents, end == ListEnd::kFront ? "lpop" : "rpop");
    erase_if_empty(call, key, list);
}

// The element at the end goes into the reply.
void pop_one(Call& call, std::string_view key, const Held<List>& list, ListEnd end) {
    const Limits& limits = call.settings().limits;
    if (end == ListEnd::kFront) {
        write_bulk(call.reply, list->front());
        list->pop_front(limits);
    } else {
        write_bulk(call.reply, list->back());
        list->pop_back(limits);
    }
    tell_popped(call, key, list, end);
}

// Up to `most` elements from the end go into the reply, as an array.
void pop_many(Call& call, std::string_view key, const Held<List>& list, ListEnd end,
              std::size_t most) {
    const std::size_t size = list->size();
    const std::size_t count = std::min(most, size);
    const auto write = [&](PackedValue value) { write_bulk(call.reply, value); };
    call.reply.array(count);
    if (end == ListEnd::kFront) {
        list->for_each(0, count, write);
        list->erase(0, count, call.settings().limits);
    } else {
        list->for_each_backward(size - 1, count, write);
        list->erase(size - count, count, call.settings().limits);
    }
    tell_popped(call, key, list, end);
}

void pop(Call& call, ListEnd end) {
    const std::string_view key = call.words[1];
    if (call.words.size() > 3) return call.wrong_arity();
    std::optional<std::int64_t> count;
    if (call.words.size() == 3) {
        count = count_of(call, call.words[2]);
        if (!count) return;
    }
    const auto list = find<List>(call, key, For::writing);
    if (list.wrong) return;
    if (!list) return count ? call.reply.null_array() : call.reply.null();
    if (!count) return pop_one(call, key, list, end);
    if (*count == 0) return call.reply.array(0);
    pop_many(call, key, list, end, static_cast<std::size_t>(*count));
}

// The first of the keys that has a list: true when it was found, or an error written.
template <class Take>
bool take_from_first(Call& call, Words keys, Take&& take) {
    for (const std::string_view key : keys) {
        const auto list = find<List>(call, key, For::writing);
        if (list.wrong) return true;
        if (!list) continue;
        call.reply.array(2);
        call.reply.bulk(key);
        take(key, list);
        return true;
    }
    return false;
}

void wait_for_lists(Call& call, Words keys, const Patience& patience) {
    call.wait_for(Wait::Kind::list, {keys.begin(), keys.end()}, patience.limit);
}

void blocking_pop(Call& call, ListEnd end) {
    const auto patience = patience_of(call, call.words.back());
    if (!patience) return;
    const Words keys = call.words.subspan(1, call.words.size() - 2);
    const bool taken = take_from_first(
        call, keys,
        [&](std::string_view key, const Held<List>& list) { pop_one(call, key, list, end); });
    if (taken) return;
    if (!call.may_wait()) return call.reply.null_array();
    wait_for_lists(call, keys, *patience);
}

struct ManyPop {
    Words keys;
    ListEnd end = ListEnd::kFront;
    std::size_t count = 1;
};

// "numkeys key… LEFT|RIGHT [COUNT n]"; empty: the error has been written.
std::optional<ManyPop> parse_many_pop(Call& call, Words words) {
    const auto number =
        integer_between(call, words[0], 1, kMaxCount, "ERR numkeys should be greater than 0");
    if (!number) return std::nullopt;
    const auto keys = static_cast<std::size_t>(*number);
    const auto refuse = [&]() -> std::optional<ManyPop> {
        call.error(kSyntaxError);
        return std::nullopt;
    };
    if (keys >= words.size() - 1) return refuse();
    const auto end = parse_end(call, words[keys + 1]);
    if (!end) return std::nullopt;
    ManyPop pop{words.subspan(1, keys), *end, 1};
    const Words options = words.subspan(keys + 2);
    if (options.empty()) return pop;
    if (options.size() < 2 || !is_word(options[0], "COUNT")) return refuse();
    const auto count =
        integer_between(call, options[1], 1, kMaxCount, "ERR count should be greater than 0");
    if (!count) return std::nullopt;
    if (options.size() > 2) return refuse();
    pop.count = static_cast<std::size_t>(*count);
    return pop;
}

bool pop_many_from_first(Call& call, const ManyPop& pop) {
    return take_from_first(call, pop.keys, [&](std::string_view key, const Held<List>& list) {
        pop_many(call, key, list, pop.end, pop.count);
    });
}

// False: the source is not there and nothing has been written.
bool move(Call& call, ListEnd from, ListEnd to) {
    const std::string_view source = call.words[1];
    const std::string_view destination = call.words[2];
    const auto giver = find<List>(call, source, For::writing);
    if (giver.wrong) return true;
    if (!giver) return false;
    if (!check_type(call, call.find_to_write(destination), Type::kList)) return true;
    const Limits& limits = call.settings().limits;
    IntegerText room;
    const std::string element(
        (from == ListEnd::kFront ? giver->front() : giver->back()).text(room));
    from == ListEnd::kFront ? giver->pop_front(limits) : giver->pop_back(limits);
    const auto taker = find_or_make<List>(call, destination);
    to == ListEnd::kFront ? taker->push_front(element, limits) : taker->push_back(element, limits);
    call.changed(destination, kListEvents, to == ListEnd::kFront ? "lpush" : "rpush");
    call.feed(destination);
    call.reply.bulk(element);
    tell_popped(call, source, giver, from);
    return true;
}

void move_or_wait(Call& call, ListEnd from, ListEnd to) {
    const auto patience = patience_of(call, call.words.back());
    if (!patience || move(call, from, to)) return;
    if (!call.may_wait()) return call.reply.null();
    wait_for_lists(call, call.words.subspan(1, 1), *patience);
}

}  // namespace

void lpop(Call& call) {
    pop(call, ListEnd::kFront);
}
void rpop(Call& call) {
    pop(call, ListEnd::kBack);
}
void blpop(Call& call) {
    blocking_pop(call, ListEnd::kFront);
}
void brpop(Call& call) {
    blocking_pop(call, ListEnd::kBack);
}

void lmpop(Call& call) {
    const auto pop = parse_many_pop(call, call.words.subspan(1));
    if (pop && !pop_many_from_first(call, *pop)) call.reply.null_array();
}

void blmpop(Call& call) {
    const auto pop = parse_many_pop(call, call.words.subspan(2));
    if (!pop) return;
    const auto patience = patience_of(call, call.words[1]);
    if (!patience || pop_many_from_first(call, *pop)) return;
    if (!call.may_wait()) return call.reply.null_array();
    wait_for_lists(call, pop->keys, *patience);
}

void lmove(Call& call) {
    const auto from = parse_end(call, call.words[3]);
    const auto to = from ? parse_end(call, call.words[4]) : std::nullopt;
    if (to && !move(call, *from, *to)) call.reply.null();
}

void blmove(Call& call) {
    const auto from = parse_end(call, call.words[3]);
    const auto to = from ? parse_end(call, call.words[4]) : std::nullopt;
    if (to) move_or_wait(call, *from, *to);
}

void rpoplpush(Call& call) {
    if (!move(call, ListEnd::kBack, ListEnd::kFront)) call.reply.null();
}

void brpoplpush(Call& call) {
    move_or_wait(call, ListEnd::kBack, ListEnd::kFront);
}

}  // namespace assay::redis::commands
