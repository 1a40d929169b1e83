// Unions, intersections and differences of sorted sets; plain sets take part, each member with the
// score 1.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "internal/redis/commands/arguments.hpp"
#include "internal/redis/commands/sorted_set.hpp"
#include "internal/redis/commands/sorted_set_value.hpp"
#include "internal/redis/engine/engine.hpp"
#include "internal/redis/types/set.hpp"

namespace assay::redis::commands {
namespace {

enum class Operation : std::uint8_t { unite, intersect, subtract };
enum class Aggregate : std::uint8_t { sum, min, max };

class Source {
  public:
    explicit Source(const Entry* entry) : entry_(entry) {}

    double weight = 1;

    std::size_t size() const {
        if (entry_ == nullptr) return 0;
        return is_set() ? set().size() : sorted_set().size();
    }
    std::optional<double> score(std::string_view member) const {
        if (entry_ == nullptr) return std::nullopt;
        if (!is_set()) return sorted_set().score(member);
        return set().contains(member) ? std::optional(1.0) : std::nullopt;
    }
    // visit(member, score); false stops where that is cheap.
    template <class Visit>
    void for_each(Visit visit) const {
        if (entry_ == nullptr) return;
        IntegerText room;
        if (is_set())
            set().for_each([&](const PackedValue& member) { visit(member.text(room), 1.0); });
        else
            sorted_set().for_each(sorted_set().all(), [&](const PackedValue& member, double score) {
                return visit(member.text(room), score);
            });
    }

  private:
    bool is_set() const { return entry_->type() == Type::kSet; }
    const Set& set() const { return entry_->object<Set>(); }
    const SortedSet& sorted_set() const { return entry_->object<SortedSet>(); }

