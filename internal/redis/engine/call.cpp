#include "internal/redis/engine/call.hpp"

#include <algorithm>
#include <utility>

#include "internal/redis/engine/engine.hpp"
#include "pkg/resp/numbers.hpp"

namespace assay::redis {

std::size_t KeptWords::bytes() const {
    std::size_t bytes = 0;
    for (const std::string& text : texts_) bytes += text.size() + sizeof(text);
    return bytes;
}

Database& Call::database() const {
    return engine.keyspace()[session.database];
}
Keyspace& Call::keyspace() const {
    return engine.keyspace();
}
const Settings& Call::settings() const {
    return engine.settings();
}
std::int64_t Call::now_ms() const {
    return engine.keyspace().clock().now_ms();
}

void Call::error(std::string_view text) {
    failed = true;
    engine.totals().count_error(text);
    reply.error(text);
}

void Call::wrong_arity() {
    error(wrong_arity_error(command));
}

void Call::unknown_subcommand() {
    const std::string container = name_in_capitals(command.container->full_name);
    error("ERR unknown subcommand or wrong number of arguments for '" + std::string(words[1]) +
          "'. Try " + container + " HELP.");
}

Entry* Call::find_to_read(std::string_view key) {
    Entry* entry = session.no_touch ? database().peek(key) : database().find(key);
    Totals& totals = engine.totals();
    ++(entry != nullptr ? totals.keyspace_hits : totals.keyspace_misses);
    if (entry == nullptr) notify(kMissEvents, "keymiss", key);
    return entry;
}

Entry* Call::find_to_write(std::string_view key) {
    return session.no_touch ? database().peek(key) : database().find(key);
}

std::optional<std::int64_t> Call::integer(std::string_view word, std::string_view otherwise) {
    const auto value = resp::parse_int64(word);
    if (!value) error(otherwise);
    return value;
}

std::optional<double> Call::real(std::string_view word, std::string_view otherwise) {
    const auto value = resp::parse_double(word);
    if (!value) error(otherwise);
    return value;
}

void Call::changed(std::string_view key, EventKinds kind, std::string_view event) {
    engine.mark_changed(session.database, key);
    engine.publish_event(session.database, kind, event, key);
}

void Call::notify(EventKinds kind, std::string_view event, std::string_view key) {
    engine.publish_event(session.database, kind, event, key);
}

void Call::feed(std::string_view key) {
    engine.waiting().mark(session.database, key);
}

bool Call::may_wait() const {
    return !session.transaction.open;
}

void Call::wait_for(Wait::Kind kind, std::vector<std::string> keys,
                    std::optional<std::chrono::milliseconds> timeout, bool on_removal) {
    waits = true;
    if (is_again) return;
    Wait wait;
    wait.kind = kind;
    wait.command = &command;
    wait.words = KeptWords(words);
    wait.database = session.database;
    wait.keys = std::move(keys);
    wait.on_removal = on_removal;
    wait.since = std::chrono::steady_clock::now();
    if (timeout) wait.deadline = wait.since + *timeout;
    session.wait = std::move(wait);
    engine.waiting().add(session);
}

}  // namespace assay::redis
