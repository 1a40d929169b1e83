// Keys: there or not, gone, renamed, copied, found.
#include "internal/redis/commands/generic.hpp"

#include <chrono>
#include <limits>
#include <string>
#include <vector>

#include "internal/redis/commands/values.hpp"
#include "internal/redis/engine/engine.hpp"
#include "internal/redis/text/glob.hpp"

namespace assay::redis::commands {
namespace {

constexpr std::string_view kSameObjects = "ERR source and destination objects are the same";

// As a command that only asks: counted, but the key does not look used.
Entry* look_at(Call& call, std::string_view key) {
    Entry* entry = call.database().peek(key);
    Totals& totals = call.engine.totals();
    ++(entry != nullptr ? totals.keyspace_hits : totals.keyspace_misses);
    if (entry == nullptr) call.notify(kMissEvents, "keymiss", key);
    return entry;
}

void remove_keys(Call& call, bool lazily) {
    std::int64_t removed = 0;
    for (const std::string_view key : call.words.subspan(1)) {
        Entry* entry = call.database().peek(key);
        if (entry == nullptr) continue;
        lazily ? call.database().unlink(entry) : call.database().erase(entry);
        call.changed(key, kGenericEvents, "del");
        call.feed(key);
        ++removed;
    }
    call.reply.integer(removed);
}

enum class Renamed : std::uint8_t { failed, same, taken, done };

Renamed rename_key(Call& call, bool only_if_free) {
    const std::string_view from = call.words[1];
    const std::string_view to = call.words[2];
    Entry* entry = call.find_to_write(from);
    if (entry == nullptr) {
        call.error(kNoSuchKey);
        return Renamed::failed;
    }
    if (from == to) return Renamed::same;
    if (only_if_free && call.find_to_write(to) != nullptr) return Renamed::taken;
    call.database().rename(entry, to);
    call.changed(from, kGenericEvents, "rename_from");
    call.changed(to, kGenericEvents, "rename_to");
    call.feed(from);
    call.feed(to);
    return Renamed::done;
}

struct CopyOptions {
    std::size_t database;
    bool replace = false;
};

std::optional<CopyOptions> parse_copy(Call& call) {
    CopyOptions options{call.session.database};
    for (std::size_t i = 3; i < call.words.size(); ++i) {
        if (is_word(call.words[i], "REPLACE")) {
            options.replace = true;
        } else if (is_word(call.words[i], "DB") && i + 1 < call.words.size()) {
            const auto index = database_index(call, call.words[++i]);
            if (!index) return std::nullopt;
            options.database = *index;
        } else {
            call.error(kSyntaxError);
            return std::nullopt;
        }
    }
    return options;
}

// A key of any database has changed.
void tell(Call& call, std::size_t database, std::string_view key, std::string_view event) {
    call.engine.mark_changed(database, key);
    call.engine.publish_event(database, kGenericEvents, event, key);
    call.engine.waiting().mark(database, key);
}

}  // namespace

std::optional<std::size_t> database_index(Call& call, std::string_view word) {
    const auto index = call.integer(word);
    if (!index) return std::nullopt;
    if (*index < std::numeric_limits<int>::min() || *index > std::numeric_limits<int>::max()) {
        call.error("ERR value is out of range, value must between -2147483648 and 2147483647");
        return std::nullopt;
    }
    if (*index < 0 || *index >= static_cast<std::int64_t>(call.keyspace().databases())) {
        call.error("ERR DB index is out of range");
        return std::nullopt;
    }
    return static_cast<std::size_t>(*index);
}

void del(Call& call) {
    remove_keys(call, call.settings().lazyfree_lazy_user_del);
}
void unlink(Call& call) {
    remove_keys(call, true);
}

void exists(Call& call) {
    std::int64_t found = 0;
    for (const std::string_view key : call.words.subspan(1)) {
        if (look_at(call, key) != nullptr) ++found;
    }
    call.reply.integer(found);
}

void touch(Call& call) {
    std::int64_t found = 0;
    for (const std::string_view key : call.words.subspan(1)) {
        Entry* entry = look_at(call, key);
        if (entry == nullptr) continue;
        call.database().touch(entry);
        ++found;
    }
    call.reply.integer(found);
}

void type(Call& call) {
    const Entry* entry = look_at(call, call.words[1]);
    call.reply.simple(entry != nullptr ? to_string(entry->type()) : "none");
}

void randomkey(Call& call) {
    const Entry* entry = call.database().random_key();
    if (entry == nullptr) return call.reply.null();
    call.reply.bulk(entry->key());
}

void rename(Call& call) {
    if (rename_key(call, false) != Renamed::failed) call.reply.ok();
}

void renamenx(Call& call) {
    const Renamed renamed = rename_key(call, true);
    if (renamed != Renamed::failed) call.reply.integer(renamed == Renamed::done ? 1 : 0);
}

void copy(Call& call) {
    const auto options = parse_copy(call);
    if (!options) return;
    const std::string_view from = call.words[1];
    const std::string_view to = call.words[2];
    if (from == to && options->database == call.session.database) return call.error(kSameObjects);
    const Entry* entry = call.find_to_read(from);
    if (entry == nullptr) return call.reply.integer(0);
    Database& target = call.keyspace()[options->database];
    Entry* former = target.find(to);
    if (former != nullptr && !options->replace) return call.reply.integer(0);
    Entry* twin = Entry::copy(*entry, to);
    if (twin == nullptr) return call.error("ERR The type of the key cannot be copied");
    if (former != nullptr) target.unlink(former);
    target.adopt(twin);
    tell(call, options->database, to, "copy_to");
    call.reply.integer(1);
}

void move(Call& call) {
    const std::string_view key = call.words[1];
    const auto index = database_index(call, call.words[2]);
    if (!index) return;
    if (*index == call.session.database) return call.error(kSameObjects);
    Database& target = call.keyspace()[*index];
    Entry* entry = call.find_to_write(key);
    if (entry == nullptr || target.find(key) != nullptr) return call.reply.integer(0);
    target.adopt(call.database().take(entry));
    tell(call, call.session.database, key, "move_from");
    tell(call, *index, key, "move_to");
    call.reply.integer(1);
}

void keys(Call& call) {
    const std::string_view pattern = call.words[1];
    std::size_t count = 0;
    const auto open = call.reply.open_array(call.database().size());
    call.database().for_each([&](const Entry& entry) {
        if (pattern != "*" && !matches_glob(pattern, entry.key())) return;
        call.reply.bulk(entry.key());
        ++count;
    });
    call.reply.finish(open, count);
}

void wait(Call& call) {
    const auto replicas = call.integer(call.words[1]);
    if (!replicas) return;
    const auto timeout =
        call.integer(call.words[2], "ERR timeout is not an integer or out of range");
    if (!timeout) return;
    if (*timeout < 0) return call.error("ERR timeout is negative");
    if (*timeout > std::numeric_limits<std::int64_t>::max() - call.now_ms()) {
        return call.error("ERR timeout is out of range");
    }
    if (*replicas <= 0 || !call.may_wait()) return call.reply.integer(0);
    // A century is for ever, and fits the clock.
    constexpr std::int64_t kLongest = 100LL * 366 * 24 * 3600 * 1000;
    std::optional<std::chrono::milliseconds> limit;
    if (*timeout > 0) limit = std::chrono::milliseconds(std::min(*timeout, kLongest));
    call.wait_for(Wait::Kind::replicas, {}, limit);
}

}  // namespace assay::redis::commands