    const Entry* entry_;
};

struct Task {
    Operation operation = Operation::unite;
    bool stores = false;
    bool counts = false;  // ZINTERCARD
    std::vector<Source> sources;
    Aggregate aggregate = Aggregate::sum;
    bool with_scores = false;
    std::size_t limit = 0;  // of a count; 0: none
};

double weighed(double weight, double score) {
    const double product = weight * score;
    return std::isnan(product) ? 0 : product;
}

double aggregated(Aggregate how, double a, double b) {
    if (how == Aggregate::min) return b < a ? b : a;
    if (how == Aggregate::max) return b > a ? b : a;
    const double sum = a + b;
    return std::isnan(sum) ? 0 : sum;
}

SortedSet unite(const Task& task, const Limits& limits) {
    SortedSet result;
    for (const Source& source : task.sources) {
        source.for_each([&](std::string_view member, double score) {
            score = weighed(source.weight, score);
            const auto before = result.score(member);
            if (before) score = aggregated(task.aggregate, *before, score);
            result.set(member, score, limits);
            return true;
        });
    }
    return result;
}

// The score that a member of the first source has in the intersection; nullopt: it is not there.
std::optional<double> score_in_all(const Task& task, std::string_view member, double score) {
    score = weighed(task.sources[0].weight, score);
    for (std::size_t i = 1; i < task.sources.size(); ++i) {
        const Source& source = task.sources[i];
        const auto other = source.score(member);
        if (!other) return std::nullopt;
        score = aggregated(task.aggregate, score, *other * source.weight);
    }
    return score;
}

SortedSet intersect(const Task& task, const Limits& limits) {
    SortedSet result;
    task.sources[0].for_each([&](std::string_view member, double score) {
        if (const auto common = score_in_all(task, member, score)) {
            result.set(member, *common, limits);
        }
        return true;
    });
    return result;
}

std::size_t count_common(const Task& task) {
    std::size_t count = 0;
    task.sources[0].for_each([&](std::string_view member, double score) {
        if (task.limit > 0 && count == task.limit) return false;
        if (score_in_all(task, member, score)) ++count;
        return true;
    });
    return count;
}

SortedSet subtract(const Task& task, const Limits& limits) {
    SortedSet result;
    task.sources[0].for_each([&](std::string_view member, double score) {
        const bool elsewhere =
            std::any_of(task.sources.begin() + 1, task.sources.end(),
                        [&](const Source& source) { return source.score(member).has_value(); });
        if (!elsewhere) result.set(member, score, limits);
        return true;
    });
    return result;
}

// numkeys and the keys, from word `at`; false: the error has been written.
bool parse_sources(Call& call, std::size_t at, Task& task) {
    const auto count = call.integer(call.words[at]);
    if (!count) return false;
    if (*count < 1) {
        call.error("ERR at least 1 input key is needed for '" + call.command.full_name +
                   "' command");
        return false;
    }
    const Words rest = call.words.subspan(at + 1);
    if (static_cast<std::uint64_t>(*count) > rest.size()) {
        call.error(kSyntaxError);
        return false;
    }
    for (const std::string_view key : rest.first(static_cast<std::size_t>(*count))) {
        const Entry* entry = call.find_to_read(key);
        if (entry != nullptr && entry->type() != Type::kSet &&
            !check_type(call, entry, Type::kSortedSet)) {
            return false;
        }
        task.sources.emplace_back(entry);
    }
    return true;
}

bool parse_weights(Call& call, Words words, Task& task) {
    for (std::size_t i = 0; i < task.sources.size(); ++i) {
        const auto weight = call.real(words[i], "ERR weight value is not a float");
        if (!weight) return false;
        task.sources[i].weight = *weight;
    }
    return true;
}

bool parse_aggregate(Call& call, std::string_view word, Task& task) {
    if (is_word(word, "SUM")) return task.aggregate = Aggregate::sum, true;
    if (is_word(word, "MIN")) return task.aggregate = Aggregate::min, true;
    if (is_word(word, "MAX")) return task.aggregate = Aggregate::max, true;
    call.error(kSyntaxError);
    return false;
}

bool parse_limit(Call& call, std::string_view word, Task& task) {
    const auto limit = count_of(call, word, "ERR LIMIT can't be negative");
    if (limit) task.limit = static_cast<std::size_t>(*limit);
    return limit.has_value();
}

// What follows the keys; false: the error has been written.
bool parse_options(Call& call, Words words, Task& task) {
    const bool combines = task.operation != Operation::subtract && !task.counts;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::size_t left = words.size() - i - 1;
        if (combines && left >= task.sources.size() && is_word(words[i], "WEIGHTS")) {
            if (!parse_weights(call, words.subspan(i + 1), task)) return false;
            i += task.sources.size();
        } else if (combines && left >= 1 && is_word(words[i], "AGGREGATE")) {
            if (!parse_aggregate(call, words[++i], task)) return false;
        } else if (!task.stores && !task.counts && is_word(words[i], "WITHSCORES")) {
            task.with_scores = true;
        } else if (task.counts && left >= 1 && is_word(words[i], "LIMIT")) {
            if (!parse_limit(call, words[++i], task)) return false;
        } else {
            call.error(kSyntaxError);
            return false;
        }
    }
    return true;
}

SortedSet result_of(const Task& task, const Limits& limits) {
    if (task.operation == Operation::unite) return unite(task, limits);
    return task.operation == Operation::intersect ? intersect(task, limits)
                                                  : subtract(task, limits);
}

// numkeys and what follows from word `at`.
void combine(Call& call, std::size_t at, Task task) {
    if (!parse_sources(call, at, task)) return;
    if (!parse_options(call, call.words.subspan(at + 1 + task.sources.size()), task)) return;
    if (task.operation != Operation::subtract) {
        std::stable_sort(task.sources.begin(), task.sources.end(),
                         [](const Source& a, const Source& b) { return a.size() < b.size(); });
    }
    if (task.counts) return call.reply.integer(static_cast<std::int64_t>(count_common(task)));
    SortedSet result = result_of(task, call.settings().limits);
    if (task.stores) {
        return store_result(call, call.words[1], std::move(result), call.command.full_name);
    }
    reply_array_of_scored(call, result.size(), task.with_scores);
    result.for_each(result.all(), [&](const PackedValue& member, double score) {
        reply_scored(call, member, score, task.with_scores);
    });
}

Task task_of(Operation operation, bool stores, bool counts = false) {
    Task task;
    task.operation = operation;
    task.stores = stores;
    task.counts = counts;
    return task;
}

}  // namespace

void zunion(Call& call) {
    combine(call, 1, task_of(Operation::unite, false));
}
void zinter(Call& call) {
    combine(call, 1, task_of(Operation::intersect, false));
}
void zdiff(Call& call) {
    combine(call, 1, task_of(Operation::subtract, false));
}
void zunionstore(Call& call) {
    combine(call, 2, task_of(Operation::unite, true));
}
void zinterstore(Call& call) {
    combine(call, 2, task_of(Operation::intersect, true));
}
void zdiffstore(Call& call) {
    combine(call, 2, task_of(Operation::subtract, true));
}
void zintercard(Call& call) {
    combine(call, 1, task_of(Operation::intersect, false, true));
}

}  // namespace assay::redis::commands
