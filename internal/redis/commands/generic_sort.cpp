// SORT and SORT_RO.
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "internal/redis/commands/generic.hpp"
#include "internal/redis/commands/values.hpp"
#include "internal/redis/engine/engine.hpp"
#include "internal/redis/types/hash.hpp"
#include "internal/redis/types/list.hpp"
#include "internal/redis/types/set.hpp"
#include "internal/redis/types/sorted_set.hpp"

namespace assay::redis::commands {
namespace {

using Text = std::optional<std::string>;

struct SortOptions {
    bool descending = false;
    bool alphabetical = false;
    bool sorts = true;
    std::int64_t offset = 0;
    std::int64_t count = -1;
    std::optional<std::string_view> by;
    std::vector<std::string_view> get;
    std::optional<std::string_view> store;
};

struct Element {
    std::string text;
    Text weight;  // what it is compared by, where that is not the text itself
    double score = 0;
};

std::string text_of(const PackedValue& value) {
    IntegerText room;
    return std::string(value.text(room));
}

// One option at `i`, which it moves to the option's last word; false: the error is written.
bool parse_option(Call& call, std::size_t& i, bool may_store, SortOptions& options) {
    const Words words = call.words;
    const std::size_t left = words.size() - 1 - i;
    if (is_word(words[i], "ASC")) {
        options.descending = false;
    } else if (is_word(words[i], "DESC")) {
        options.descending = true;
    } else if (is_word(words[i], "ALPHA")) {
        options.alphabetical = true;
    } else if (is_word(words[i], "LIMIT") && left >= 2) {
        const auto offset = call.integer(words[i + 1]);
        if (!offset) return false;
        const auto count = call.integer(words[i + 2]);
        if (!count) return false;
        options.offset = *offset;
        options.count = *count;
        i += 2;
    } else if (may_store && is_word(words[i], "STORE") && left >= 1) {
        options.store = words[++i];
    } else if (is_word(words[i], "BY") && left >= 1) {
        options.by = words[++i];
        if (options.by->find('*') == std::string_view::npos) options.sorts = false;
    } else if (is_word(words[i], "GET") && left >= 1) {
        options.get.push_back(words[++i]);
    } else {
        call.error(kSyntaxError);
        return false;
    }
    return true;
}

// What the pattern names for an element: a key's text or, with "->field", a hash's field.
Text look_up(Call& call, std::string_view pattern, const std::string& element) {
    if (pattern == "#") return element;
    const std::size_t star = pattern.find('*');
    if (star == std::string_view::npos) return std::nullopt;
    std::string_view field;
    std::string_view rest = pattern.substr(star + 1);
    const std::size_t arrow = rest.find("->");
    if (arrow != std::string_view::npos && arrow + 2 < rest.size()) {
        field = rest.substr(arrow + 2);
        rest = rest.substr(0, arrow);
    }
    const std::string key = std::string(pattern.substr(0, star)) + element + std::string(rest);
    const Entry* entry = call.find_to_read(key);
    if (entry == nullptr) return std::nullopt;
    if (field.empty()) {
        if (entry->type() != Type::kString) return std::nullopt;
        IntegerText room;
        return std::string(entry->text(room));
    }
    if (entry->type() != Type::kHash) return std::nullopt;
    const auto value = entry->object<Hash>().get(field);
    return value ? Text(text_of(*value)) : std::nullopt;
}

std::vector<Element> elements_of(const Entry* entry, const SortOptions& options) {
    std::vector<Element> elements;
    if (entry == nullptr) return elements;
    const auto add = [&](const PackedValue& value) {
        elements.push_back({text_of(value), std::nullopt, 0});
    };
    if (entry->type() == Type::kList) {
        const auto& list = entry->object<List>();
        if (!options.sorts && options.descending)
            list.for_each_backward(list.size() - 1, list.size(), add);
        else
            list.for_each(add);
    } else if (entry->type() == Type::kSet) {
        entry->object<Set>().for_each(add);
    } else {
        const auto& set = entry->object<SortedSet>();
        const auto add_scored = [&](const PackedValue& value, double) { add(value); };
        if (!options.sorts && options.descending)
            set.for_each_reversed(set.all(), add_scored);
        else
            set.for_each(set.all(), add_scored);
    }
    return elements;
}

bool parse_score(const std::string& text, double& score) {
    char* end = nullptr;
    errno = 0;
    score = std::strtod(text.c_str(), &end);
    return *end == '\0' && errno != ERANGE && !std::isnan(score);
}

// Gives elements what they are compared by; false: one has no number.
bool weigh(Call& call, std::vector<Element>& elements, const SortOptions& options) {
    bool good = true;
    for (Element& element : elements) {
        if (options.by) element.weight = look_up(call, *options.by, element.text);
        if (options.alphabetical || (options.by && !element.weight)) continue;
        good &= parse_score(options.by ? *element.weight : element.text, element.score);
    }
    return good;
}

void sort_elements(std::vector<Element>& elements, const SortOptions& options) {
    const auto compare = [&](const Element& a, const Element& b) {
        if (options.alphabetical && options.by) {
            if (!a.weight || !b.weight) return (a.weight ? 1 : 0) - (b.weight ? 1 : 0);
            return a.weight->compare(*b.weight);
        }
        if (!options.alphabetical && a.score != b.score) return a.score < b.score ? -1 : 1;
        return a.text.compare(b.text);
    };
    std::stable_sort(elements.begin(), elements.end(), [&](const Element& a, const Element& b) {
        return options.descending ? compare(b, a) < 0 : compare(a, b) < 0;
    });
}

std::span<const Element> limited(const std::vector<Element>& elements, const SortOptions& options) {
    const auto size = static_cast<std::int64_t>(elements.size());
    const std::int64_t start = std::clamp<std::int64_t>(options.offset, 0, size);
    const std::int64_t most = options.count < 0 ? size : options.count;
    const std::int64_t count = std::min(size - start, most);
    return std::span(elements).subspan(static_cast<std::size_t>(start),
                                       static_cast<std::size_t>(count));
}

std::vector<Text> output_of(Call& call, std::span<const Element> elements,
                            const SortOptions& options) {
    std::vector<Text> output;
    for (const Element& element : elements) {
        if (options.get.empty()) output.emplace_back(element.text);
        for (const std::string_view pattern : options.get) {
            output.push_back(look_up(call, pattern, element.text));
        }
    }
    return output;
}

void store(Call& call, std::string_view key, const std::vector<Text>& output) {
    if (output.empty()) {
        if (Entry* former = call.database().peek(key)) {
            call.database().erase(former);
            call.changed(key, kGenericEvents, "del");
            call.feed(key);
        }
        return call.reply.integer(0);
    }
    List list;
    for (const Text& text : output) {
        list.push_back(std::string_view(text ? *text : std::string_view()), call.settings().limits);
    }
    call.database().set(key, NewValue::object(Type::kList, std::move(list)));
    call.changed(key, kListEvents, "sortstore");
    call.feed(key);
    call.reply.integer(static_cast<std::int64_t>(output.size()));
}

void reply_output(Call& call, const std::vector<Text>& output) {
    call.reply.array(output.size());
    for (const Text& text : output) {
        if (text)
            call.reply.bulk(*text);
        else
            call.reply.null();
    }
}

void sort_key(Call& call, bool may_store) {
    SortOptions options;
    for (std::size_t i = 2; i < call.words.size(); ++i) {
        if (!parse_option(call, i, may_store, options)) return;
    }
    const Entry* entry = call.find_to_read(call.words[1]);
    if (entry != nullptr && entry->type() != Type::kList && entry->type() != Type::kSet &&
        entry->type() != Type::kSortedSet) {
        return call.error(kWrongType);
    }
    if (entry != nullptr && entry->type() == Type::kSet && !options.sorts && options.store) {
        // What is stored must not depend on how a set lies in memory.
        options.sorts = true;
        options.alphabetical = true;
        options.by.reset();
    }
    std::vector<Element> elements = elements_of(entry, options);
    if (options.sorts) {
        if (!weigh(call, elements, options)) {
            return call.error("ERR One or more scores can't be converted into double");
        }
        sort_elements(elements, options);
    }
    const std::vector<Text> output = output_of(call, limited(elements, options), options);
    if (options.store) return store(call, *options.store, output);
    reply_output(call, output);
}

}  // namespace

void sort(Call& call) {
    sort_key(call, true);
}
void sort_ro(Call& call) {
    sort_key(call, false);
}

}  // namespace assay::redis::commands
