// INFO.
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <set>
#include <string>

#include "internal/redis/commands/connection.hpp"
#include "internal/redis/commands/server.hpp"
#include "internal/redis/commands/values.hpp"
#include "internal/redis/engine/engine.hpp"
#include "internal/redis/memory/memory.hpp"

namespace assay::redis::commands {
namespace {

// Lines of "name:value".
class Lines {
  public:
    void add(std::string_view name, std::string_view value) {
        text_ += name;
        text_ += ':';
        text_ += value;
        text_ += "\r\n";
    }
    template <class Number>
    requires std::is_arithmetic_v<Number>
    void add(std::string_view name, Number value) {
        if constexpr (std::is_floating_point_v<Number>) {
            char digits[32];
            (void)std::snprintf(digits, sizeof(digits), "%.2f", value);
            add(name, std::string_view(digits));
        } else {
            add(name, std::string_view(std::to_string(value)));
        }
    }
    std::string take() { return std::move(text_); }

  private:
    std::string text_;
};

// As INFO prints bytes for people: 1.50M.
std::string for_people(std::size_t bytes) {
    constexpr std::string_view kUnits = "BKMGT";
    auto amount = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; amount >= 1024 && unit + 1 < kUnits.size(); ++unit) amount /= 1024;
    char text[32];
    (void)std::snprintf(text, sizeof(text), unit == 0 ? "%.0f%c" : "%.2f%c", amount, kUnits[unit]);
    return text;
}

std::size_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::size_t pages = 0;
    file >> pages >> pages;  // the second field: proc(5)
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::chrono::seconds uptime(const Call& call) {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() -
                                                            call.engine.started_at());
}

void server_section(Call& call, Lines& lines) {
    utsname host{};
    (void)::uname(&host);
    lines.add("redis_version", kRedisVersion);
    lines.add("redis_mode", "standalone");
    lines.add("os", std::string(host.sysname) + ' ' + host.release + ' ' + host.machine);
    lines.add("arch_bits", 64);
    lines.add("multiplexing_api", "epoll");
    lines.add("gcc_version", __VERSION__);
    lines.add("process_id", ::getpid());
    lines.add("tcp_port", call.settings().port);
    lines.add("server_time_usec", call.keyspace().clock().now_us());
    lines.add("uptime_in_seconds", uptime(call).count());
    lines.add("uptime_in_days", uptime(call).count() / 86400);
    lines.add("hz", call.settings().hz);
    lines.add("configured_hz", call.settings().hz);
    lines.add("executable", "");
    lines.add("config_file", "");
    lines.add("io_threads_active", call.settings().io_threads > 1 ? 1 : 0);
}

void clients_section(Call& call, Lines& lines) {
    std::size_t blocked = 0;
    for (const auto& [id, session] : call.engine.sessions()) blocked += session->wait ? 1 : 0;
    lines.add("connected_clients", call.engine.sessions().size());
    lines.add("cluster_connections", 0);
    lines.add("maxclients", call.settings().max_clients);
    lines.add("client_recent_max_input_buffer", 0);
    lines.add("client_recent_max_output_buffer", 0);
    lines.add("blocked_clients", blocked);
    lines.add("tracking_clients", 0);
    lines.add("clients_in_timeout_table", blocked);
}

void memory_section(Call& call, Lines& lines) {
    const std::size_t used = memory::used();
    const std::size_t peak = std::max(call.engine.totals().peak_memory, used);
    const std::size_t resident = resident_bytes();
    const auto limit = static_cast<std::size_t>(call.settings().max_memory);
    lines.add("used_memory", used);
    lines.add("used_memory_human", for_people(used));
    lines.add("used_memory_rss", resident);
    lines.add("used_memory_rss_human", for_people(resident));
    lines.add("used_memory_peak", peak);
    lines.add("used_memory_peak_human", for_people(peak));
    lines.add("used_memory_lua", 0);
    lines.add("used_memory_scripts", 0);
    lines.add("maxmemory", limit);
    lines.add("maxmemory_human", for_people(limit));
    lines.add("maxmemory_policy", to_string(call.settings().max_memory_policy));
    lines.add("mem_fragmentation_ratio",
              used == 0 ? 0.0 : static_cast<double>(resident) / static_cast<double>(used));
    lines.add("mem_allocator", "libc");
    lines.add("active_defrag_running", 0);
    lines.add("lazyfree_pending_objects", call.keyspace().lazy_free().pending());
    lines.add("lazyfreed_objects", call.keyspace().lazy_free().freed());
}

