#include "internal/redis/commands/sorted_set.hpp"

#include <cmath>
#include <cstdio>
#include <deque>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "internal/redis/commands/arguments.hpp"
#include "internal/redis/commands/collection_scan.hpp"
#include "internal/redis/commands/sorted_set_value.hpp"
#include "internal/redis/engine/engine.hpp"
#include "internal/redis/types/sampling.hpp"
#include "pkg/resp/numbers.hpp"

namespace assay::redis::commands {
namespace {

bool parse_add_option(std::string_view word, AddOptions& options) {
    if (is_word(word, "NX")) return options.only_new = true;
    if (is_word(word, "XX")) return options.only_there = true;
    if (is_word(word, "GT")) return options.only_greater = true;
    if (is_word(word, "LT")) return options.only_less = true;
    if (is_word(word, "CH")) return options.count_changes = true;
    if (is_word(word, "INCR")) return options.increment = true;
    return false;
}

// False: the error has been written.
bool check_add_options(Call& call, const AddOptions& options, std::size_t words) {
    std::string_view error;
    if (words == 0 || words % 2 != 0) {
        error = kSyntaxError;
    } else if (options.only_new && options.only_there) {
        error = "ERR XX and NX options at the same time are not compatible";
    } else if (options.only_greater + options.only_less + options.only_new > 1) {
        error = "ERR GT, LT, and/or NX options at the same time are not compatible";
    } else if (options.increment && words > 2) {
        error = "ERR INCR option supports a single increment-element pair";
    }
    if (!error.empty()) call.error(error);
    return error.empty();
}

void add_from_words(Call& call, AddOptions options) {
    std::size_t at = 2;
    while (at < call.words.size() && parse_add_option(call.words[at], options)) ++at;
    if (!check_add_options(call, options, call.words.size() - at)) return;
    std::vector<Scored> members;
    members.reserve((call.words.size() - at) / 2);
    for (; at < call.words.size(); at += 2) {
        const auto score = call.real(call.words[at]);
        if (!score) return;
        members.push_back({*score, call.words[at + 1]});
    }
    add_scored(call, call.words[1], options, members);
}

// The score that a member gets; nullopt: it stays what it is.
std::optional<double> next_score(const AddOptions& options, std::optional<double> before,
                                 double score) {
    if (!before) return options.only_there ? std::nullopt : std::optional(score);
    if (options.only_new) return std::nullopt;
    if (options.increment) score += *before;
    if (options.only_less && score >= *before) return std::nullopt;
    if (options.only_greater && score <= *before) return std::nullopt;
    return score;
}

void reply_rank(Call& call, bool from_highest) {
    if (call.words.size() > 4) return call.wrong_arity();
    const bool with_score = call.words.size() == 4;
    if (with_score && !is_word(call.words[3], "WITHSCORE")) return call.error(kSyntaxError);
    const auto held = find<SortedSet>(call, call.words[1], For::reading);
    if (held.wrong) return;
    const auto found = held ? held->rank(call.words[2]) : std::nullopt;
    if (!found) return with_score ? call.reply.null_array() : call.reply.null();
    const std::size_t rank = from_highest ? held->size() - 1 - found->rank : found->rank;
    if (with_score) call.reply.array(2);
    call.reply.integer(static_cast<std::int64_t>(rank));
    if (with_score) call.reply.real(found->score);
}

void reply_random(Call& call, const SortedSet& set, std::int64_t count, bool with_scores) {
    Random& random = call.keyspace().environment().random;
    const auto emit = [&](const PackedValue& member, double score) {
        reply_scored(call, member, score, with_scores);
    };
    if (count < 0) {
        reply_array_of_scored(call, static_cast<std::size_t>(-count), with_scores);
        for (; count < 0; ++count) set.sample(random, emit);
        return;
    }
    const auto wanted = static_cast<std::size_t>(count);
    if (wanted >= set.size()) {
        reply_array_of_scored(call, set.size(), with_scores);
        return set.for_each_reversed(set.all(), emit);
    }
    reply_array_of_scored(call, wanted, with_scores);
    if (wanted < set.size() / 3) {
        std::unordered_set<std::size_t> drawn;
        while (drawn.size() < wanted) {
            const std::size_t rank = random() % set.size();
            if (drawn.insert(rank).second) set.for_each({rank, rank + 1}, emit);
        }
        return;
    }
    Selection selection(wanted, set.size());
    set.for_each(set.all(), [&](const PackedValue& member, double score) {
        if (selection.takes_next(random)) emit(member, score);
    });
}

// A score as ZSCAN prints it: that of a large set with 17 digits.
std::string scan_text(double score, bool packed) {
    if (packed || std::isinf(score)) return resp::to_text(score);
    char text[64];
    const int size = std::snprintf(text, sizeof(text), "%.17Lg", static_cast<long double>(score));
    return {text, static_cast<std::size_t>(size)};
}

}  // namespace

void reply_array_of_scored(Call& call, std::size_t members, bool with_scores) {
    call.reply.array(with_scores && !call.reply.resp3() ? 2 * members : members);
}

void reply_scored(Call& call, const PackedValue& member, double score, bool with_scores) {
    if (with_scores && call.reply.resp3()) call.reply.array(2);
    write_bulk(call.reply, member);
    if (with_scores) call.reply.real(score);
}

void store_result(Call& call, std::string_view key, SortedSet result, std::string_view event) {
    const std::size_t size = result.size();
    if (size > 0) {
        result.pack(call.settings().limits);
        call.database().set(key, NewValue::object(Type::kSortedSet, std::move(result)));
        call.changed(key, kSortedSetEvents, event);
        call.feed(key);
    } else if (Entry* former = call.find_to_write(key)) {
        call.database().erase(former);
        call.changed(key, kGenericEvents, "del");
        call.feed(key);
    }
    call.reply.integer(static_cast<std::int64_t>(size));
}

void add_scored(Call& call, std::string_view key, const AddOptions& options,
                std::span<const Scored> members) {
    auto held = find<SortedSet>(call, key, For::writing);
    if (held.wrong) return;
    if (!held && options.only_there) {
        return options.increment ? call.reply.null() : call.reply.integer(0);
    }
    const bool is_new = !held;
    if (is_new) held = find_or_make<SortedSet>(call, key);
    std::int64_t added = 0;
    std::int64_t moved = 0;
    std::optional<double> last;
    for (const Scored& scored : members) {
        last = next_score(options, held->score(scored.member), scored.score);
        if (!last) continue;
        if (std::isnan(*last)) return call.error("ERR resulting score is not a number (NaN)");
        const auto change = held->set(scored.member, *last, call.settings().limits);
        if (change == SortedSet::Change::kAdded) ++added;
        if (change == SortedSet::Change::kMoved) ++moved;
    }
    if (added + moved > 0) {
        call.changed(key, kSortedSetEvents, options.increment ? "zincr" : "zadd");
    }
    if (is_new) call.feed(key);
    if (!options.increment) {
        return call.reply.integer(options.count_changes ? added + moved : added);
    }
    if (last)
        call.reply.real(*last);
    else
        call.reply.null();
}

void zadd(Call& call) {
    add_from_words(call, {});
}

void zincrby(Call& call) {
    AddOptions options;
    options.increment = true;
    add_from_words(call, options);
}

void zcard(Call& call) {
    const auto held = find<SortedSet>(call, call.words[1], For::reading);
    if (held.wrong) return;
    call.reply.integer(held ? static_cast<std::int64_t>(held->size()) : 0);
}

void zscore(Call& call) {
    const auto held = find<SortedSet>(call, call.words[1], For::reading);
    if (held.wrong) return;
    const auto score = held ? held->score(call.words[2]) : std::nullopt;
    if (!score) return call.reply.null();
    call.reply.real(*score);
}

void zmscore(Call& call) {
    const auto held = find<SortedSet>(call, call.words[1], For::reading);
    if (held.wrong) return;
    const Words members = call.words.subspan(2);
    call.reply.array(members.size());
    for (const std::string_view member : members) {
        const auto score = held ? held->score(member) : std::nullopt;
        if (score)
            call.reply.real(*score);
        else
            call.reply.null();
    }
}

void zrank(Call& call) {
    reply_rank(call, false);
}
void zrevrank(Call& call) {
    reply_rank(call, true);
}

void zrem(Call& call) {
    const std::string_view key = call.words[1];
    const auto held = find<SortedSet>(call, key, For::writing);
    if (held.wrong) return;
    std::int64_t removed = 0;
    if (held) {
        for (const std::string_view member : call.words.subspan(2)) {
            if (held->remove(member)) ++removed;
        }
    }
    if (removed > 0) {
        call.changed(key, kSortedSetEvents, "zrem");
        erase_if_empty(call, key, held);
    }
    call.reply.integer(removed);
}

void zrandmember(Call& call) {
    const bool counted = call.words.size() > 2;
    const bool with_scores = call.words.size() == 4;
    const auto count = counted ? integer_between(call, call.words[2], -kMaxCount, kMaxCount)
                               : std::optional<std::int64_t>(1);
    if (!count) return;
    if (call.words.size() > 4 || (with_scores && !is_word(call.words[3], "WITHSCORES"))) {
        return call.error(kSyntaxError);
    }
    if (with_scores && (*count < -kMaxCount / 2 || *count > kMaxCount / 2)) {
        return call.error(kOutOfRange);
    }
    const auto held = find<SortedSet>(call, call.words[1], For::reading);
    if (held.wrong) return;
    if (counted && (!held || *count == 0)) return call.reply.array(0);
    if (counted) return reply_random(call, *held, *count, with_scores);
    if (!held) return call.reply.null();
    held->sample(
        call.keyspace().environment().random,
        [&](const PackedValue& member, double score) { reply_scored(call, member, score, false); });
}

void zscan(Call& call) {
    const auto cursor = scan_cursor(call);
    if (!cursor) return;
    const auto held = find<SortedSet>(call, call.words[1], For::reading);
    if (held.wrong) return;
    if (!held) return write_empty_scan(call);
    const bool packed = held->is_packed();
    std::deque<std::string> scores;  // borrowed until the reply is written
    scan_collection(call, *cursor, [&](std::uint64_t from, const ScanVisit& visit) {
        return held->scan(from, [&](const PackedValue& member, double score) {
            const PackedValue value(
                std::string_view(scores.emplace_back(scan_text(score, packed))));
            visit(member, &value);
        });
    });
}

}  // namespace assay::redis::commands
