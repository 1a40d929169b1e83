#include "internal/redis/commands/collection_scan.hpp"

#include <charconv>
#include <string>
#include <system_error>
#include <vector>

#include "internal/redis/commands/arguments.hpp"
#include "internal/redis/commands/values.hpp"
#include "internal/redis/text/glob.hpp"

namespace assay::redis::commands {
namespace {

struct ScanOptions {
    std::int64_t count = 10;
    std::optional<std::string_view> pattern;
};

std::optional<ScanOptions> parse_scan_options(Call& call) {
    ScanOptions options;
    const Words words = call.words;
    for (std::size_t i = 3; i < words.size(); i += 2) {
        const bool has_value = i + 1 < words.size();
        if (has_value && is_word(words[i], "COUNT")) {
            const auto count = call.integer(words[i + 1]);
            if (!count) return std::nullopt;
            options.count = *count;
        } else if (has_value && is_word(words[i], "MATCH")) {
            options.pattern = words[i + 1];
        } else {
            options.count = 0;
        }
        if (options.count < 1) {
            call.error(kSyntaxError);
            return std::nullopt;
        }
    }
    return options;
}

}  // namespace

std::optional<std::uint64_t> scan_cursor(Call& call) {
    const std::string_view word = call.words[2];
    std::uint64_t cursor = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), cursor);
    if (error == std::errc() && end == word.data() + word.size()) return cursor;
    call.error("ERR invalid cursor");
    return std::nullopt;
}

void write_empty_scan(Call& call) {
    call.reply.array(2);
    call.reply.bulk("0");
    call.reply.array(0);
}

void scan_collection(Call& call, std::uint64_t cursor, const ScanStep& step) {
    const auto options = parse_scan_options(call);
    if (!options) return;
    std::vector<PackedValue> elements;
    std::int64_t seen = 0;
    const ScanVisit visit = [&](PackedValue element, const PackedValue* value) {
        ++seen;
        IntegerText room;
        if (options->pattern && !matches_glob(*options->pattern, element.text(room))) return;
        elements.push_back(element);
        if (value != nullptr) elements.push_back(*value);
    };
    // Empty buckets count, too, so that a step ends in a table that has lost most of its elements.
    const std::int64_t most_steps =
        options->count > kMaxCount / 10 ? kMaxCount : options->count * 10;
    std::int64_t steps = 0;
    do {
        cursor = step(cursor, visit);
    } while (cursor != 0 && seen < options->count && ++steps < most_steps);
    call.reply.array(2);
    call.reply.bulk(std::to_string(cursor));
    call.reply.array(elements.size());
    for (const PackedValue element : elements) write_bulk(call.reply, element);
}

}  // namespace assay::redis::commands
