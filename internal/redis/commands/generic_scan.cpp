// SCAN.
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "internal/redis/commands/generic.hpp"
#include "internal/redis/commands/values.hpp"
#include "internal/redis/engine/engine.hpp"
#include "internal/redis/text/glob.hpp"

namespace assay::redis::commands {
namespace {

struct ScanOptions {
    std::optional<std::string_view> pattern;
    std::optional<std::string_view> type;
    std::size_t count = 10;

    bool takes(const Entry& entry) const {
        if (type) {
            if (!is_word(*type, name_in_capitals(to_string(entry.type())))) return false;
        }
        return !pattern || matches_glob(*pattern, entry.key());
    }
};

// A cursor as strtoul(3) reads it, but without blanks before it; empty: the error has been written.
std::optional<std::uint64_t> parse_cursor(Call& call) {
    const std::string text(call.words[1]);
    char* end = nullptr;
    errno = 0;
    const std::uint64_t cursor = std::strtoull(text.c_str(), &end, 10);
    const bool blank = std::isspace(static_cast<unsigned char>(text.c_str()[0])) != 0;
    if (blank || *end != '\0' || errno == ERANGE) {
        call.error("ERR invalid cursor");
        return std::nullopt;
    }
    return cursor;
}

std::optional<ScanOptions> parse_options(Call& call) {
    ScanOptions options;
    for (std::size_t i = 2; i < call.words.size(); i += 2) {
        const bool has_value = i + 1 < call.words.size();
        if (has_value && is_word(call.words[i], "COUNT")) {
            const auto count = call.integer(call.words[i + 1]);
            if (!count) return std::nullopt;
            if (*count < 1) {
                call.error(kSyntaxError);
                return std::nullopt;
            }
            options.count = static_cast<std::size_t>(*count);
        } else if (has_value && is_word(call.words[i], "MATCH")) {
            options.pattern = call.words[i + 1];
        } else if (has_value && is_word(call.words[i], "TYPE")) {
            options.type = call.words[i + 1];
        } else {
            call.error(kSyntaxError);
            return std::nullopt;
        }
    }
    return options;
}

}  // namespace

void scan(Call& call) {
    auto cursor = parse_cursor(call);
    if (!cursor) return;
    const auto options = parse_options(call);
    if (!options) return;
    std::vector<std::string> found;
    std::size_t seen = 0;
    constexpr std::size_t kMax = std::numeric_limits<std::size_t>::max();
    std::size_t steps = options->count > kMax / 10 ? kMax : options->count * 10;
    do {
        *cursor = call.database().scan(*cursor, [&](const Entry& entry) {
            ++seen;
            if (options->takes(entry)) found.emplace_back(entry.key());
        });
    } while (*cursor != 0 && steps-- > 0 && seen < options->count);
    call.reply.array(2);
    call.reply.bulk(std::to_string(*cursor));
    call.reply.array(found.size());
    for (const std::string& key : found) call.reply.bulk(key);
}

}  // namespace assay::redis::commands
