// Strings as sequences of bytes: APPEND, GETRANGE, SETRANGE, STRLEN, LCS.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "internal/redis/commands/string.hpp"
#include "internal/redis/commands/values.hpp"
#include "internal/redis/engine/engine.hpp"

namespace assay::redis::commands {
namespace {

// LCS of longer texts would hold the server for seconds.
constexpr std::size_t kMostLcsCells = std::size_t{1} << 28U;

constexpr std::string_view kTooLong =
    "ERR string exceeds maximum allowed size (proto-max-bulk-len)";

bool fits(Call& call, std::size_t size, std::size_t more) {
    const auto most = static_cast<std::size_t>(call.settings().proto_max_bulk_len);
    if (size <= most && more <= most - size) return true;
    call.error(kTooLong);
    return false;
}

void write_at(Call& call, Entry* entry, std::size_t offset, std::string_view bytes) {
    const std::size_t size = std::max(entry->text_size(), offset + bytes.size());
    entry = call.database().edit_text(entry, size);
    std::memcpy(entry->editable_text().data() + offset, bytes.data(), bytes.size());
}

void reply_range(Call& call) {
    auto start = call.integer(call.words[2]);
    if (!start) return;
    auto end = call.integer(call.words[3]);
    if (!end) return;
    const Entry* entry = call.find_to_read(call.words[1]);
    if (!check_type(call, entry, Type::kString)) return;
    IntegerText room;
    const std::string_view text = entry == nullptr ? std::string_view() : entry->text(room);
    const auto size = static_cast<std::int64_t>(text.size());
    if (*start < 0 && *end < 0 && *start > *end) return call.reply.bulk("");
    *start = std::max<std::int64_t>(*start < 0 ? *start + size : *start, 0);
    *end = std::min(std::max<std::int64_t>(*end < 0 ? *end + size : *end, 0), size - 1);
    if (size == 0 || *start > *end) return call.reply.bulk("");
    call.reply.bulk(
        text.substr(static_cast<std::size_t>(*start), static_cast<std::size_t>(*end - *start + 1)));
}

struct LcsOptions {
    bool length = false;
    bool index = false;
    bool with_match_length = false;
    std::int64_t min_match_length = 0;
};

std::optional<LcsOptions> parse_lcs_options(Call& call) {
    LcsOptions options;
    for (std::size_t i = 3; i < call.words.size(); ++i) {
        if (is_word(call.words[i], "IDX")) {
            options.index = true;
        } else if (is_word(call.words[i], "LEN")) {
            options.length = true;
        } else if (is_word(call.words[i], "WITHMATCHLEN")) {
            options.with_match_length = true;
        } else if (is_word(call.words[i], "MINMATCHLEN") && i + 1 < call.words.size()) {
            const auto least = call.integer(call.words[++i]);
            if (!least) return std::nullopt;
            options.min_match_length = std::max<std::int64_t>(*least, 0);
        } else {
            call.error(kSyntaxError);
            return std::nullopt;
        }
    }
    if (options.index && options.length) {
        call.error("ERR If you want both the length and indexes, please just use IDX.");
        return std::nullopt;
    }
    return options;
}

// A stretch that both texts share, as inclusive ranges.
struct Match {
    std::size_t a_first, a_last, b_first, b_last;
    std::size_t length() const { return a_last - a_first + 1; }
};

struct Lcs {
    std::string text;
    std::vector<Match> matches;  // the last one first
};

// The classic table: cell (i, j) is the length for the first i and j bytes.
Lcs find_lcs(std::string_view a, std::string_view b) {
    const std::size_t width = b.size() + 1;
    std::vector<std::uint32_t> lengths((a.size() + 1) * width);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            lengths[i * width + j] = a[i - 1] == b[j - 1] ? lengths[(i - 1) * width + j - 1] + 1
                                                          : std::max(lengths[(i - 1) * width + j],
                                                                     lengths[i * width + j - 1]);
        }
    }
    Lcs lcs;
    std::size_t i = a.size();
    std::size_t j = b.size();
    while (i > 0 && j > 0) {
        if (a[i - 1] != b[j - 1]) {
            if (lengths[(i - 1) * width + j] > lengths[i * width + j - 1])
                --i;
            else
                --j;
            continue;
        }
        --i;
        --j;
        lcs.text += a[i];
        const bool adjoins = !lcs.matches.empty() && lcs.matches.back().a_first == i + 1 &&
                             lcs.matches.back().b_first == j + 1;
        if (!adjoins) lcs.matches.push_back({i, i, j, j});
        lcs.matches.back().a_first = i;
        lcs.matches.back().b_first = j;
    }
    std::reverse(lcs.text.begin(), lcs.text.end());
    return lcs;
}

