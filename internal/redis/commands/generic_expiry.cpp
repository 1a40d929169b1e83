// The EXPIRE and TTL families.
#include <string>

#include "internal/redis/commands/generic.hpp"
#include "internal/redis/commands/values.hpp"
#include "internal/redis/engine/engine.hpp"

namespace assay::redis::commands {
namespace {

struct Conditions {
    bool without = false;  // NX
    bool with = false;     // XX
    bool later = false;    // GT
    bool sooner = false;   // LT

    bool allow(ExpiryTime now, std::int64_t wanted) const {
        if (without && now) return false;
        if (with && !now) return false;
        if (later && (!now || wanted <= *now)) return false;
        return !(sooner && now && wanted >= *now);
    }
};

// Empty: the error has been written.
std::optional<Conditions> parse_conditions(Call& call) {
    Conditions conditions;
    for (const std::string_view word : call.words.subspan(3)) {
        if (is_word(word, "NX")) {
            conditions.without = true;
        } else if (is_word(word, "XX")) {
            conditions.with = true;
        } else if (is_word(word, "GT")) {
            conditions.later = true;
        } else if (is_word(word, "LT")) {
            conditions.sooner = true;
        } else {
            call.error("ERR Unsupported option " + std::string(word));
            return std::nullopt;
        }
    }
    if (conditions.without && (conditions.with || conditions.later || conditions.sooner)) {
        call.error("ERR NX and XX, GT or LT options at the same time are not compatible");
        return std::nullopt;
    }
    if (conditions.later && conditions.sooner) {
        call.error("ERR GT and LT options at the same time are not compatible");
        return std::nullopt;
    }
    return conditions;
}

void set_expiry(Call& call, ExpiryUnit unit, ExpiryOrigin base) {
    const std::string_view key = call.words[1];
    const auto conditions = parse_conditions(call);
    if (!conditions) return;
    const auto time = expiry_time(call, call.words[2], unit, base, false);
    if (!time) return;
    Entry* entry = call.find_to_write(key);
    if (entry == nullptr || !conditions->allow(entry->expiry(), *time)) {
        return call.reply.integer(0);
    }
    if (*time <= call.now_ms()) {
        if (call.settings().lazyfree_lazy_expire)
            call.database().unlink(entry);
        else
            call.database().erase(entry);
        call.changed(key, kGenericEvents, "del");
        call.feed(key);
    } else {
        call.database().set_expiry(entry, *time);
        call.changed(key, kGenericEvents, "expire");
    }
    call.reply.integer(1);
}

enum class Shown : std::uint8_t { left, end };

void reply_expiry(Call& call, ExpiryUnit unit, Shown shown) {
    const Entry* entry = call.database().peek(call.words[1]);
    Totals& totals = call.engine.totals();
    ++(entry != nullptr ? totals.keyspace_hits : totals.keyspace_misses);
    if (entry == nullptr) {
        call.notify(kMissEvents, "keymiss", call.words[1]);
        return call.reply.integer(-2);
    }
    if (!entry->has_expiry()) return call.reply.integer(-1);
    std::int64_t time = *entry->expiry();
    if (shown == Shown::left) time = std::max<std::int64_t>(0, time - call.now_ms());
    // To the nearest second, without overflow.
    if (unit == ExpiryUnit::seconds) time = time / 1000 + (time % 1000 >= 500 ? 1 : 0);
    call.reply.integer(time);
}

}  // namespace

void expire(Call& call) {
    set_expiry(call, ExpiryUnit::seconds, ExpiryOrigin::now);
}
void pexpire(Call& call) {
    set_expiry(call, ExpiryUnit::milliseconds, ExpiryOrigin::now);
}
void expireat(Call& call) {
    set_expiry(call, ExpiryUnit::seconds, ExpiryOrigin::epoch);
}
void pexpireat(Call& call) {
    set_expiry(call, ExpiryUnit::milliseconds, ExpiryOrigin::epoch);
}

void ttl(Call& call) {
    reply_expiry(call, ExpiryUnit::seconds, Shown::left);
}
void pttl(Call& call) {
    reply_expiry(call, ExpiryUnit::milliseconds, Shown::left);
}
void expiretime(Call& call) {
    reply_expiry(call, ExpiryUnit::seconds, Shown::end);
}
void pexpiretime(Call& call) {
    reply_expiry(call, ExpiryUnit::milliseconds, Shown::end);
}

void persist(Call& call) {
    Entry* entry = call.find_to_write(call.words[1]);
    if (entry == nullptr || !entry->has_expiry()) return call.reply.integer(0);
    call.database().set_expiry(entry, {});
    call.changed(call.words[1], kGenericEvents, "persist");
    call.reply.integer(1);
}

}  // namespace assay::redis::commands
