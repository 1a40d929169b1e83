#include "internal/redis/commands/list.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <vector>

#include "internal/redis/commands/arguments.hpp"
#include "internal/redis/types/listpack_entry.hpp"

namespace assay::redis::commands {
namespace {

std::int64_t length_of(const List& list) {
    return static_cast<std::int64_t>(list.size());
}

void push(Call& call, ListEnd end, bool only_existing) {
    const std::string_view key = call.words[1];
    const auto list =
        only_existing ? find<List>(call, key, For::writing) : find_or_make<List>(call, key);
    if (list.wrong) return;
    if (!list) return call.reply.integer(0);
    const Words elements = call.words.subspan(2);
    const Limits& limits = call.settings().limits;
    if (end == ListEnd::kFront) {
        list->push_front(elements, limits);
    } else {
        list->push_back(elements, limits);
    }
    call.changed(key, kListEvents, end == ListEnd::kFront ? "lpush" : "rpush");
    call.feed(key);
    call.reply.integer(length_of(*list));
}

// Elements `first` to `last` as a command counts them, negative from the end.
struct Stretch {
    std::size_t index = 0;
    std::size_t count = 0;
};
Stretch stretch_of(std::int64_t first, std::int64_t last, std::size_t size) {
    const auto length = static_cast<std::int64_t>(size);
    if (first < 0) first = std::max<std::int64_t>(first + length, 0);
    if (last < 0) last += length;
    last = std::min(last, length - 1);
    if (first > last) return {};
    return {static_cast<std::size_t>(first), static_cast<std::size_t>(last - first + 1)};
}

// Empty: there is no such element.
std::optional<std::size_t> index_in(const List& list, std::int64_t index) {
    if (index < 0) index += length_of(list);
    if (index < 0 || index >= length_of(list)) return std::nullopt;
    return static_cast<std::size_t>(index);
}

struct Search {
    std::int64_t rank = 1;
    std::optional<std::int64_t> count;
    std::int64_t most_looked_at = 0;
};

// Empty: the error has been written.
std::optional<Search> parse_search(Call& call) {
    Search search;
    const Words words = call.words;
    for (std::size_t i = 3; i < words.size(); i += 2) {
        const bool has_value = i + 1 < words.size();
        if (has_value && is_word(words[i], "RANK")) {
            const auto rank = integer_between(call, words[i + 1], -kMaxCount, kMaxCount);
            if (!rank) return std::nullopt;
            search.rank = *rank;
            if (search.rank == 0) {
                call.error(
                    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the "
                    "second ... or use negative to start from the end of the list");
                return std::nullopt;
            }
        } else if (has_value && is_word(words[i], "COUNT")) {
            search.count = count_of(call, words[i + 1], "ERR COUNT can't be negative");
            if (!search.count) return std::nullopt;
        } else if (has_value && is_word(words[i], "MAXLEN")) {
            const auto most = count_of(call, words[i + 1], "ERR MAXLEN can't be negative");
            if (!most) return std::nullopt;
            search.most_looked_at = *most;
        } else {
            call.error(kSyntaxError);
            return std::nullopt;
        }
    }
    return search;
}

}  // namespace

void lpush(Call& call) {
    push(call, ListEnd::kFront, false);
}
void rpush(Call& call) {
    push(call, ListEnd::kBack, false);
}
void lpushx(Call& call) {
    push(call, ListEnd::kFront, true);
}
void rpushx(Call& call) {
    push(call, ListEnd::kBack, true);
}

void llen(Call& call) {
    const auto list = find<List>(call, call.words[1], For::reading);
    if (list.wrong) return;
    call.reply.integer(list ? length_of(*list) : 0);
}

void lindex(Call& call) {
    const auto list = find<List>(call, call.words[1], For::reading);
    if (list.wrong) return;
    if (!list) return call.reply.null();
    const auto word = call.integer(call.words[2]);
    if (!word) return;
    const auto index = index_in(*list, *word);
    if (!index) return call.reply.null();
    write_bulk(call.reply, list->at(*index));
}

void lset(Call& call) {
    const std::string_view key = call.words[1];
    const auto list = find<List>(call, key, For::writing);
    if (list.wrong) return;
    if (!list) return call.error(kNoSuchKey);
    const auto word = call.integer(call.words[2]);
    if (!word) return;
    const auto index = index_in(*list, *word);
    if (!index) return call.error("ERR index out of range");
    list->set(*index, call.words[3], call.settings().limits);
    call.reply.ok();
    call.changed(key, kListEvents, "lset");
}

void linsert(Call& call) {
    const std::string_view key = call.words[1];
    const bool after = is_word(call.words[2], "AFTER");
    if (!after && !is_word(call.words[2], "BEFORE")) return call.error(kSyntaxError);
    const auto list = find<List>(call, key, For::writing);
    if (list.wrong) return;
    if (!list) return call.reply.integer(0);
    const auto pivot = list->find(call.words[3]);
    if (!pivot) return call.reply.integer(-1);
    list->insert(*pivot + (after ? 1 : 0), call.words[4], call.settings().limits);
    call.changed(key, kListEvents, "linsert");
    call.reply.integer(length_of(*list));
}

void lrange(Call& call) {
    const auto first = call.integer(call.words[2]);
    const auto last = first ? call.integer(call.words[3]) : std::nullopt;
    if (!last) return;
    const auto list = find<List>(call, call.words[1], For::reading);
    if (list.wrong) return;
    if (!list) return call.reply.array(0);
    const Stretch stretch = stretch_of(*first, *last, list->size());
    call.reply.array(stretch.count);
    list->for_each(stretch.index, stretch.count,
                   [&](PackedValue value) { write_bulk(call.reply, value); });
}

void ltrim(Call& call) {
    const std::string_view key = call.words[1];
    const auto first = call.integer(call.words[2]);
    const auto last = first ? call.integer(call.words[3]) : std::nullopt;
    if (!last) return;
    const auto list = find<List>(call, key, For::writing);
    if (list.wrong) return;
    call.reply.ok();
    if (!list) return;
    const Stretch stretch = stretch_of(*first, *last, list->size());
    list->keep(stretch.index, stretch.count, call.settings().limits);
    call.changed(key, kListEvents, "ltrim");
    erase_if_empty(call, key, list);
}

void lrem(Call& call) {
    const std::string_view key = call.words[1];
    const auto count = integer_between(call, call.words[2], -kMaxCount, kMaxCount);
    if (!count) return;
    const auto list = find<List>(call, key, For::writing);
    if (list.wrong) return;
    if (!list) return call.reply.integer(0);
    const std::size_t most =
        *count == 0 ? list->size() : static_cast<std::size_t>(std::abs(*count));
    const std::size_t removed = list->remove(
        call.words[3], most, *count < 0 ? ListEnd::kBack : ListEnd::kFront, call.settings().limits);
    if (removed > 0) {
        call.changed(key, kListEvents, "lrem");
        erase_if_empty(call, key, list);
    }
    call.reply.integer(static_cast<std::int64_t>(removed));
}

void lpos(Call& call) {
    const auto search = parse_search(call);
    if (!search) return;
    const auto list = find<List>(call, call.words[1], For::reading);
    if (list.wrong) return;
    const bool many = search->count.has_value();
    std::vector<std::size_t> found;
    if (list) {
        const auto wanted = static_cast<std::size_t>(search->count.value_or(1));
        const auto skip = static_cast<std::size_t>(std::abs(search->rank)) - 1;
        list->search(call.words[2], search->rank < 0 ? ListEnd::kBack : ListEnd::kFront, skip,
                     static_cast<std::size_t>(search->most_looked_at), [&](std::size_t index) {
                         found.push_back(index);
                         return found.size() != wanted;
                     });
    }
    if (!many && found.empty()) return call.reply.null();
    if (many) call.reply.array(found.size());
    for (const std::size_t index : found) call.reply.integer(static_cast<std::int64_t>(index));
}

}  // namespace assay::redis::commands
