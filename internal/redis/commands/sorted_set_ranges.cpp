// Intervals of a sorted set, by place, by score and by bytes: shown, counted, removed, stored.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "internal/redis/commands/sorted_set.hpp"
#include "internal/redis/commands/sorted_set_value.hpp"
#include "internal/redis/engine/engine.hpp"

namespace assay::redis::commands {
namespace {

enum class By : std::uint8_t { place, score, bytes };

// Inclusive places, negative ones from the end.
struct Places {
    std::int64_t first;
    std::int64_t last;
};

using Interval = std::variant<Places, ScoreRange, LexRange>;

struct Limit {
    std::int64_t offset = 0;
    std::int64_t count = -1;
};

struct RangeOptions {
    By by = By::place;
    bool reversed = false;
    bool with_scores = false;
    Limit limit;
};

// A score as strtod(3) reads it, after "(" when it is exclusive.
bool parse_score_bound(std::string_view word, double& score, bool& exclusive) {
    exclusive = word.starts_with('(');
    if (exclusive) word.remove_prefix(1);
    const std::string text(word);
    char* end = nullptr;
    score = std::strtod(text.c_str(), &end);
    return *end == '\0' && !std::isnan(score);
}

bool parse_lex_bound(std::string_view word, LexBound& bound) {
    using Kind = LexBound::Kind;
    if (word == "-") return bound = {Kind::kLowest}, true;
    if (word == "+") return bound = {Kind::kHighest}, true;
    if (word.starts_with('[')) return bound = {Kind::kInclusive, word.substr(1)}, true;
    if (word.starts_with('(')) return bound = {Kind::kExclusive, word.substr(1)}, true;
    return false;
}

std::optional<Interval> parse_scores(Call& call, std::string_view min, std::string_view max) {
    ScoreRange range{0, 0};
    if (parse_score_bound(min, range.min, range.min_exclusive) &&
        parse_score_bound(max, range.max, range.max_exclusive)) {
        return range;
    }
    call.error("ERR min or max is not a float");
    return std::nullopt;
}

std::optional<Interval> parse_bytes(Call& call, std::string_view min, std::string_view max) {
    LexRange range{{LexBound::Kind::kLowest}, {LexBound::Kind::kHighest}};
    if (parse_lex_bound(min, range.min) && parse_lex_bound(max, range.max)) return range;
    call.error("ERR min or max not valid string range item");
    return std::nullopt;
}

std::optional<Interval> parse_places(Call& call, std::string_view first, std::string_view last) {
    const auto from = call.integer(first);
    if (!from) return std::nullopt;
    const auto to = call.integer(last);
    if (!to) return std::nullopt;
    return Places{*from, *to};
}

std::optional<Interval> parse_interval(Call& call, By by, std::string_view min,
                                       std::string_view max) {
    if (by == By::score) return parse_scores(call, min, max);
    return by == By::bytes ? parse_bytes(call, min, max) : parse_places(call, min, max);
}

// Places are counted from the highest member when the order is reversed.
RankRange ranks_of(const SortedSet& set, const Places& places, bool reversed) {
    const auto size = static_cast<std::int64_t>(set.size());
    const std::int64_t first =
        std::max<std::int64_t>(places.first < 0 ? places.first + size : places.first, 0);
    const std::int64_t last =
        std::min(places.last < 0 ? places.last + size : places.last, size - 1);
    if (first > last) return {};
    const auto begin = static_cast<std::size_t>(reversed ? size - 1 - last : first);
    return {begin, begin + static_cast<std::size_t>(last - first + 1)};
}

RankRange ranks_of(const SortedSet& set, const Interval& interval, bool reversed = false) {
    if (const auto* places = std::get_if<Places>(&interval)) {
        return ranks_of(set, *places, reversed);
    }
    const auto* scores = std::get_if<ScoreRange>(&interval);
    return scores != nullptr ? set.ranks(*scores) : set.ranks(std::get<LexRange>(interval));
}

RankRange limited(RankRange range, const Limit& limit, bool reversed) {
    if (limit.offset < 0 || static_cast<std::size_t>(limit.offset) >= range.size()) return {};
    const auto offset = static_cast<std::size_t>(limit.offset);
    std::size_t count = range.size() - offset;
    if (limit.count >= 0) count = std::min(count, static_cast<std::size_t>(limit.count));
    const std::size_t begin = reversed ? range.end - offset - count : range.begin + offset;
    return count == 0 ? RankRange{} : RankRange{begin, begin + count};
}

bool parse_limit(Call& call, Words words, Limit& limit) {
    const auto offset = call.integer(words[0]);
    if (!offset) return false;
    const auto count = call.integer(words[1]);
    if (!count) return false;
    limit = {*offset, *count};
    return true;
}

// Which of the options a command has of its own.
struct Known {
    By by = By::place;
    bool reversed = false;
    bool chooses = false;  // REV, BYSCORE and BYLEX are options: ZRANGE, ZRANGESTORE
    bool stores = false;
};

bool choose(std::string_view word, const Known& known, RangeOptions& options) {
    if (!known.chooses) return false;
    if (is_word(word, "REV") && !options.reversed) return options.reversed = true;
    if (options.by != By::place) return false;
    if (is_word(word, "BYLEX")) return options.by = By::bytes, true;
    if (is_word(word, "BYSCORE")) return options.by = By::score, true;
    return false;
}

// Empty: the error has been written.
std::optional<RangeOptions> parse_options(Call& call, Words words, const Known& known) {
    RangeOptions options;
    options.by = known.by;
    options.reversed = known.reversed;
    const auto refuse = [&](std::string_view error) -> std::optional<RangeOptions> {
        call.error(error);
        return std::nullopt;
    };
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (!known.stores && is_word(words[i], "WITHSCORES")) {
            options.with_scores = true;
        } else if (is_word(words[i], "LIMIT") && i + 2 < words.size()) {
            if (!parse_limit(call, words.subspan(i + 1), options.limit)) return std::nullopt;
            i += 2;
        } else if (!choose(words[i], known, options)) {
            return refuse(kSyntaxError);
        }
    }
    if (options.limit.count != -1 && options.by == By::place) {
        return refuse(
            "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or "
            "BYLEX");
    }
    if (options.with_scores && options.by == By::bytes) {
        return refuse("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
    }
    return options;
}

void reply_members(Call& call, const SortedSet& set, RankRange range, const RangeOptions& options) {
    const auto emit = [&](const PackedValue& member, double score) {
        reply_scored(call, member, score, options.with_scores);
    };
    reply_array_of_scored(call, range.size(), options.with_scores);
    if (options.reversed)
        set.for_each_reversed(range, emit);
    else
        set.for_each(range, emit);
}

SortedSet copy_of(const SortedSet& set, RankRange range, const Limits& limits) {
    SortedSet copy;
    set.for_each(range, [&](const PackedValue& member, double score) {
        IntegerText room;
        copy.set(member.text(room), score, limits);
    });
    return copy;
}

// key min max [options], from word `at`.
void range_from(Call& call, std::size_t at, const Known& known) {
    const Words words = call.words.subspan(at);
    const auto options = parse_options(call, words.subspan(3), known);
    if (!options) return;
    const bool swapped = options->reversed && options->by != By::place;
    const auto interval =
        parse_interval(call, options->by, words[swapped ? 2 : 1], words[swapped ? 1 : 2]);
    if (!interval) return;
    const auto held = find<SortedSet>(call, words[0], For::reading);
    if (held.wrong) return;
    RankRange range;
    if (held) {
        range = ranks_of(*held, *interval, options->reversed);
        if (options->by != By::place) range = limited(range, options->limit, options->reversed);
    }
    if (known.stores) {
        SortedSet result;
        if (held) result = copy_of(*held, range, call.settings().limits);
        return store_result(call, call.words[1], std::move(result), "zrangestore");
    }
    if (!held) return call.reply.array(0);
    reply_members(call, *held, range, *options);
}

void count_range(Call& call, By by) {
    const auto interval = parse_interval(call, by, call.words[2], call.words[3]);
    if (!interval) return;
    const auto held = find<SortedSet>(call, call.words[1], For::reading);
    if (held.wrong) return;
    const std::size_t count = held ? ranks_of(*held, *interval).size() : 0;
    call.reply.integer(static_cast<std::int64_t>(count));
}

void remove_range(Call& call, By by, std::string_view event) {
    const std::string_view key = call.words[1];
    const auto interval = parse_interval(call, by, call.words[2], call.words[3]);
    if (!interval) return;
    const auto held = find<SortedSet>(call, key, For::writing);
    if (held.wrong) return;
    const std::size_t removed = held ? held->remove_range(ranks_of(*held, *interval)) : 0;
    if (removed > 0) {
        call.changed(key, kSortedSetEvents, event);
        erase_if_empty(call, key, held);
    }
    call.reply.integer(static_cast<std::int64_t>(removed));
}

}  // namespace

void zrange(Call& call) {
    range_from(call, 1, {By::place, false, true, false});
}
void zrangestore(Call& call) {
    range_from(call, 2, {By::place, false, true, true});
}
void zrevrange(Call& call) {
    range_from(call, 1, {By::place, true, false, false});
}
void zrangebyscore(Call& call) {
    range_from(call, 1, {By::score, false, false, false});
}
void zrevrangebyscore(Call& call) {
    range_from(call, 1, {By::score, true, false, false});
}
void zrangebylex(Call& call) {
    range_from(call, 1, {By::bytes, false, false, false});
}
void zrevrangebylex(Call& call) {
    range_from(call, 1, {By::bytes, true, false, false});
}

void zcount(Call& call) {
    count_range(call, By::score);
}
void zlexcount(Call& call) {
    count_range(call, By::bytes);
}

void zremrangebyrank(Call& call) {
    remove_range(call, By::place, "zremrangebyrank");
}
void zremrangebyscore(Call& call) {
    remove_range(call, By::score, "zremrangebyscore");
}
void zremrangebylex(Call& call) {
    remove_range(call, By::bytes, "zremrangebylex");
}

}  // namespace assay::redis::commands
