#include "internal/redis/engine/engine.hpp"
#include "internal/redis/memory/memory.hpp"

#include <algorithm>
#include <utility>

namespace assay::redis {
namespace {

constexpr std::string_view kTooManyClients = "ERR max number of clients reached";
constexpr std::string_view kNoAuthentication = "NOAUTH Authentication required.";
constexpr std::string_view kOutOfMemory = "OOM command not allowed when used memory > 'maxmemory'.";

bool has_flag(const KnownCommand& command, CommandFlags flag) {
    return (command.row->flags & flag) != 0;
}

bool arity_fits(const Command& row, std::size_t words) {
    const auto count = static_cast<std::int64_t>(words);
    return row.arity >= 0 ? count == row.arity : count >= -row.arity;
}

std::string unknown_command(Words words) {
    constexpr std::size_t kMostBytes = 128;
    std::string text = "ERR unknown command '" + std::string(words[0].substr(0, kMostBytes)) +
                       "', with args beginning with: ";
    std::string begin;
    for (const std::string_view word : words.subspan(1)) {
        if (begin.size() >= kMostBytes) break;
        begin += '\'' + std::string(word.substr(0, kMostBytes - begin.size())) + "' ";
    }
    return text + begin;
}

std::string unknown_subcommand(const KnownCommand& container, std::string_view subcommand) {
    const std::string name = name_in_capitals(container.full_name);
    return "ERR unknown subcommand '" + std::string(subcommand.substr(0, 128)) + "'. Try " + name +
           " HELP.";
}

// Commands that act at once though a transaction is open.
bool acts_in_transaction(std::string_view name) {
    return name == "exec" || name == "discard" || name == "multi" || name == "watch" ||
           name == "quit" || name == "reset";
}

bool needs_memory(const Session& session, const KnownCommand& command) {
    if (command.row->name != "exec") return has_flag(command, kDenyOom);
    const auto& queue = session.transaction.queue;
    return std::any_of(queue.begin(), queue.end(), [](const QueuedCommand& queued) {
        return has_flag(*queued.command, kDenyOom);
    });
}

bool acts_while_subscribed(std::string_view name) {
    return name.ends_with("subscribe") || name == "ping" || name == "quit" || name == "reset";
}

}  // namespace

Engine::Engine(Settings settings, std::span<const std::span<const Command>> families)
    : settings_(std::move(settings)),
      keyspace_(static_cast<std::size_t>(settings_.databases)),
      catalogue_(families) {
    keyspace_.environment().listener = this;
    apply_settings();
}

Engine::~Engine() = default;

bool Engine::enter(Session& session) {
    if (sessions_.size() >= static_cast<std::size_t>(settings_.max_clients)) {
        ++totals_.rejected_connections;
        resp::ReplyWriter(session.out, session.protocol).error(kTooManyClients);
        return false;
    }
    ++totals_.connections;
    session.authenticated = settings_.require_pass.empty();
    sessions_.emplace(session.id, &session);
    return true;
}

void Engine::leave(Session& session) {
    if (session.wait) waiting_.remove(session);
    channels_.leave(session);
    unwatch(session);
    monitors_.leave(session);
    sessions_.erase(session.id);
}

std::size_t Engine::execute(Session& session, const resp::RequestBatch& batch, std::size_t first) {
    begin_batch();
    prefetch(session, batch, first);
    std::size_t at = first;
    while (at < batch.size() && !session.wait && !session.closing) {
        execute_next(session, batch[at++]);
    }
    return at;
}

void Engine::execute(Session& session, Words words) {
    begin_batch();
    execute_next(session, words);
}

void Engine::begin_batch() {
    keyspace_.clock().refresh();
    last_tick_ = ticks_.now();
}

void Engine::execute_next(Session& session, Words words) {
    current_ = &session;
    run(session, words);
    current_ = nullptr;
    limit_output(session);
}

void Engine::run(Session& session, Words words) {
    KnownCommand* command = look_up(session, words);
    if (command != nullptr && check(session, *command) &&
        !postpone_if_paused(session, *command, words)) {
        if (session.transaction.open && !acts_in_transaction(command->row->name)) {
            queue(session, *command, words);
        } else {
            call(session, *command, words);
            if (waiting_.has_marked()) serve_waiters();
        }
    }
}

KnownCommand* Engine::look_up(Session& session, Words words) {
    KnownCommand* command = catalogue_.find(words[0]);
    if (command == nullptr || command->container != nullptr) {
        reject(session, nullptr, unknown_command(words));
        return nullptr;
    }
    if (!command->subcommands.empty() && words.size() >= 2) {
        KnownCommand* subcommand = command->find(words[1]);
        if (subcommand == nullptr) {
            reject(session, nullptr, unknown_subcommand(*command, words[1]));
            return nullptr;
        }
        command = subcommand;
    }
    if (!arity_fits(*command->row, words.size())) {
        reject(session, command, wrong_arity_error(*command));
        return nullptr;
    }
    return command;
}

bool Engine::check(Session& session, KnownCommand& command) {
    if (!session.authenticated && !has_flag(command, kNoAuth)) {
        reject(session, &command, kNoAuthentication);
        return false;
    }
    if (settings_.max_memory > 0 && !make_room(session, command)) {
        reject(session, &command, kOutOfMemory);
        return false;
    }
    if (!session.resp3() && session.in_channels() && !acts_while_subscribed(command.row->name)) {
        std::string name = command.full_name;
        reject(session, &command,
               "ERR Can't execute '" + name +
                   "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed "
                   "in this context");
        return false;
    }
    if (session.transaction.open && has_flag(command, kNoMulti)) {
        reject(session, &command, "ERR Command not allowed inside a transaction");
        return false;
    }
    return true;
}

void Engine::reject(Session& session, KnownCommand* command, std::string_view error) {
    if (command != nullptr) ++command->statistics.rejected;
    totals_.count_error(error);
    // EXEC itself refused is a transaction given up.
    if (command != nullptr && command->row->name == "exec")
        session.transaction = {};
    else if (session.transaction.open)
        session.transaction.refused = true;
    answer_to(session).error(error);
}

void Engine::queue(Session& session, KnownCommand& command, Words words) {
    session.transaction.queue.push_back({&command, KeptWords(words)});
    answer_to(session).simple("QUEUED");
}

void Engine::call(Session& session, KnownCommand& command, Words words, bool is_again) {
    const std::uint64_t start = last_tick_;
    Call call{*this, session, command, words, answer_to(session), is_again};
    if (command.row->handler == nullptr)
        call.wrong_arity();
    else
        command.row->handler(call);
    last_tick_ = ticks_.now();
    if (call.waits) return;
    record(call, ticks_.to_nanoseconds(last_tick_ - start));
    if (session.reply_mode == ReplyMode::skip) session.reply_mode = ReplyMode::on;
    if (session.reply_mode == ReplyMode::skip_next) session.reply_mode = ReplyMode::skip;
}

void Engine::record(const Call& call, std::uint64_t nanoseconds) {
    CommandStatistics& statistics = call.command.statistics;
    ++statistics.calls;
    ++totals_.commands;
    ++call.session.commands;
    statistics.nanoseconds += nanoseconds;
    if (call.failed) ++statistics.failed;
    call.session.last_command = &call.command;
    if (settings_.latency_tracking) {
        if (!statistics.latency_ns) statistics.latency_ns = std::make_unique<stats::Histogram>(2);
        statistics.latency_ns->record(nanoseconds);
    }
    const auto microseconds = static_cast<std::int64_t>(nanoseconds / 1000);
    const std::int64_t now_s = keyspace_.clock().now_ms() / 1000;
    if (settings_.slowlog_log_slower_than_us >= 0 &&
        microseconds >= settings_.slowlog_log_slower_than_us &&
        !has_flag(call.command, kSkipSlowlog)) {
        slow_log_.add(now_s, static_cast<std::uint64_t>(microseconds), call.words, call.session,
                      static_cast<std::size_t>(settings_.slowlog_max_len));
    }
    if (settings_.latency_monitor_threshold_ms > 0 &&
        microseconds >= 1000 * settings_.latency_monitor_threshold_ms) {
        latency_events_.add(has_flag(call.command, kFast) ? "fast-command" : "command", now_s,
                            static_cast<std::uint32_t>(microseconds / 1000));
    }
    if (!monitors_.empty() && !has_flag(call.command, kSkipMonitor | kAdmin)) {
        feed_monitors(call.session, call.words);
    }
}

resp::ReplyWriter Engine::answer_to(Session& session) {
    if (session.reply_mode == ReplyMode::off || session.reply_mode == ReplyMode::skip) {
        unsent_.clear();
        return {unsent_, session.protocol};
    }
    return push_to(session);
}

resp::ReplyWriter Engine::push_to(Session& session) {
    if (&session == current_) return {session.out, session.protocol};
    session.outlet.wake();
    return {session.mail, session.protocol};
}

void Engine::collect_mail(Session& session) {
    while (!session.mail.empty()) {
        iovec front{};
        session.mail.iovecs({&front, 1});
        session.out.append({static_cast<const char*>(front.iov_base), front.iov_len});
        session.mail.consume(front.iov_len);
    }
}

void Engine::close(Session& session, Outlet::Close when) {
    session.closing = true;
    session.outlet.close(when);
}

void Engine::limit_output(Session& session) {
    const bool subscriber = session.in_channels();
    const OutputLimit& limit =
        subscriber ? settings_.output_limits.pubsub : settings_.output_limits.normal;
    if (limit.hard == 0 && limit.soft == 0) return;
    const std::size_t held = session.out.memory() + session.mail.memory();
    const Time now = std::chrono::steady_clock::now();
    bool too_much = limit.hard > 0 && held >= limit.hard;
    if (limit.soft == 0 || held < limit.soft)
        session.above_soft_limit_since.reset();
    else if (!session.above_soft_limit_since)
        session.above_soft_limit_since = now;
    else
        too_much |=
            now - *session.above_soft_limit_since > std::chrono::seconds(limit.soft_seconds);
    if (!too_much || session.closing) return;
    ++totals_.output_limit_disconnections;
    close(session, Outlet::Close::now);
}

void Engine::apply_settings() {
    AccessRules& rules = keyspace_.environment().access_rules;
    rules.counts_frequency = settings_.max_memory_policy == EvictionPolicy::allkeys_lfu ||
                             settings_.max_memory_policy == EvictionPolicy::volatile_lfu;
    rules.lfu_log_factor = settings_.lfu_log_factor;
    rules.lfu_decay_minutes = settings_.lfu_decay_time;
    slow_log_.shorten(static_cast<std::size_t>(settings_.slowlog_max_len));
}

EvictionRules Engine::eviction_rules() const {
    const auto samples = static_cast<std::size_t>(settings_.max_memory_samples);
    switch (settings_.max_memory_policy) {
        case EvictionPolicy::volatile_lru:
            return {EvictionOrder::kLru, true, samples};
        case EvictionPolicy::volatile_lfu:
            return {EvictionOrder::kLfu, true, samples};
        case EvictionPolicy::volatile_random:
            return {EvictionOrder::kRandom, true, samples};
        case EvictionPolicy::volatile_ttl:
            return {EvictionOrder::kTtl, true, samples};
        case EvictionPolicy::allkeys_lru:
            return {EvictionOrder::kLru, false, samples};
        case EvictionPolicy::allkeys_lfu:
            return {EvictionOrder::kLfu, false, samples};
        case EvictionPolicy::allkeys_random:
            return {EvictionOrder::kRandom, false, samples};
        case EvictionPolicy::noeviction:
            break;
    }
    return {EvictionOrder::kNone, false, samples};
}

bool Engine::make_room(Session& session, const KnownCommand& command) {
    // Longer than this no command waits for the memory of others; the next one goes on.
    constexpr auto kBudget = std::chrono::microseconds(500);
    const auto limit = static_cast<std::size_t>(settings_.max_memory);
    const Time end = std::chrono::steady_clock::now() + kBudget;
    while (memory::used() > limit) {
        const Eviction::Victim victim = eviction_.pick(keyspace_, eviction_rules());
        if (victim.entry == nullptr) return !needs_memory(session, command);
        const std::string key(victim.entry->key());
        Database& database = keyspace_[victim.database];
        if (settings_.lazyfree_lazy_eviction)
            database.unlink(victim.entry);
        else
            database.erase(victim.entry);
        ++totals_.evicted_keys;
        mark_changed(victim.database, key);
        publish_event(victim.database, kEvictedEvents, "evicted", key);
        if (std::chrono::steady_clock::now() > end) break;
    }
    return true;
}

void Engine::prefetch(const Session& session, const resp::RequestBatch& batch, std::size_t first) {
    constexpr std::size_t kMost = 32;
    if (batch.size() - first < 2) return;
    soon_.clear();
    for (std::size_t i = first; i < batch.size() && soon_.size() < kMost; ++i) {
        if (batch[i].size() >= 2) soon_.emplace_back(batch[i][1]);
    }
    keyspace_[session.database].prefetch(soon_);
}

}  // namespace assay::redis
