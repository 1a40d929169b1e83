// Of hashes: commands that do two things to fields at once. Read and set the deadline (HGETEX), set
// with a deadline (HSETEX), read and erase (HGETDEL).
#include <algorithm>
#include <limits>
#include <string>

#include "internal/redis/commands/arguments.hpp"
#include "internal/redis/commands/hash_access.hpp"
#include "internal/redis/commands/hash_deadlines.hpp"

namespace assay::redis::commands {
namespace {

void write_field(Call& call, const Held<Hash>& hash, std::string_view field) {
    const auto value = hash ? hash->get(field) : std::nullopt;
    if (!value) return call.reply.null();
    write_bulk(call.reply, *value);
}

struct SetOptions {
    enum class Condition : std::uint8_t { always, if_all_there, if_none_there };
    Condition condition = Condition::always;
    bool keep_deadline = false;
    std::optional<std::int64_t> deadline;
    Words pairs;
};

// "FIELDS numfields field value…" at words[at]; empty: the error has been written.
std::optional<Words> listed_pairs(Call& call, std::size_t at) {
    if (at + 3 >= call.words.size()) {
        call.wrong_arity();
        return std::nullopt;
    }
    constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
    const auto count =
        integer_between(call, call.words[at + 1], 1, kMost, "ERR invalid number of fields");
    if (!count) return std::nullopt;
    const Words pairs = call.words.subspan(at + 2);
    if (pairs.size() == 2 * static_cast<std::size_t>(*count)) return pairs;
    call.wrong_arity();
    return std::nullopt;
}

// Reads the option at words[at]; how many words it has, 0: the error has been written.
std::size_t parse_option(Call& call, std::size_t at, SetOptions& options) {
    const auto refuse = [&](std::string_view error) -> std::size_t {
        call.error(error);
        return 0;
    };
    using Condition = SetOptions::Condition;
    const std::string_view word = call.words[at];
    const bool if_there = is_word(word, "FXX");
    if (if_there || is_word(word, "FNX")) {
        if (options.condition != Condition::always) {
            return refuse("ERR Only one of FXX or FNX arguments can be specified");
        }
        options.condition = if_there ? Condition::if_all_there : Condition::if_none_there;
        return 1;
    }
    const ExpiryWord* const known = find_expiry_word(word);
    const bool keeps = is_word(word, "KEEPTTL");
    if (known == nullptr && !keeps) {
        return refuse("ERR unknown argument: " + std::string(word));
    }
    if (options.deadline || options.keep_deadline) {
        return refuse("ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified");
    }
    options.keep_deadline = keeps;
    if (keeps) return 1;
    if (at + 1 == call.words.size()) return refuse("ERR missing expire time");
    options.deadline = field_deadline(call, call.words[at + 1], known->unit, known->origin);
    return options.deadline ? 2 : 0;
}

std::optional<SetOptions> parse_options(Call& call) {
    SetOptions options;
    for (std::size_t at = 2; at < call.words.size();) {
        if (is_word(call.words[at], "FIELDS")) {
            const auto pairs = listed_pairs(call, at);
            if (!pairs) return std::nullopt;
            options.pairs = *pairs;
            return options;
        }
        const std::size_t taken = parse_option(call, at, options);
        if (taken == 0) return std::nullopt;
        at += taken;
    }
    call.wrong_arity();
    return std::nullopt;
}

bool is_permitted(const Held<Hash>& hash, const SetOptions& options) {
    using Condition = SetOptions::Condition;
    if (options.condition == Condition::always) return true;
    const bool wanted = options.condition == Condition::if_all_there;
    for (std::size_t i = 0; i < options.pairs.size(); i += 2) {
        if ((hash && hash->contains(options.pairs[i])) != wanted) return false;
    }
    return true;
}

// What has become of the deadlines: no_field when none was to be set.
DeadlineSet set_pairs(Call& call, Hash& hash, const SetOptions& options) {
    const Limits& limits = call.settings().limits;
    const bool keeps = options.keep_deadline || options.deadline;
    std::size_t longest = 0;
    for (const std::string_view word : options.pairs) longest = std::max(longest, word.size());
    hash.expect(options.pairs.size() / 2, longest, limits);
    DeadlineSet end = DeadlineSet::no_field;
    for (std::size_t i = 0; i < options.pairs.size(); i += 2) {
        hash.set(options.pairs[i], options.pairs[i + 1], limits,
                 keeps ? Hash::Deadline::kKeep : Hash::Deadline::kDrop);
        if (!options.deadline) continue;
        end = set_deadline(call, hash, options.pairs[i], *options.deadline);
    }
    return end;
}

// The deadline that HGETEX sets, if it sets one, and where its fields are listed.
struct ReadOptions {
    bool persist = false;
    std::optional<std::int64_t> deadline;
    std::size_t fields_at = 2;
};

std::optional<ReadOptions> parse_read_options(Call& call) {
    ReadOptions options;
    if (is_word(call.words[2], "PERSIST")) {
        options.persist = true;
        options.fields_at = 3;
    } else if (const ExpiryWord* known = find_expiry_word(call.words[2])) {
        options.deadline = field_deadline(call, call.words[3], known->unit, known->origin);
        if (!options.deadline) return std::nullopt;
        options.fields_at = 4;
    }
    return options;
}

}  // namespace

void hsetex(Call& call) {
    const auto options = parse_options(call);
    if (!options) return;
    const std::string_view key = call.words[1];
    const auto former = find_hash(call, key, For::writing);
    if (former.wrong) return;
    if (!is_permitted(former, *options)) return call.reply.integer(0);
    const auto hash = find_or_make_hash(call, key);
    const DeadlineSet end = set_pairs(call, *hash, *options);
    call.reply.integer(1);
    call.changed(key, kHashEvents, "hset");
    if (end != DeadlineSet::no_field) {
        call.notify(kHashEvents, end == DeadlineSet::erased ? "hdel" : "hexpire", key);
    }
    erase_if_empty(call, key, hash);
}

void hgetex(Call& call) {
    const std::string_view key = call.words[1];
    const auto hash = find_hash(call, key, For::writing);
    if (hash.wrong) return;
    const auto options = parse_read_options(call);
    const auto fields = options ? listed_fields(call, options->fields_at) : std::nullopt;
    if (!fields) return;
    call.reply.array(fields->size());
    bool any_set = false;
    bool any_erased = false;
    for (const std::string_view field : *fields) {
        write_field(call, hash, field);
        if (!hash || !hash->contains(field)) continue;
        if (options->persist) any_set = hash->persist(field) || any_set;
        if (!options->deadline) continue;
        const DeadlineSet end = set_deadline(call, *hash, field, *options->deadline);
        any_set = any_set || end == DeadlineSet::done;
        any_erased = any_erased || end == DeadlineSet::erased;
    }
    if (!any_set && !any_erased) return;
    call.changed(key, kHashEvents,
                 any_erased ? "hdel" : (options->persist ? "hpersist" : "hexpire"));
    erase_if_empty(call, key, hash);
}

void hgetdel(Call& call) {
    const std::string_view key = call.words[1];
    const auto hash = find_hash(call, key, For::writing);
    if (hash.wrong) return;
    const auto fields = listed_fields(call, 2);
    if (!fields) return;
    call.reply.array(fields->size());
    bool any = false;
    for (const std::string_view field : *fields) {
        write_field(call, hash, field);
        any = (hash && hash->erase(field)) || any;
    }
    if (!any) return;
    call.changed(key, kHashEvents, "hdel");
    erase_if_empty(call, key, hash);
}

}  // namespace assay::redis::commands