void reply_range_of(Call& call, std::size_t first, std::size_t last) {
    call.reply.array(2);
    call.reply.integer(static_cast<std::int64_t>(first));
    call.reply.integer(static_cast<std::int64_t>(last));
}

void reply_matches(Call& call, const Lcs& lcs, const LcsOptions& options) {
    const auto least = static_cast<std::size_t>(options.min_match_length);
    const auto wanted = std::count_if(lcs.matches.begin(), lcs.matches.end(),
                                      [&](const Match& m) { return m.length() >= least; });
    call.reply.map(2);
    call.reply.bulk("matches");
    call.reply.array(static_cast<std::size_t>(wanted));
    for (const Match& match : lcs.matches) {
        if (match.length() < least) continue;
        call.reply.array(options.with_match_length ? 3 : 2);
        reply_range_of(call, match.a_first, match.a_last);
        reply_range_of(call, match.b_first, match.b_last);
        if (options.with_match_length) {
            call.reply.integer(static_cast<std::int64_t>(match.length()));
        }
    }
    call.reply.bulk("len");
    call.reply.integer(static_cast<std::int64_t>(lcs.text.size()));
}

}  // namespace

void append(Call& call) {
    const std::string_view key = call.words[1];
    const std::string_view more = call.words[2];
    Entry* entry = call.find_to_write(key);
    if (!check_type(call, entry, Type::kString)) return;
    const std::size_t before = entry == nullptr ? 0 : entry->text_size();
    if (!fits(call, before, more.size())) return;
    if (entry == nullptr)
        call.database().insert(key, NewValue::text(more));
    else
        write_at(call, entry, before, more);
    call.changed(key, kStringEvents, "append");
    call.reply.integer(static_cast<std::int64_t>(before + more.size()));
}

void setrange(Call& call) {
    const std::string_view key = call.words[1];
    const std::string_view bytes = call.words[3];
    const auto offset = call.integer(call.words[2]);
    if (!offset) return;
    if (*offset < 0) return call.error("ERR offset is out of range");
    Entry* entry = call.find_to_write(key);
    if (!check_type(call, entry, Type::kString)) return;
    if (bytes.empty()) {
        const std::size_t size = entry == nullptr ? 0 : entry->text_size();
        return call.reply.integer(static_cast<std::int64_t>(size));
    }
    const auto at = static_cast<std::size_t>(*offset);
    if (!fits(call, at, bytes.size())) return;
    if (entry == nullptr) entry = call.database().insert(key, NewValue::text(""));
    write_at(call, entry, at, bytes);
    call.changed(key, kStringEvents, "setrange");
    const Entry* written = call.database().peek(key);
    call.reply.integer(static_cast<std::int64_t>(written->text_size()));
}

void getrange(Call& call) {
    reply_range(call);
}
void substr(Call& call) {
    reply_range(call);
}

void strlen(Call& call) {
    const Entry* entry = call.find_to_read(call.words[1]);
    if (!check_type(call, entry, Type::kString)) return;
    const std::size_t size = entry == nullptr ? 0 : entry->text_size();
    call.reply.integer(static_cast<std::int64_t>(size));
}

void lcs(Call& call) {
    IntegerText rooms[2];
    std::string_view texts[2];
    for (std::size_t i = 0; i < 2; ++i) {
        const Entry* entry = call.find_to_read(call.words[i + 1]);
        if (entry != nullptr && entry->type() != Type::kString) {
            return call.error("ERR The specified keys must contain string values");
        }
        if (entry != nullptr) texts[i] = entry->text(rooms[i]);
    }
    const auto options = parse_lcs_options(call);
    if (!options) return;
    if (texts[0].size() + 1 > kMostLcsCells / (texts[1].size() + 1)) {
        return call.error(
            "ERR Insufficient memory, transient memory for LCS exceeds "
            "proto-max-bulk-len");
    }
    const Lcs lcs = find_lcs(texts[0], texts[1]);
    if (options->length) return call.reply.integer(static_cast<std::int64_t>(lcs.text.size()));
    if (options->index) return reply_matches(call, lcs, *options);
    call.reply.bulk(lcs.text);
}

}  // namespace assay::redis::commands
