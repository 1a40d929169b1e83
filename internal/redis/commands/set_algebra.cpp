// Of sets: intersections, unions and differences.
//
// A result is a Set of its own before anything is written, because it may replace one of its
// operands.
#include <algorithm>
#include <utility>
#include <vector>

#include "internal/redis/commands/arguments.hpp"
#include "internal/redis/commands/set.hpp"

namespace assay::redis::commands {
namespace {

// The sets of the keys, null where there is none. Empty: the error has been written.
std::optional<std::vector<const Set*>> operands(Call& call, Words keys) {
    std::vector<const Set*> sets;
    sets.reserve(keys.size());
    for (const std::string_view key : keys) {
        const auto set = find<Set>(call, key, For::reading);
        if (set.wrong) return std::nullopt;
        sets.push_back(set ? &*set : nullptr);
    }
    return sets;
}

bool is_in_all(const std::vector<const Set*>& sets, PackedValue member) {
    return std::all_of(sets.begin(), sets.end(),
                       [&](const Set* set) { return set->contains(member); });
}

// visit(member) for what is in all of them, until `most` (0: no bound) have been visited.
template <class Visit>
void intersect(std::vector<const Set*> sets, std::size_t most, Visit&& visit) {
    if (std::find(sets.begin(), sets.end(), nullptr) != sets.end()) return;
    const auto smallest = std::min_element(
        sets.begin(), sets.end(), [](const Set* a, const Set* b) { return a->size() < b->size(); });
    const Set& candidates = **smallest;
    sets.erase(smallest);
    std::size_t visited = 0;
    candidates.for_each([&](PackedValue member) {
        if ((most > 0 && visited == most) || !is_in_all(sets, member)) return;
        ++visited;
        visit(member);
    });
}

void add(Set& set, PackedValue member, const Limits& limits) {
    IntegerText room;
    set.add(member.text(room), limits);
}

Set intersection_of(const std::vector<const Set*>& sets, const Limits& limits) {
    Set result;
    intersect(sets, 0, [&](PackedValue member) { add(result, member, limits); });
    return result;
}

Set union_of(const std::vector<const Set*>& sets, const Limits& limits) {
    Set result;
    for (const Set* set : sets) {
        if (set == nullptr) continue;
        set->for_each([&](PackedValue member) { add(result, member, limits); });
    }
    return result;
}

Set difference_of(const std::vector<const Set*>& sets, const Limits& limits) {
    Set result;
    if (sets[0] == nullptr) return result;
    sets[0]->for_each([&](PackedValue member) {
        const bool elsewhere = std::any_of(sets.begin() + 1, sets.end(), [&](const Set* set) {
            return set != nullptr && set->contains(member);
        });
        if (!elsewhere) add(result, member, limits);
    });
    return result;
}

using Operation = Set (*)(const std::vector<const Set*>& sets, const Limits& limits);

void answer(Call& call, Operation operation) {
    const auto sets = operands(call, call.words.subspan(1));
    if (!sets) return;
    const Set result = operation(*sets, call.settings().limits);
    call.reply.set(result.size());
    result.for_each([&](PackedValue member) { write_bulk(call.reply, member); });
}

// Under the first key, which goes if nothing is left.
void store(Call& call, Operation operation, std::string_view event) {
    const std::string_view key = call.words[1];
    const auto sets = operands(call, call.words.subspan(2));
    if (!sets) return;
    const Limits& limits = call.settings().limits;
    Set result = operation(*sets, limits);
    const auto size = static_cast<std::int64_t>(result.size());
    if (size > 0) {
        result.narrow_to_integers(limits);
        call.database().set(key, NewValue::object(Type::kSet, std::move(result)));
        call.changed(key, kSetEvents, event);
        call.feed(key);
    } else if (Entry* former = call.find_to_write(key)) {
        call.database().unlink(former);
        call.changed(key, kGenericEvents, "del");
        call.feed(key);
    }
    call.reply.integer(size);
}

}  // namespace

void sinter(Call& call) {
    answer(call, &intersection_of);
}
void sunion(Call& call) {
    answer(call, &union_of);
}
void sdiff(Call& call) {
    answer(call, &difference_of);
}
void sinterstore(Call& call) {
    store(call, &intersection_of, "sinterstore");
}
void sunionstore(Call& call) {
    store(call, &union_of, "sunionstore");
}
void sdiffstore(Call& call) {
    store(call, &difference_of, "sdiffstore");
}

void sintercard(Call& call) {
    const Words words = call.words;
    const auto number =
        integer_between(call, words[1], 1, kMaxCount, "ERR numkeys should be greater than 0");
    if (!number) return;
    const auto keys = static_cast<std::size_t>(*number);
    if (keys > words.size() - 2) {
        return call.error("ERR Number of keys can't be greater than number of args");
    }
    std::size_t limit = 0;
    for (std::size_t i = keys + 2; i < words.size(); i += 2) {
        if (i + 1 == words.size() || !is_word(words[i], "LIMIT")) return call.error(kSyntaxError);
        const auto most = count_of(call, words[i + 1], "ERR LIMIT can't be negative");
        if (!most) return;
        limit = static_cast<std::size_t>(*most);
    }
    const auto sets = operands(call, words.subspan(2, keys));
    if (!sets) return;
    std::int64_t size = 0;
    intersect(*sets, limit, [&](PackedValue) { ++size; });
    call.reply.integer(size);
}

}  // namespace assay::redis::commands
