// The server without sockets: sessions and words in, replies and mail out.
//
// One lock guards everything here. A connection takes it for a received batch of commands, a timer
// for the work that is due; nothing inside sends, receives, sleeps or allocates without bound.
// Commands are rows (command.hpp) whose handlers get a Call. Order of a command: looked up, checked
// (arity, password, memory, subscriptions, pause), queued if a transaction is open, else called;
// then waiters that it fed are served, before the next command of any session.
//
//     std::lock_guard lock(engine.mutex());
//     engine.collect_mail(session);
//     taken = engine.execute(session, batch);      // writes into session.out
//
// Rejected: a thread per database or shards with messages between them (commands on several keys
// and transactions would need two phases; the measured work of a command is 50 to 100 ns).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "internal/redis/engine/call.hpp"
#include "internal/redis/engine/catalogue.hpp"
#include "internal/redis/engine/channels.hpp"
#include "internal/redis/engine/session.hpp"
#include "internal/redis/engine/slow_log.hpp"
#include "internal/redis/engine/ticks.hpp"
#include "internal/redis/engine/totals.hpp"
#include "internal/redis/engine/waiting.hpp"
#include "internal/redis/keyspace/active_expiry.hpp"
#include "internal/redis/keyspace/eviction.hpp"
#include "internal/redis/keyspace/keyspace.hpp"
#include "internal/redis/settings/settings.hpp"
#include "pkg/resp/request_parser.hpp"

namespace assay::redis {

class Engine final : private ExpiryListener {
  public:
    using Time = std::chrono::steady_clock::time_point;

    Engine(Settings settings, std::span<const std::span<const Command>> families);
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    ~Engine();

    std::mutex& mutex() { return mutex_; }

    // A new session; false when there are too many: the error is in its `out`, and it does not
    // count as entered.
    bool enter(Session& session);
    // Drops what the session has: subscriptions, watched keys, its place in lines.
    void leave(Session& session);

    // Executes the commands of a batch from `first` on, until the end, or until one leaves the
    // session blocked, paused or closing; the index behind the last one that was executed.
    std::size_t execute(Session& session, const resp::RequestBatch& batch, std::size_t first = 0);
    // One command, as from a batch.
    void execute(Session& session, Words words);

    // Moves what others wrote for the session behind its own output.
    static void collect_mail(Session& session);

    // What time brings: expired keys, waits that end, idle clients, statistics per second. Returns
    // when it is to be called again.
    Time run_due(Time now);

    // ---- for handlers ----

    // Whoever changes settings says so: what depends on them follows.
    Settings& settings() { return settings_; }
    void apply_settings();
    Keyspace& keyspace() { return keyspace_; }
    Catalogue& catalogue() { return catalogue_; }
    Channels& channels() { return channels_; }
    Waiting& waiting() { return waiting_; }
    SlowLog& slow_log() { return slow_log_; }
    LatencyEvents& latency_events() { return latency_events_; }
    Totals& totals() { return totals_; }
    const Ticks& ticks() const { return ticks_; }
    Time started_at() const { return started_at_; }
    std::map<std::uint64_t, Session*>& sessions() { return sessions_; }

    // Calls a command's handler with all that belongs to it: statistics, slow log, monitors.
    void call(Session& session, KnownCommand& command, Words words, bool is_again = false);

    // Where the answer of a session's command goes: into `out` if the session is the one being
    // executed, else into its mail, and it is woken; nowhere under CLIENT REPLY OFF.
    resp::ReplyWriter answer_to(Session& session);
    // The same for what the session did not ask for: a message.
    resp::ReplyWriter push_to(Session& session);
    // Ends a wait, whose answer has been written.
    void stop_waiting(Session& session);
    // Ends a wait as if its time were over.
    void end_wait(Session& session);
    // Closes a session when its output has been sent, or at once.
    void close(Session& session, Outlet::Close when);

    // WATCH.
    void watch(Session& session, std::string_view key);
    void unwatch(Session& session);
    void mark_changed(std::size_t database, std::string_view key);
    void mark_database_changed(std::size_t database);

    // MONITOR.
    void monitor(Session& session);
    void unmonitor(Session& session);

    // SHUTDOWN: ends the server, which is to say what `on_shutdown` does; false when nobody set it.
    void set_on_shutdown(std::function<void()> on_shutdown) {
        on_shutdown_ = std::move(on_shutdown);
    }
    bool shut_down();

    void publish_event(std::size_t database, EventKinds kind, std::string_view event,
                       std::string_view key);
    std::size_t publish(std::string_view channel, std::string_view message, Channels::Kind kind);

    // CLIENT PAUSE.
    enum class Pause : std::uint8_t { none, writes, all };
    void pause(Pause what, Time until);
    void unpause();

  private:
    using Place = Waiting::Place;

    void begin_batch();
    void execute_next(Session& session, Words words);
    void run(Session& session, Words words);
    KnownCommand* look_up(Session& session, Words words);
    bool check(Session& session, KnownCommand& command);
    bool make_room(Session& session, const KnownCommand& command);
    bool postpone_if_paused(Session& session, KnownCommand& command, Words words);
    void queue(Session& session, KnownCommand& command, Words words);
    void reject(Session& session, KnownCommand* command, std::string_view error);
    void serve_waiters();
    void serve(const Place& place);
    bool may_serve(const Session& session, const Place& place);
    void record(const Call& call, std::uint64_t nanoseconds);
    void feed_monitors(const Session& session, Words words);
    void end_late_waits(Time now);
    void take_turn(Time now);
    void close_idle(Time now);
    void expired(std::size_t database, std::string_view key) override;
    void limit_output(Session& session);
    void run_again(Session& session);
    EvictionRules eviction_rules() const;
    void prefetch(const Session& session, const resp::RequestBatch& batch, std::size_t first);

    const Time started_at_ = std::chrono::steady_clock::now();
    std::mutex mutex_;
    std::function<void()> on_shutdown_;
    Settings settings_;
    Ticks ticks_;
    Keyspace keyspace_;
    ActiveExpiry active_expiry_;
    Eviction eviction_;
    Catalogue catalogue_;
    Channels channels_;
    Waiting waiting_;
    SlowLog slow_log_;
    LatencyEvents latency_events_;
    Totals totals_;
    std::map<std::uint64_t, Session*> sessions_;
    std::map<Place, SessionLine> watchers_;
    SessionLine monitors_;
    Session* current_ = nullptr;
    resp::OutputBuffer unsent_;    // answers that nobody wants
    std::vector<HashedKey> soon_;  // keys of the batch, to be prefetched
    std::uint64_t last_tick_ = 0;
    Pause pause_ = Pause::none;
    Time paused_until_;
    Time next_turn_;
    Time next_second_;
};

}  // namespace assay::redis
