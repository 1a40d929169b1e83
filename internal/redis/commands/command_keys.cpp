#include "internal/redis/commands/command_keys.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "internal/redis/commands/values.hpp"
#include "pkg/resp/numbers.hpp"

namespace assay::redis::commands {
namespace {

// Where a spec's keys begin; empty: nowhere, the keyword is not there.
std::optional<std::int64_t> begin_of(const KeyStart& start, Words words) {
    const auto size = static_cast<std::int64_t>(words.size());
    if (start.kind == KeyStart::Kind::index) return start.index;
    if (start.kind == KeyStart::Kind::unknown) return std::nullopt;
    const int step = start.index > 0 ? 1 : -1;
    std::int64_t at = start.index > 0 ? start.index : size + start.index;
    for (; at >= 1 && at < size; at += step) {
        if (is_word(words[static_cast<std::size_t>(at)], start.keyword)) return at + 1;
    }
    return std::nullopt;
}

struct Stretch {
    std::int64_t first = 0;
    std::int64_t last = -1;
    std::int64_t step = 1;
};

std::optional<Stretch> stretch_of(const KeyRange& keys, std::int64_t first, Words words) {
    const auto size = static_cast<std::int64_t>(words.size());
    if (keys.kind == KeyRange::Kind::range) {
        std::int64_t last = first + keys.last;
        if (keys.last < 0) {
            last = keys.limit <= 1 ? size + keys.last
                                   : first + (size - first) / keys.limit + keys.last;
        }
        return Stretch{first, last, keys.step};
    }
    const std::int64_t count_at = first + keys.count_at;
    if (count_at >= size) return std::nullopt;
    const auto count = resp::parse_int64(words[static_cast<std::size_t>(count_at)]);
    if (!count || *count < 0 || *count > size) return std::nullopt;
    first += keys.first_at;
    return Stretch{first, first + (*count - 1) * keys.step, keys.step};
}

// SORT's destination, the last STORE counts.
void add_sort_store(Words words, std::vector<KeyAt>& keys) {
    std::optional<std::size_t> destination;
    for (std::size_t i = 2; i < words.size(); ++i) {
        if (is_word(words[i], "LIMIT")) {
            i += 2;
        } else if (is_word(words[i], "GET") || is_word(words[i], "BY")) {
            ++i;
        } else if (is_word(words[i], "STORE") && i + 1 < words.size()) {
            destination = ++i;
        }
    }
    if (destination) keys.push_back({*destination, kKeyOverwrite | kUpdate});
}

// SET reads the former value only with GET.
void narrow_set(Words words, std::vector<KeyAt>& keys) {
    const bool gets = std::any_of(words.begin() + 3, words.end(),
                                  [](std::string_view word) { return is_word(word, "GET"); });
    keys[0].use = gets ? kKeyReadWrite | kAccess | kUpdate : kKeyOverwrite | kUpdate;
}

}  // namespace

std::optional<std::vector<KeyAt>> keys_of(const Command& command, Words words) {
    std::vector<KeyAt> found;
    for (const KeySpec& spec : command.keys.all()) {
        if ((spec.use & kNotKey) != 0 || spec.keys.kind == KeyRange::Kind::unknown) continue;
        const auto begin = begin_of(spec.start, words);
        if (!begin) continue;
        const auto stretch = stretch_of(spec.keys, *begin, words);
        if (!stretch) return std::nullopt;
        for (std::int64_t at = stretch->first; at <= stretch->last; at += stretch->step) {
            if (at < 1 || at >= static_cast<std::int64_t>(words.size())) return std::nullopt;
            found.push_back({static_cast<std::size_t>(at), spec.use});
        }
    }
    if (command.name == "set" && words.size() >= 3) narrow_set(words, found);
    if (command.name == "sort") add_sort_store(words, found);
    return found;
}

KeyTriple key_triple(const Command& command) {
    const auto specs = command.keys.all();
    const auto is_plain = [](const KeySpec& spec) {
        return spec.start.kind == KeyStart::Kind::index && spec.keys.kind == KeyRange::Kind::range;
    };
    const auto end_of = [](const KeySpec& spec) {
        return spec.keys.last >= 0 ? spec.start.index + spec.keys.last : spec.keys.last;
    };
    if (specs.size() == 1 && is_plain(specs[0])) {
        return {specs[0].start.index, end_of(specs[0]), specs[0].keys.step};
    }
    KeyTriple triple;
    for (const KeySpec& spec : specs) {
        if (!is_plain(spec)) continue;
        if (spec.keys.step != 1) return {};
        if (triple.last != 0 && triple.last != spec.start.index - 1) return {};
        triple.first = triple.step == 0 ? spec.start.index : triple.first;
        triple.step = 1;
        triple.last = end_of(spec);
        if (triple.last < 0) break;
    }
    return triple;
}

}  // namespace assay::redis::commands
