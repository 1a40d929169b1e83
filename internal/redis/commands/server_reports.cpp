// SLOWLOG, LATENCY and MEMORY: what the server noted about itself.
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "internal/redis/commands/server.hpp"
#include "internal/redis/commands/values.hpp"
#include "internal/redis/engine/engine.hpp"
#include "internal/redis/memory/memory.hpp"

namespace assay::redis::commands {
namespace {

void reply_slow(Call& call, const SlowLog::Entry& entry) {
    call.reply.array(6);
    call.reply.integer(static_cast<std::int64_t>(entry.id));
    call.reply.integer(entry.time_s);
    call.reply.integer(static_cast<std::int64_t>(entry.duration_us));
    call.reply.array(entry.words.size());
    for (const std::string& word : entry.words) call.reply.bulk(word);
    call.reply.bulk(entry.address);
    call.reply.bulk(entry.name);
}

void pair(Call& call, std::string_view name, std::size_t value) {
    call.reply.bulk(name);
    call.reply.integer(static_cast<std::int64_t>(value));
}

}  // namespace

void slowlog_get(Call& call) {
    if (call.words.size() > 3) return call.unknown_subcommand();
    const auto& entries = call.engine.slow_log().entries();
    std::int64_t most = 10;
    if (call.words.size() == 3) {
        constexpr std::string_view kRange = "ERR count should be greater than or equal to -1";
        const auto count = call.integer(call.words[2], kRange);
        if (!count) return;
        if (*count < -1) return call.error(kRange);
        most = *count == -1 ? std::numeric_limits<std::int64_t>::max() : *count;
    }
    const std::size_t count = std::min(entries.size(), static_cast<std::size_t>(most));
    call.reply.array(count);
    for (std::size_t i = 0; i < count; ++i) reply_slow(call, entries[i]);
}

void slowlog_len(Call& call) {
    call.reply.integer(static_cast<std::int64_t>(call.engine.slow_log().entries().size()));
}

void slowlog_reset(Call& call) {
    call.engine.slow_log().clear();
    call.reply.ok();
}

void latency_latest(Call& call) {
    const auto& events = call.engine.latency_events().events();
    call.reply.array(events.size());
    for (const auto& [name, event] : events) {
        call.reply.array(4);
        call.reply.bulk(name);
        call.reply.integer(event.samples.back().time_s);
        call.reply.integer(event.samples.back().latency_ms);
        call.reply.integer(event.max_ms);
    }
}

void latency_history(Call& call) {
    const auto& events = call.engine.latency_events().events();
    const auto found = events.find(call.words[2]);
    if (found == events.end()) return call.reply.array(0);
    call.reply.array(found->second.samples.size());
    for (const LatencyEvents::Sample& sample : found->second.samples) {
        call.reply.array(2);
        call.reply.integer(sample.time_s);
        call.reply.integer(sample.latency_ms);
    }
}

void latency_reset(Call& call) {
    LatencyEvents& events = call.engine.latency_events();
    std::size_t count = 0;
    if (call.words.size() == 2) count = events.reset_all();
    for (const std::string_view name : call.words.subspan(2)) count += events.reset(name);
    call.reply.integer(static_cast<std::int64_t>(count));
}

void memory_usage(Call& call) {
    const Words words = call.words;
    for (std::size_t i = 3; i < words.size(); i += 2) {
        if (!is_word(words[i], "SAMPLES") || i + 1 == words.size()) {
            return call.error(kSyntaxError);
        }
        const auto samples = call.integer(words[i + 1]);
        if (!samples) return;
        if (*samples < 0) return call.error(kSyntaxError);
    }
    const Entry* entry = call.database().peek(words[2]);
    if (entry == nullptr) return call.reply.null();
    call.reply.integer(static_cast<std::int64_t>(entry->memory_usage()));
}

void memory_stats(Call& call) {
    const std::size_t used = memory::used();
    const std::size_t keys = call.keyspace().size();
    call.reply.map(4);
    pair(call, "peak.allocated", std::max(call.engine.totals().peak_memory, used));
    pair(call, "total.allocated", used);
    pair(call, "keys.count", keys);
    pair(call, "keys.bytes-per-key", keys == 0 ? 0 : used / keys);
}

void memory_purge(Call& call) {
    memory::trim();
    call.reply.ok();
}

void memory_malloc_stats(Call& call) {
    call.reply.bulk("Stats not supported for the current allocator");
}

}  // namespace assay::redis::commands
