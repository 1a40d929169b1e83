#include "internal/redis/commands/hyperloglog.hpp"

#include <optional>
#include <string>

#include "internal/redis/commands/values.hpp"
#include "internal/redis/engine/engine.hpp"
#include "internal/redis/types/hyperloglog.hpp"

namespace assay::redis::commands {
namespace {

constexpr std::string_view kCorrupt = "INVALIDOBJ Corrupted HLL object detected";

// Whether the text of an entry, if there is one, is a HyperLogLog; the error is written otherwise.
bool check_layout(Call& call, const Entry* entry) {
    if (entry == nullptr) return true;
    if (!check_type(call, entry, Type::kString)) return false;
    IntegerText room;
    if (hyperloglog::has_layout(entry->text(room))) return true;
    call.error("WRONGTYPE Key is not a valid HyperLogLog string value.");
    return false;
}

std::string_view text_of(const Entry& entry) {
    IntegerText room;  // a HyperLogLog is no integer
    return entry.text(room);
}

void store(Call& call, std::string_view key, Entry* entry, std::string_view value) {
    if (entry != nullptr) {
        call.database().assign(entry, NewValue::text(value), entry->expiry());
    } else {
        call.database().insert(key, NewValue::text(value));
        call.feed(key);
    }
}

std::size_t sparse_limit(const Call& call) {
    return call.settings().limits.hll_sparse_max_bytes;
}

// A dense value is changed where it lies.
bool add_dense(Call& call, Entry* entry, Words elements) {
    entry = call.database().edit_text(entry, entry->text_size());
    bool changed = false;
    for (const std::string_view element : elements) {
        if (hyperloglog::add_dense(entry->editable_text(), element)) changed = true;
    }
    return changed;
}

// Empty: corrupt, and the error has been written.
std::optional<bool> add_elements(Call& call, std::string_view key, Entry* entry, Words elements) {
    if (entry != nullptr && hyperloglog::is_dense(text_of(*entry))) {
        return add_dense(call, entry, elements);
    }
    std::string value = entry == nullptr ? hyperloglog::make() : std::string(text_of(*entry));
    bool changed = entry == nullptr;
    // As Redis leaves a new one behind: its count stale, even without elements.
    if (changed) value[hyperloglog::kHeaderBytes - 1] = '\x80';
    for (const std::string_view element : elements) {
        const auto change = hyperloglog::add(value, element, sparse_limit(call));
        if (change == hyperloglog::Change::kCorrupt) {
            call.error(kCorrupt);
            return std::nullopt;
        }
        if (change == hyperloglog::Change::kChanged) changed = true;
    }
    if (changed) store(call, key, entry, value);
    return changed;
}

// The registers of several keys together. False: the error has been written.
bool merge_keys(Call& call, Words keys, hyperloglog::Registers& registers, bool& dense) {
    for (const std::string_view key : keys) {
        const Entry* entry = call.find_to_read(key);
        if (!check_layout(call, entry)) return false;
        if (entry == nullptr) continue;
        if (hyperloglog::is_dense(text_of(*entry))) dense = true;
        if (!hyperloglog::merge(registers, text_of(*entry))) {
            call.error(kCorrupt);
            return false;
        }
    }
    return true;
}

void count_one(Call& call, std::string_view key) {
    Entry* entry = call.find_to_read(key);
    if (!check_layout(call, entry)) return;
    if (entry == nullptr) return call.reply.integer(0);
    auto count = hyperloglog::cached_count(text_of(*entry));
    if (!count) {
        count = hyperloglog::count(text_of(*entry));
        if (!count) return call.error(kCorrupt);
        entry = call.database().edit_text(entry, entry->text_size());
        hyperloglog::cache_count(entry->editable_text(), *count);
        call.engine.mark_changed(call.session.database, key);
    }
    call.reply.integer(static_cast<std::int64_t>(*count));
}

// True: the value is dense now, and `changed` says whether it was before.
bool densify(Call& call, std::string_view key, Entry* entry, bool& changed) {
    std::string value(text_of(*entry));
    changed = !hyperloglog::is_dense(value);
    if (!changed) return true;
    if (!hyperloglog::make_dense(value)) {
        call.error(kCorrupt);
        return false;
    }
    call.database().assign(entry, NewValue::text(value), entry->expiry());
    call.engine.mark_changed(call.session.database, key);
    return true;
}

void reply_registers(Call& call, std::string_view key, Entry* entry) {
    bool changed = false;
    if (!densify(call, key, entry, changed)) return;
    hyperloglog::Registers registers{};
    if (!hyperloglog::merge(registers, text_of(*call.database().peek(key)))) {
        return call.error(kCorrupt);
    }
    call.reply.array(registers.size());
    for (const std::uint8_t value : registers) call.reply.integer(value);
}

}  // namespace

void pfadd(Call& call) {
    const std::string_view key = call.words[1];
    Entry* entry = call.find_to_write(key);
    if (!check_layout(call, entry)) return;
    const auto changed = add_elements(call, key, entry, call.words.subspan(2));
    if (!changed) return;
    if (*changed) call.changed(key, kStringEvents, "pfadd");
    call.reply.integer(*changed ? 1 : 0);
}

void pfcount(Call& call) {
    if (call.words.size() == 2) return count_one(call, call.words[1]);
    hyperloglog::Registers registers{};
    bool dense = false;
    if (!merge_keys(call, call.words.subspan(1), registers, dense)) return;
    call.reply.integer(static_cast<std::int64_t>(hyperloglog::count(registers)));
}

void pfmerge(Call& call) {
    const std::string_view key = call.words[1];
    hyperloglog::Registers registers{};
    bool dense = false;
    if (!merge_keys(call, call.words.subspan(1), registers, dense)) return;
    Entry* entry = call.find_to_write(key);
    std::string value = entry == nullptr ? hyperloglog::make() : std::string(text_of(*entry));
    const auto change = hyperloglog::merge_into(value, registers, dense, sparse_limit(call));
    if (change == hyperloglog::Change::kCorrupt) return call.error(kCorrupt);
    store(call, key, entry, value);
    call.changed(key, kStringEvents, "pfadd");
    call.reply.ok();
}

void pfdebug(Call& call) {
    const std::string_view verb = call.words[1];
    const std::string_view key = call.words[2];
    Entry* entry = call.find_to_write(key);
    if (entry == nullptr) return call.error("ERR The specified key does not exist");
    if (!check_layout(call, entry)) return;
    const bool known = is_word(verb, "GETREG") || is_word(verb, "DECODE") ||
                       is_word(verb, "ENCODING") || is_word(verb, "TODENSE");
    if (!known) return call.error("ERR Unknown PFDEBUG subcommand '" + std::string(verb) + "'");
    if (call.words.size() != 3) {
        return call.error("ERR Wrong number of arguments for the '" + std::string(verb) +
                          "' subcommand");
    }
    const bool dense = hyperloglog::is_dense(text_of(*entry));
    if (is_word(verb, "GETREG")) return reply_registers(call, key, entry);
    if (is_word(verb, "ENCODING")) return call.reply.simple(dense ? "dense" : "sparse");
    if (is_word(verb, "TODENSE")) {
        bool changed = false;
        if (densify(call, key, entry, changed)) call.reply.integer(changed ? 1 : 0);
        return;
    }
    if (dense) return call.error("ERR HLL encoding is not sparse");
    const auto text = hyperloglog::describe_sparse(text_of(*entry));
    if (!text) return call.error(kCorrupt);
    call.reply.bulk(*text);
}

// There is nothing to test but what the tests of the type do.
void pfselftest(Call& call) {
    call.reply.ok();
}

}  // namespace assay::redis::commands