void persistence_section(Call& call, Lines& lines) {
    lines.add("loading", 0);
    lines.add("async_loading", 0);
    lines.add("rdb_changes_since_last_save", call.engine.totals().changes);
    lines.add("rdb_bgsave_in_progress", 0);
    lines.add("rdb_last_save_time", 0);
    lines.add("rdb_last_bgsave_status", "ok");
    lines.add("aof_enabled", 0);
    lines.add("aof_rewrite_in_progress", 0);
    lines.add("aof_last_bgrewrite_status", "ok");
    lines.add("aof_last_write_status", "ok");
}

void stats_section(Call& call, Lines& lines) {
    const Totals& totals = call.engine.totals();
    lines.add("total_connections_received", totals.connections);
    lines.add("total_commands_processed", totals.commands);
    lines.add("instantaneous_ops_per_sec",
              static_cast<std::int64_t>(totals.commands_rate.per_second()));
    lines.add("total_net_input_bytes", totals.bytes_in);
    lines.add("total_net_output_bytes", totals.bytes_out);
    lines.add("instantaneous_input_kbps", totals.in_rate.per_second() / 1024);
    lines.add("instantaneous_output_kbps", totals.out_rate.per_second() / 1024);
    lines.add("rejected_connections", totals.rejected_connections);
    lines.add("sync_full", 0);
    lines.add("sync_partial_ok", 0);
    lines.add("sync_partial_err", 0);
    lines.add("expired_keys", call.keyspace().environment().expired_keys);
    lines.add("evicted_keys", totals.evicted_keys);
    lines.add("evicted_clients", totals.evicted_clients);
    lines.add("keyspace_hits", totals.keyspace_hits);
    lines.add("keyspace_misses", totals.keyspace_misses);
    lines.add("pubsub_channels", call.engine.channels().count(Channels::Kind::channel));
    lines.add("pubsub_patterns", call.engine.channels().count(Channels::Kind::pattern));
    lines.add("pubsubshard_channels", call.engine.channels().count(Channels::Kind::shard));
    lines.add("latest_fork_usec", 0);
    lines.add("total_forks", 0);
    lines.add("migrate_cached_sockets", 0);
    lines.add("tracking_total_keys", 0);
    lines.add("total_error_replies", totals.error_replies);
    lines.add("client_query_buffer_limit_disconnections", totals.query_limit_disconnections);
    lines.add("client_output_buffer_limit_disconnections", totals.output_limit_disconnections);
}

void replication_section(Call&, Lines& lines) {
    lines.add("role", "master");
    lines.add("connected_slaves", 0);
    lines.add("master_failover_state", "no-failover");
    lines.add("master_replid", std::string(40, '0'));
    lines.add("master_replid2", std::string(40, '0'));
    lines.add("master_repl_offset", 0);
    lines.add("second_repl_offset", -1);
    lines.add("repl_backlog_active", 0);
}

void cpu_section(Call&, Lines& lines) {
    rusage usage{};
    (void)::getrusage(RUSAGE_SELF, &usage);
    const auto print = [](const timeval& time) {
        char text[48];
        (void)std::snprintf(text, sizeof(text), "%lld.%06lld", static_cast<long long>(time.tv_sec),
                            static_cast<long long>(time.tv_usec));
        return std::string(text);
    };
    lines.add("used_cpu_sys", print(usage.ru_stime));
    lines.add("used_cpu_user", print(usage.ru_utime));
}

void modules_section(Call&, Lines&) {}

void errors_section(Call& call, Lines& lines) {
    for (const auto& [word, count] : call.engine.totals().errors) {
        lines.add("errorstat_" + word, "count=" + std::to_string(count));
    }
}

