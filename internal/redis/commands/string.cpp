#include "internal/redis/commands/string.hpp"

#include <optional>

#include "internal/redis/commands/values.hpp"
#include "internal/redis/engine/engine.hpp"

namespace assay::redis::commands {
namespace {

enum class Condition : std::uint8_t { always, if_missing, if_there };

struct SetOptions {
    Condition condition = Condition::always;
    bool get = false;
    bool keep_expiry = false;
    bool persist = false;
    ExpiryTime expiry;
};

// The options of SET (with NX, XX, GET and KEEPTTL) or GETEX (with PERSIST); empty: the error has
// been written.
std::optional<SetOptions> parse_options(Call& call, Words words, bool of_set) {
    SetOptions options;
    const ExpiryWord* unit = nullptr;
    std::string_view time;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const bool timeless = unit == nullptr && !options.keep_expiry && !options.persist;
        const ExpiryWord* expiry = find_expiry_word(words[i]);
        if (of_set && is_word(words[i], "NX") && options.condition != Condition::if_there) {
            options.condition = Condition::if_missing;
        } else if (of_set && is_word(words[i], "XX") &&
                   options.condition != Condition::if_missing) {
            options.condition = Condition::if_there;
        } else if (of_set && is_word(words[i], "GET")) {
            options.get = true;
        } else if (of_set && is_word(words[i], "KEEPTTL") && unit == nullptr) {
            options.keep_expiry = true;
        } else if (!of_set && is_word(words[i], "PERSIST") && unit == nullptr) {
            options.persist = true;
        } else if (expiry != nullptr && timeless && i + 1 < words.size()) {
            unit = expiry;
            time = words[++i];
        } else {
            call.error(kSyntaxError);
            return std::nullopt;
        }
    }
    if (unit != nullptr) {
        options.expiry = expiry_time(call, time, unit->unit, unit->origin);
        if (!options.expiry) return std::nullopt;
    }
    return options;
}

void reply_text(Call& call, const Entry* entry) {
    if (entry == nullptr) return call.reply.null();
    if (entry->is_integer()) return call.reply.bulk(entry->integer());
    IntegerText room;
    call.reply.bulk(entry->text(room));
}

void tell_set(Call& call, std::string_view key, bool with_expiry) {
    call.changed(key, kStringEvents, "set");
    if (with_expiry) call.notify(kGenericEvents, "expire", key);
    call.feed(key);
}

void set_with_expiry(Call& call, ExpiryUnit unit) {
    const auto time = expiry_time(call, call.words[2], unit, ExpiryOrigin::now);
    if (!time) return;
    call.database().set(call.words[1], NewValue::text(call.words[3]), *time);
    tell_set(call, call.words[1], true);
    call.reply.ok();
}

}  // namespace

void get(Call& call) {
    const Entry* entry = call.find_to_read(call.words[1]);
    if (check_type(call, entry, Type::kString)) reply_text(call, entry);
}

void set(Call& call) {
    const HashedKey key(call.words[1]);
    if (call.words.size() == 3) {
        call.database().set(key, NewValue::text(call.words[2]));
        tell_set(call, key.bytes, false);
        return call.reply.ok();
    }
    const auto options = parse_options(call, call.words.subspan(3), true);
    if (!options) return;
    Entry* entry = call.find_to_write(key.bytes);
    if (options->get) {
        if (!check_type(call, entry, Type::kString)) return;
        reply_text(call, entry);
    }
    const bool refused = (options->condition == Condition::if_missing && entry != nullptr) ||
                         (options->condition == Condition::if_there && entry == nullptr);
    if (refused) {
        if (!options->get) call.reply.null();
        return;
    }
    const bool keeps = options->keep_expiry && entry != nullptr;
    call.database().set(key, NewValue::text(call.words[2]),
                        keeps ? entry->expiry() : options->expiry);
    tell_set(call, key.bytes, options->expiry.has_value());
    if (!options->get) call.reply.ok();
}

void setnx(Call& call) {
    if (call.find_to_write(call.words[1]) != nullptr) return call.reply.integer(0);
    call.database().insert(call.words[1], NewValue::text(call.words[2]));
    tell_set(call, call.words[1], false);
    call.reply.integer(1);
}

void setex(Call& call) {
    set_with_expiry(call, ExpiryUnit::seconds);
}
void psetex(Call& call) {
    set_with_expiry(call, ExpiryUnit::milliseconds);
}

void getset(Call& call) {
    const Entry* entry = call.find_to_read(call.words[1]);
    if (!check_type(call, entry, Type::kString)) return;
    reply_text(call, entry);
    call.database().set(call.words[1], NewValue::text(call.words[2]));
    tell_set(call, call.words[1], false);
}

void getdel(Call& call) {
    Entry* entry = call.find_to_read(call.words[1]);
    if (!check_type(call, entry, Type::kString)) return;
    reply_text(call, entry);
    if (entry == nullptr) return;
    call.database().erase(entry);
    call.changed(call.words[1], kGenericEvents, "del");
}

void getex(Call& call) {
    const auto options = parse_options(call, call.words.subspan(2), false);
    if (!options) return;
    const std::string_view key = call.words[1];
    Entry* entry = call.find_to_read(key);
    if (!check_type(call, entry, Type::kString)) return;
    reply_text(call, entry);
    if (entry == nullptr) return;
    if (options->expiry && *options->expiry <= call.now_ms()) {
        call.database().erase(entry);
        call.changed(key, kGenericEvents, "del");
    } else if (options->expiry) {
        call.database().set_expiry(entry, options->expiry);
        call.changed(key, kGenericEvents, "expire");
    } else if (options->persist && entry->has_expiry()) {
        call.database().set_expiry(entry, {});
        call.changed(key, kGenericEvents, "persist");
    }
}

void mget(Call& call) {
    const Words keys = call.words.subspan(1);
    call.reply.array(keys.size());
    for (const std::string_view key : keys) {
        const Entry* entry = call.find_to_read(key);
        reply_text(call, entry != nullptr && entry->type() == Type::kString ? entry : nullptr);
    }
}

void mset(Call& call) {
    if (call.words.size() % 2 == 0) return call.wrong_arity();
    for (std::size_t i = 1; i < call.words.size(); i += 2) {
        call.database().set(call.words[i], NewValue::text(call.words[i + 1]));
        tell_set(call, call.words[i], false);
    }
    call.reply.ok();
}

void msetnx(Call& call) {
    if (call.words.size() % 2 == 0) return call.wrong_arity();
    for (std::size_t i = 1; i < call.words.size(); i += 2) {
        if (call.find_to_write(call.words[i]) != nullptr) return call.reply.integer(0);
    }
    for (std::size_t i = 1; i < call.words.size(); i += 2) {
        call.database().set(call.words[i], NewValue::text(call.words[i + 1]));
        tell_set(call, call.words[i], false);
    }
    call.reply.integer(1);
}

}  // namespace assay::redis::commands
