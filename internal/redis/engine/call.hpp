// One command being executed: what a handler gets, and everything it may do.
//
// A handler reads `words` (0 is the command's name; arity is checked), looks at and changes the
// keyspace, says what it changed, and writes exactly one reply. It never sees a socket, a thread or
// another session's buffers. Errors are replies: error() writes one and counts it, so that a
// handler ends with `return call.error(kSyntaxError);`.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "internal/redis/engine/catalogue.hpp"
#include "internal/redis/engine/session.hpp"
#include "internal/redis/keyspace/keyspace.hpp"
#include "internal/redis/settings/settings.hpp"
#include "pkg/resp/reply_writer.hpp"

namespace assay::redis {

class Engine;

// Errors that several commands answer with.
inline constexpr std::string_view kSyntaxError = "ERR syntax error";
inline constexpr std::string_view kWrongType =
    "WRONGTYPE Operation against a key holding the wrong kind of value";
inline constexpr std::string_view kNotAnInteger = "ERR value is not an integer or out of range";
inline constexpr std::string_view kNotAFloat = "ERR value is not a valid float";
inline constexpr std::string_view kNoSuchKey = "ERR no such key";
inline constexpr std::string_view kOutOfRange = "ERR value is out of range";

struct Call {
    Engine& engine;
    Session& session;
    KnownCommand& command;
    Words words;
    resp::ReplyWriter reply;
    // The session waited and its command is run again.
    bool is_again = false;
    bool failed = false;  // an error was written
    bool waits = false;   // nothing was written, the session waits

    Database& database() const;
    Keyspace& keyspace() const;
    const Settings& settings() const;
    // The time of the batch.
    std::int64_t now_ms() const;

    // The reply, counted by its first word.
    void error(std::string_view text);
    void wrong_arity();
    void unknown_subcommand();

    // Entries for reading: the key's last use is noted, hits and misses are counted. Null: missing.
    Entry* find_to_read(std::string_view key);
    // For writing: neither counted nor reported as a miss.
    Entry* find_to_write(std::string_view key);

    // A word as a number; the error is written when it is none.
    std::optional<std::int64_t> integer(std::string_view word,
                                        std::string_view otherwise = kNotAnInteger);
    std::optional<double> real(std::string_view word, std::string_view otherwise = kNotAFloat);

    // The value of a key has changed, by the event `event`: watchers are told, the event is
    // published if that is on. Once per key and command.
    void changed(std::string_view key, EventKinds kind, std::string_view event);
    // An event without a change of its own ("del" after the last member has gone).
    void notify(EventKinds kind, std::string_view event, std::string_view key);
    // A key may serve those who wait for it.
    void feed(std::string_view key);

    // Makes the session wait for one of the keys. Not inside a transaction: see may_wait().
    bool may_wait() const;
    void wait_for(Wait::Kind kind, std::vector<std::string> keys,
                  std::optional<std::chrono::milliseconds> timeout, bool on_removal = false);
};

}  // namespace assay::redis
