// Of hashes: when fields end.
#include "internal/redis/commands/hash_deadlines.hpp"

#include "internal/redis/commands/arguments.hpp"
#include "internal/redis/commands/hash_access.hpp"

namespace assay::redis::commands {
namespace {

DeadlineRule rule_of(std::string_view word) {
    if (is_word(word, "NX")) return DeadlineRule::if_none;
    if (is_word(word, "XX")) return DeadlineRule::if_any;
    if (is_word(word, "GT")) return DeadlineRule::if_later;
    if (is_word(word, "LT")) return DeadlineRule::if_earlier;
    return DeadlineRule::always;
}

bool permits(DeadlineRule rule, std::optional<std::int64_t> former, std::int64_t next) {
    switch (rule) {
        case DeadlineRule::always:
            return true;
        case DeadlineRule::if_none:
            return !former;
        case DeadlineRule::if_any:
            return former.has_value();
        case DeadlineRule::if_later:
            return former && *former < next;
        case DeadlineRule::if_earlier:
            return !former || *former > next;
    }
    return false;
}

void expire_fields(Call& call, ExpiryUnit unit, ExpiryOrigin origin) {
    const std::string_view key = call.words[1];
    const auto hash = find_hash(call, key, For::writing);
    if (hash.wrong) return;
    const auto deadline = field_deadline(call, call.words[2], unit, origin);
    if (!deadline) return;
    const DeadlineRule rule = rule_of(call.words[3]);
    const auto fields = listed_fields(call, rule == DeadlineRule::always ? 3 : 4,
                                      "ERR Parameter `numFields` should be greater than 0");
    if (!fields) return;
    call.reply.array(fields->size());
    bool any_set = false;
    bool any_erased = false;
    for (const std::string_view field : *fields) {
        const DeadlineSet end =
            hash ? set_deadline(call, *hash, field, *deadline, rule) : DeadlineSet::no_field;
        any_set = any_set || end == DeadlineSet::done;
        any_erased = any_erased || end == DeadlineSet::erased;
        call.reply.integer(static_cast<std::int64_t>(end));
    }
    if (!any_set && !any_erased) return;
    call.changed(key, kHashEvents, any_erased ? "hdel" : "hexpire");
    erase_if_empty(call, key, hash);
}

void write_deadlines(Call& call, ExpiryUnit unit, ExpiryOrigin origin) {
    const auto hash = find_hash(call, call.words[1], For::reading);
    if (hash.wrong) return;
    const auto fields = listed_fields(call, 2);
    if (!fields) return;
    const std::int64_t since = origin == ExpiryOrigin::now ? call.now_ms() : 0;
    call.reply.array(fields->size());
    for (const std::string_view field : *fields) {
        if (!hash || !hash->contains(field)) {
            call.reply.integer(-2);
        } else if (const auto deadline = hash->field_expiry(field)) {
            const std::int64_t left = *deadline - since;
            call.reply.integer(unit == ExpiryUnit::seconds ? (left + 999) / 1000 : left);
        } else {
            call.reply.integer(-1);
        }
    }
}

}  // namespace

std::optional<std::int64_t> field_deadline(Call& call, std::string_view word, ExpiryUnit unit,
                                           ExpiryOrigin origin) {
    const auto value = call.integer(word);
    if (!value) return std::nullopt;
    if (*value < 0) {
        call.error("ERR invalid expire time, must be >= 0");
        return std::nullopt;
    }
    const std::int64_t scale = unit == ExpiryUnit::seconds ? 1000 : 1;
    const std::int64_t since = origin == ExpiryOrigin::now ? call.now_ms() : 0;
    if (*value > kLastDeadline / scale || *value * scale > kLastDeadline - since) {
        call.error("ERR invalid expire time in '" + call.command.full_name + "' command");
        return std::nullopt;
    }
    return *value * scale + since;
}

std::optional<Words> listed_fields(Call& call, std::size_t at, std::string_view wrong_count) {
    const Words words = call.words;
    if (at + 1 >= words.size() || !is_word(words[at], "FIELDS")) {
        call.error("ERR Mandatory argument FIELDS is missing or not at the right position");
        return std::nullopt;
    }
    const auto count = integer_between(call, words[at + 1], 1, kMaxCount, wrong_count);
    if (!count) return std::nullopt;
    const Words fields = words.subspan(at + 2);
    if (static_cast<std::size_t>(*count) == fields.size()) return fields;
    call.error("ERR The `numfields` parameter must match the number of arguments");
    return std::nullopt;
}

DeadlineSet set_deadline(Call& call, Hash& hash, std::string_view field, std::int64_t at_ms,
                         DeadlineRule rule) {
    if (hash.empty() || !hash.contains(field)) return DeadlineSet::no_field;
    if (!permits(rule, hash.field_expiry(field), at_ms)) return DeadlineSet::refused;
    if (at_ms <= call.now_ms()) {
        hash.erase(field);
        return DeadlineSet::erased;
    }
    hash.set_field_expiry(field, at_ms);
    return DeadlineSet::done;
}

void hexpire(Call& call) {
    expire_fields(call, ExpiryUnit::seconds, ExpiryOrigin::now);
}
void hpexpire(Call& call) {
    expire_fields(call, ExpiryUnit::milliseconds, ExpiryOrigin::now);
}
void hexpireat(Call& call) {
    expire_fields(call, ExpiryUnit::seconds, ExpiryOrigin::epoch);
}
void hpexpireat(Call& call) {
    expire_fields(call, ExpiryUnit::milliseconds, ExpiryOrigin::epoch);
}
void httl(Call& call) {
    write_deadlines(call, ExpiryUnit::seconds, ExpiryOrigin::now);
}
void hpttl(Call& call) {
    write_deadlines(call, ExpiryUnit::milliseconds, ExpiryOrigin::now);
}
void hexpiretime(Call& call) {
    write_deadlines(call, ExpiryUnit::seconds, ExpiryOrigin::epoch);
}
void hpexpiretime(Call& call) {
    write_deadlines(call, ExpiryUnit::milliseconds, ExpiryOrigin::epoch);
}

void hpersist(Call& call) {
    const auto hash = find_hash(call, call.words[1], For::writing);
    if (hash.wrong) return;
    const auto fields = listed_fields(call, 2);
    if (!fields) return;
    call.reply.array(fields->size());
    bool any = false;
    for (const std::string_view field : *fields) {
        const bool there = hash && hash->contains(field);
        const bool had_one = there && hash->persist(field);
        any = any || had_one;
        call.reply.integer(!there ? -2 : had_one ? 1 : -1);
    }
    if (any) call.changed(call.words[1], kHashEvents, "hpersist");
}

}  // namespace assay::redis::commands
