// Of Engine: blocked and paused sessions, watched keys, messages and what time brings.
#include <algorithm>
#include <cstdio>
#include <utility>

#include "internal/redis/engine/engine.hpp"
#include "internal/redis/memory/memory.hpp"

namespace assay::redis {
namespace {

constexpr auto kTurn = std::chrono::milliseconds(100);

Type type_of(Wait::Kind kind) {
    if (kind == Wait::Kind::list) return Type::kList;
    return kind == Wait::Kind::sorted_set ? Type::kSortedSet : Type::kStream;
}

// As sdscatrepr writes a word for MONITOR: in double quotes, what is not printable as \xHH.
void append_quoted(std::string& line, std::string_view word) {
    line += '"';
    for (const char letter : word) {
        switch (letter) {
            case '\\':
                line += "\\\\";
                break;
            case '"':
                line += "\\\"";
                break;
            case '\n':
                line += "\\n";
                break;
            case '\r':
                line += "\\r";
                break;
            case '\t':
                line += "\\t";
                break;
            case '\a':
                line += "\\a";
                break;
            case '\b':
                line += "\\b";
                break;
            default:
                if (letter >= ' ' && letter <= '~') {
                    line += letter;
                } else {
                    char hex[8];
                    (void)std::snprintf(hex, sizeof(hex), "\\x%02x",
                                        static_cast<unsigned>(static_cast<unsigned char>(letter)));
                    line += hex;
                }
        }
    }
    line += '"';
}

}  // namespace

void Engine::serve_waiters() {
    Session* const executing = std::exchange(current_, nullptr);
    while (waiting_.has_marked()) {
        for (const Place& place : waiting_.take_marked()) serve(place);
    }
    current_ = executing;
}

void Engine::serve(const Place& place) {
    for (Session* waiter : waiting_.waiters(place)) {
        if (!waiting_.is_waiting_for(*waiter, place) || !may_serve(*waiter, place)) continue;
        run_again(*waiter);
    }
}

bool Engine::may_serve(const Session& session, const Place& place) {
    const Wait& wait = *session.wait;
    if (wait.on_removal) return true;
    const Entry* entry = keyspace_[place.first].peek(std::string_view(place.second));
    return entry != nullptr && entry->type() == type_of(wait.kind);
}

void Engine::run_again(Session& session) {
    const Wait& wait = *session.wait;
    Call again{*this, session, *wait.command, wait.words.words(), answer_to(session), true};
    wait.command->row->handler(again);
    if (again.waits) return;
    record(again, 0);
    stop_waiting(session);
}

void Engine::stop_waiting(Session& session) {
    waiting_.remove(session);
    session.outlet.wake();
}

bool Engine::postpone_if_paused(Session& session, KnownCommand& command, Words words) {
    if (pause_ == Pause::none) return false;
    const bool held =
        pause_ == Pause::all ? command.row->name != "client" : (command.row->flags & kWrite) != 0;
    if (!held) return false;
    Wait wait;
    wait.kind = Wait::Kind::paused;
    wait.command = &command;
    wait.words = KeptWords(words);
    wait.database = session.database;
    wait.deadline = paused_until_;
    session.wait = std::move(wait);
    waiting_.add(session);
    return true;
}

void Engine::pause(Pause what, Time until) {
    pause_ = std::max(pause_, what);
    paused_until_ = std::max(paused_until_, until);
}

void Engine::unpause() {
    pause_ = Pause::none;
    paused_until_ = {};
    Session* const executing = std::exchange(current_, nullptr);
    begin_batch();
    for (const auto& [id, session] : sessions_) {
        if (!session->wait || session->wait->kind != Wait::Kind::paused) continue;
        const KeptWords words = std::move(session->wait->words);
        stop_waiting(*session);
        run(*session, words.words());  // into its mail: its connection may be sending
    }
    current_ = executing;
}

void Engine::watch(Session& session, std::string_view key) {
    keyspace_[session.database].peek(key);  // what is over goes first: that is no change
    if (!watchers_[{session.database, std::string(key)}].join(session)) return;
    session.watched.push_back({session.database, std::string(key)});
}

void Engine::unwatch(Session& session) {
    for (const WatchedKey& watched : session.watched) {
        const auto found = watchers_.find({watched.database, watched.key});
        if (found == watchers_.end()) continue;
        found->second.leave(session);
        if (found->second.empty()) watchers_.erase(found);
    }
    session.watched.clear();
    session.transaction.watch_broken = false;
}

void Engine::mark_changed(std::size_t database, std::string_view key) {
    ++totals_.changes;
    if (watchers_.empty()) return;
    const auto found = watchers_.find({database, std::string(key)});
    if (found == watchers_.end()) return;
    for (Session* session : found->second) session->transaction.watch_broken = true;
}

void Engine::mark_database_changed(std::size_t database) {
    for (const auto& [place, line] : watchers_) {
        if (place.first != database) continue;
        for (Session* session : line) session->transaction.watch_broken = true;
    }
    waiting_.mark_database(database);
}

std::size_t Engine::publish(std::string_view channel, std::string_view message,
                            Channels::Kind kind) {
    const auto deliver = [&](Session& session, std::string_view pattern) {
        resp::ReplyWriter writer = push_to(session);
        writer.push(pattern.empty() ? 3 : 4);
        if (kind == Channels::Kind::shard)
            writer.bulk("smessage");
        else
            writer.bulk(pattern.empty() ? "message" : "pmessage");
        if (!pattern.empty()) writer.bulk(pattern);
        writer.bulk(channel);
        writer.bulk(message);
        limit_output(session);
    };
    return channels_.publish(channel, kind, deliver);
}

void Engine::publish_event(std::size_t database, EventKinds kind, std::string_view event,
                           std::string_view key) {
    const EventKinds wanted = settings_.notify_keyspace_events;
    if ((wanted & kind) == 0) return;
    const std::string number = std::to_string(database);
    if ((wanted & kKeyspaceChannel) != 0) {
        publish("__keyspace@" + number + "__:" + std::string(key), event, Channels::Kind::channel);
    }
    if ((wanted & kKeyeventChannel) != 0) {
        publish("__keyevent@" + number + "__:" + std::string(event), key, Channels::Kind::channel);
    }
}

void Engine::monitor(Session& session) {
    session.is_monitor = true;
    monitors_.join(session);
}

void Engine::unmonitor(Session& session) {
    session.is_monitor = false;
    monitors_.leave(session);
}

bool Engine::shut_down() {
    if (on_shutdown_) on_shutdown_();
    return static_cast<bool>(on_shutdown_);
}

void Engine::feed_monitors(const Session& session, Words words) {
    const std::int64_t now_us = keyspace_.clock().now_us();
    char head[64];
    (void)std::snprintf(head, sizeof(head), "%lld.%06lld [%zu ",
                        static_cast<long long>(now_us / 1'000'000),
                        static_cast<long long>(now_us % 1'000'000), session.database);
    std::string line = head + session.address + ']';
    for (const std::string_view word : words) {
        line += ' ';
        append_quoted(line, word);
    }
    for (Session* monitor : monitors_) {
        push_to(*monitor).simple(line);
        limit_output(*monitor);
    }
}

Engine::Time Engine::run_due(Time now) {
    keyspace_.clock().refresh();
    current_ = nullptr;
    end_late_waits(now);
    if (pause_ != Pause::none && now >= paused_until_) unpause();
    if (now >= next_turn_) {
        next_turn_ = now + kTurn;
        take_turn(now);
    }
    return std::min(next_turn_, waiting_.next_deadline().value_or(next_turn_));
}

void Engine::end_late_waits(Time now) {
    while (Session* session = waiting_.late(now)) {
        if (session->wait->kind == Wait::Kind::paused) {
            unpause();
            continue;
        }
        end_wait(*session);
    }
}

void Engine::end_wait(Session& session) {
    resp::ReplyWriter writer = answer_to(session);
    if (session.wait->kind == Wait::Kind::replicas)
        writer.integer(0);
    else
        writer.null_array();
    stop_waiting(session);
}

void Engine::close_idle(Time now) {
    const std::chrono::seconds timeout(settings_.timeout_seconds);
    if (timeout.count() == 0) return;
    for (const auto& [id, session] : sessions_) {
        const bool exempt = session->wait || session->in_channels() || session->is_monitor;
        if (!exempt && now - session->last_active > timeout) close(*session, Outlet::Close::now);
    }
}

void Engine::expired(std::size_t database, std::string_view key) {
    mark_changed(database, key);
    publish_event(database, kExpiredEvents, "expired", key);
}

void Engine::take_turn(Time now) {
    constexpr auto kExpiryBudget = std::chrono::milliseconds(1);
    const ActiveExpiry::Slice slice = active_expiry_.run(keyspace_, kExpiryBudget);
    if (slice.has_more) next_turn_ = now + 4 * kExpiryBudget;
    if (waiting_.has_marked()) serve_waiters();
    totals_.peak_memory = std::max(totals_.peak_memory, memory::used());
    totals_.commands_rate.look(totals_.commands, now);
    totals_.in_rate.look(totals_.bytes_in, now);
    totals_.out_rate.look(totals_.bytes_out, now);
    if (now < next_second_) return;
    next_second_ = now + std::chrono::seconds(1);
    close_idle(now);
}

}  // namespace assay::redis
