// OBJECT, DUMP and RESTORE: what a value is inside.
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "internal/redis/commands/generic.hpp"
#include "internal/redis/commands/values.hpp"
#include "internal/redis/engine/engine.hpp"
#include "internal/redis/payload/payload.hpp"

namespace assay::redis::commands {
namespace {

// visit(value) with the text or the object of an entry.
template <class Visit>
auto visit_value(const Entry& entry, Visit&& visit) {
    switch (entry.type()) {
        case Type::kList:
            return visit(entry.object<List>());
        case Type::kSet:
            return visit(entry.object<Set>());
        case Type::kSortedSet:
            return visit(entry.object<SortedSet>());
        case Type::kHash:
            return visit(entry.object<Hash>());
        case Type::kStream:
            return visit(entry.object<Stream>());
        case Type::kString:
            break;
    }
    IntegerText room;
    return visit(entry.text(room));
}

std::string_view encoding_of(const Entry& entry) {
    if (entry.type() == Type::kString) return entry.text_encoding();
    return visit_value(entry, [](const auto& value) -> std::string_view {
        if constexpr (requires { value.encoding(); })
            return value.encoding();
        else
            return {};
    });
}

template <class T>
constexpr Type type_of() {
    if constexpr (std::is_same_v<T, List>) return Type::kList;
    if constexpr (std::is_same_v<T, Set>) return Type::kSet;
    if constexpr (std::is_same_v<T, SortedSet>) return Type::kSortedSet;
    if constexpr (std::is_same_v<T, Hash>) return Type::kHash;
    if constexpr (std::is_same_v<T, Stream>) return Type::kStream;
    return Type::kString;
}

// Borrows a text.
NewValue as_new_value(Value& value) {
    return std::visit(
        []<class T>(T& held) {
            if constexpr (type_of<T>() == Type::kString)
                return NewValue::text(held);
            else
                return NewValue::object(type_of<T>(), std::move(held));
        },
        value);
}

struct RestoreOptions {
    bool replace = false;
    bool absolute = false;
    std::optional<std::int64_t> idle_seconds;
    std::optional<std::uint32_t> frequency;
};

bool parse_idle(Call& call, std::string_view word, RestoreOptions& options) {
    const auto idle = call.integer(word);
    if (!idle) return false;
    if (*idle < 0) return call.error("ERR Invalid IDLETIME value, must be >= 0"), false;
    options.idle_seconds = *idle;
    return true;
}

bool parse_frequency(Call& call, std::string_view word, RestoreOptions& options) {
    const auto frequency = call.integer(word);
    if (!frequency) return false;
    if (*frequency < 0 || *frequency > 255) {
        return call.error("ERR Invalid FREQ value, must be >= 0 and <= 255"), false;
    }
    options.frequency = static_cast<std::uint32_t>(*frequency);
    return true;
}

std::optional<RestoreOptions> parse_restore(Call& call) {
    RestoreOptions options;
    const Words words = call.words;
    for (std::size_t i = 4; i < words.size(); ++i) {
        const bool has_value = i + 1 < words.size();
        if (is_word(words[i], "REPLACE")) {
            options.replace = true;
        } else if (is_word(words[i], "ABSTTL")) {
            options.absolute = true;
        } else if (has_value && is_word(words[i], "IDLETIME") && !options.frequency) {
            if (!parse_idle(call, words[++i], options)) return std::nullopt;
        } else if (has_value && is_word(words[i], "FREQ") && !options.idle_seconds) {
            if (!parse_frequency(call, words[++i], options)) return std::nullopt;
        } else {
            call.error(kSyntaxError);
            return std::nullopt;
        }
    }
    return options;
}

void set_access(Call& call, Entry* entry, const RestoreOptions& options) {
    const AccessRules& rules = call.keyspace().environment().access_rules;
    if (rules.counts_frequency && options.frequency) {
        entry->set_access(access_of_frequency(*options.frequency, call.now_ms()));
    } else if (!rules.counts_frequency && options.idle_seconds) {
        entry->set_access(access_of_idle(*options.idle_seconds, call.now_ms()));
    }
}

// The payload under the key, instead of what is there.
void put_restored(Call& call, Value value, std::int64_t ttl, const RestoreOptions& options) {
    const std::string_view key = call.words[1];
    Entry* former = options.replace ? call.database().peek(key) : nullptr;
    const bool replaced = former != nullptr;
    if (replaced) call.database().unlink(former);
    ExpiryTime expiry;
    if (ttl != 0) expiry = options.absolute ? ttl : ttl + call.now_ms();
    if (expiry && *expiry <= call.now_ms()) {
        if (replaced) {
            call.changed(key, kGenericEvents, "del");
            call.feed(key);
        }
        return call.reply.ok();
    }
    Entry* entry = call.database().insert(key, as_new_value(value), expiry);
    set_access(call, entry, options);
    call.changed(key, kGenericEvents, "restore");
    call.feed(key);
    call.reply.ok();
}

const Entry* find_to_inspect(Call& call) {
    const Entry* entry = call.database().peek(call.words[2]);
    if (entry == nullptr) call.reply.null();
    return entry;
}

}  // namespace

void object_encoding(Call& call) {
    if (const Entry* entry = find_to_inspect(call)) call.reply.bulk(encoding_of(*entry));
}

void object_refcount(Call& call) {
    const Entry* entry = find_to_inspect(call);
    if (entry == nullptr) return;
    // What Redis says of the small integers that it shares.
    const bool shared = entry->type() == Type::kString && entry->is_integer() &&
                        entry->integer() >= 0 && entry->integer() < 10000;
    call.reply.integer(shared ? std::numeric_limits<std::int32_t>::max() : 1);
}

void object_idletime(Call& call) {
    const Entry* entry = find_to_inspect(call);
    if (entry == nullptr) return;
    if (call.keyspace().environment().access_rules.counts_frequency) {
        return call.error(
            "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when "
            "switching between policies at runtime LRU and LFU data will take some time to "
            "adjust.");
    }
    call.reply.integer(idle_seconds(entry->access(), call.now_ms()));
}

void object_freq(Call& call) {
    const Entry* entry = find_to_inspect(call);
    if (entry == nullptr) return;
    const AccessRules& rules = call.keyspace().environment().access_rules;
    if (!rules.counts_frequency) {
        return call.error(
            "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please "
            "note that when switching between policies at runtime LRU and LFU data will take some "
            "time to adjust.");
    }
    call.reply.integer(frequency(rules, entry->access(), call.now_ms()));
}

void dump(Call& call) {
    const Entry* entry = call.find_to_read(call.words[1]);
    if (entry == nullptr) return call.reply.null();
    call.reply.bulk(visit_value(*entry, [](const auto& value) { return dump_payload(value); }));
}

void restore(Call& call) {
    const auto options = parse_restore(call);
    if (!options) return;
    if (!options->replace && call.find_to_write(call.words[1]) != nullptr) {
        return call.error("BUSYKEY Target key name already exists.");
    }
    const auto ttl = call.integer(call.words[2]);
    if (!ttl) return;
    if (*ttl < 0) return call.error("ERR Invalid TTL value, must be >= 0");
    if (!has_valid_footer(call.words[3])) {
        return call.error("ERR DUMP payload version or checksum are wrong");
    }
    auto value = restore_payload(call.words[3], call.settings().limits);
    if (!value.has_value()) return call.error("ERR Bad data format");
    put_restored(call, std::move(value).value(), *ttl, *options);
}

}  // namespace assay::redis::commands