// visit(command) for all commands and subcommands.
template <class Visit>
void for_each_command(Call& call, const Visit& visit) {
    for (const KnownCommand& known : call.engine.catalogue().all()) {
        visit(known);
        for (const KnownCommand& subcommand : known.subcommands) visit(subcommand);
    }
}

void commands_section(Call& call, Lines& lines) {
    for_each_command(call, [&](const KnownCommand& known) {
        const CommandStatistics& of = known.statistics;
        if (of.calls == 0 && of.rejected == 0 && of.failed == 0) return;
        const double us = static_cast<double>(of.nanoseconds) / 1000;
        char text[160];
        (void)std::snprintf(text, sizeof(text),
                            "calls=%llu,usec=%.0f,usec_per_call=%.2f,rejected_calls=%llu,"
                            "failed_calls=%llu",
                            static_cast<unsigned long long>(of.calls), us,
                            of.calls == 0 ? 0 : us / static_cast<double>(of.calls),
                            static_cast<unsigned long long>(of.rejected),
                            static_cast<unsigned long long>(of.failed));
        lines.add("cmdstat_" + known.full_name, std::string_view(text));
    });
}

void latency_section(Call& call, Lines& lines) {
    for_each_command(call, [&](const KnownCommand& known) {
        if (!known.statistics.latency_ns) return;
        std::string line;
        for (const double percentile : call.settings().latency_tracking_percentiles) {
            char text[64];
            const double us =
                static_cast<double>(known.statistics.latency_ns->value_at(percentile)) / 1000;
            (void)std::snprintf(text, sizeof(text), "%sp%g=%.3f", line.empty() ? "" : ",",
                                percentile, us);
            line += text;
        }
        lines.add("latency_percentiles_usec_" + known.full_name, line);
    });
}

void cluster_section(Call&, Lines& lines) {
    lines.add("cluster_enabled", 0);
}

void keyspace_section(Call& call, Lines& lines) {
    for (std::size_t i = 0; i < call.keyspace().databases(); ++i) {
        Database& database = call.keyspace()[i];
        if (database.size() == 0) continue;
        lines.add("db" + std::to_string(i),
                  "keys=" + std::to_string(database.size()) +
                      ",expires=" + std::to_string(database.volatile_count()) +
                      ",avg_ttl=" + std::to_string(database.average_ttl_ms()));
    }
}

struct Section {
    std::string_view word;  // in capitals
    std::string_view title;
    void (*write)(Call& call, Lines& lines);
    bool by_default = true;
};
constexpr Section kSections[] = {
    {"SERVER", "Server", &server_section},
    {"CLIENTS", "Clients", &clients_section},
    {"MEMORY", "Memory", &memory_section},
    {"PERSISTENCE", "Persistence", &persistence_section},
    {"STATS", "Stats", &stats_section},
    {"REPLICATION", "Replication", &replication_section},
    {"CPU", "CPU", &cpu_section},
    {"MODULES", "Modules", &modules_section},
    {"COMMANDSTATS", "Commandstats", &commands_section, false},
    {"ERRORSTATS", "Errorstats", &errors_section},
    {"LATENCYSTATS", "Latencystats", &latency_section, false},
    {"CLUSTER", "Cluster", &cluster_section},
    {"KEYSPACE", "Keyspace", &keyspace_section},
};

bool is_asked(Words asked, const Section& section) {
    if (asked.empty()) return section.by_default;
    return std::any_of(asked.begin(), asked.end(), [&](std::string_view word) {
        return is_word(word, section.word) || is_word(word, "ALL") || is_word(word, "EVERYTHING") ||
               (section.by_default && is_word(word, "DEFAULT"));
    });
}

}  // namespace

void info(Call& call) {
    std::string text;
    for (const Section& section : kSections) {
        if (!is_asked(call.words.subspan(1), section)) continue;
        Lines lines;
        section.write(call, lines);
        if (!text.empty()) text += "\r\n";
        text += "# " + std::string(section.title) + "\r\n" + lines.take();
    }
    call.reply.verbatim(text);
}

}  // namespace assay::redis::commands
