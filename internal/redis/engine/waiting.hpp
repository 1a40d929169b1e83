// Blocked sessions: who waits for which keys, in which order, and until when.
//
// A session that finds nothing waits with its command line. When a key may have become of use, the
// engine looks at its waiters, oldest first, and runs their commands again; a command that still
// finds nothing leaves its session where it was in the line. So fairness is one list per key, and
// what a command does when it is served is written once, in its handler (as since Redis 7.2).
// Rejected: serving waiters by code of their own per type.
//
// Only keys that somebody waits for are ever noted as ready: without waiters a push costs one look
// at an empty table. Guarded by the engine's lock.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "internal/redis/engine/session.hpp"
#include "internal/redis/engine/session_line.hpp"

namespace assay::redis {

class Waiting {
  public:
    using Time = std::chrono::steady_clock::time_point;
    using Place = std::pair<std::size_t, std::string>;  // database and key

    // The session's `wait` is filled in; it must not be waiting yet.
    void add(Session& session);
    // Clears `wait`, too.
    void remove(Session& session);

    std::size_t size() const { return sessions_; }

    // Something happened to a key: if somebody waits for it, it is looked at by the engine.
    void mark(std::size_t database, std::string_view key) {
        if (keyed_ > 0) mark_known(database, key);
    }
    // All keys of a database may be others now: FLUSHALL, SWAPDB.
    void mark_database(std::size_t database);

    bool has_marked() const { return !marked_.empty(); }
    // The marked keys in order of their marks; none is marked afterwards.
    std::vector<Place> take_marked();

    // Those who wait for a key, the oldest first: a copy, because serving one changes the line.
    std::vector<Session*> waiters(const Place& place) const;
    bool is_waiting_for(Session& session, const Place& place) const;

    // The earliest deadline, and a session whose deadline has passed (null: none of them).
    std::optional<Time> next_deadline() const;
    Session* late(Time now) const;

  private:
    void mark_known(std::size_t database, std::string_view key);

    std::map<Place, SessionLine> lines_;
    std::multimap<Time, Session*> deadlines_;
    std::vector<Place> marked_;
    std::size_t sessions_ = 0;
    std::size_t keyed_ = 0;
};

}  // namespace assay::redis
