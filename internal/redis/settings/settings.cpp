#include "internal/redis/settings/settings.hpp"

#include <algorithm>
#include <limits>

#include "internal/redis/settings/assign.hpp"

namespace assay::redis {
namespace {

using S = Settings;
using L = Limits;
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMostInt = std::numeric_limits<std::int32_t>::max();

constexpr std::string_view kPolicies[] = {"volatile-lru",   "volatile-lfu", "volatile-random",
                                          "volatile-ttl",   "allkeys-lru",  "allkeys-lfu",
                                          "allkeys-random", "noeviction"};
constexpr std::string_view kPermissions[] = {"no", "yes", "local"};
constexpr std::string_view kCertificates[] = {"no", "yes", "optional"};

struct About {
    std::string_view name;
    std::string_view help;
    std::string_view alias = {};
    Changes changes = Changes::at_any_time;
};

template <auto Member>
constexpr Setting yes_no(About about) {
    return {about.name,           about.alias,
            about.changes,        "yes|no",
            about.help,           &assign_yes_no<Member>,
            &print_yes_no<Member>};
}
template <auto Member, std::int64_t Low = 0, std::int64_t High = kMostInt>
constexpr Setting number(About about) {
    return {about.name,           about.alias,
            about.changes,        "N",
            about.help,           &assign_number<Member, Low, High>,
            &print_number<Member>};
}
template <auto Member, std::int64_t Low = 0, std::int64_t High = kMost>
constexpr Setting memory(About about) {
    return {about.name,           about.alias,
            about.changes,        "BYTES",
            about.help,           &assign_memory<Member, Low, High>,
            &print_number<Member>};
}
template <auto Member>
constexpr Setting text(About about, std::string_view value_name) {
    return {about.name, about.alias,          about.changes,      value_name,
            about.help, &assign_text<Member>, &print_text<Member>};
}
template <auto Member, const auto& Words>
constexpr Setting choice(About about, std::string_view value_name) {
    return {about.name,
            about.alias,
            about.changes,
            value_name,
            about.help,
            &assign_choice<Member, Words>,
            &print_choice<Member, Words>};
}

constexpr Changes kAtStart = Changes::at_start;

constexpr Setting kSettings[] = {
    number<&S::active_expire_effort, 1, 10>(
        {"active-expire-effort", "how much time expired keys may take, 1 to 10"}),
    {"bind", "", kAtStart, "ADDRESSES", "addresses to listen on; a - before one: if there is one",
     &assign_bind, &print_bind},
    {"client-output-buffer-limit", "", Changes::at_any_time, "LIMITS",
     "class, hard, soft and seconds: when a client that does not read is cut off",
     &assign_output_limits, &print_output_limits},
    memory<&S::client_query_buffer_limit, 1 << 20>(
        {"client-query-buffer-limit", "bytes of one client's unfinished command"}),
    number<&S::databases, 1>({"databases", "number of databases", "", kAtStart}),
    choice<&S::enable_debug_command, kPermissions>(
        {"enable-debug-command", "who may use DEBUG", "", kAtStart}, "no|yes|local"),
    choice<&S::enable_protected_configs, kPermissions>(
        {"enable-protected-configs", "who may change protected settings", "", kAtStart},
        "no|yes|local"),
    number<&L::hash_max_listpack_entries, 0, kMost>({"hash-max-listpack-entries",
                                                     "fields of a hash that stays packed",
                                                     "hash-max-ziplist-entries"}),
    memory<&L::hash_max_listpack_value>({"hash-max-listpack-value",
                                         "bytes of a field or value in a packed hash",
                                         "hash-max-ziplist-value"}),
    memory<&L::hll_sparse_max_bytes>(
        {"hll-sparse-max-bytes", "bytes of a HyperLogLog that stays sparse"}),
    number<&S::hz, 1, 500>({"hz", "turns of the background work per second"}),
    number<&S::io_threads, 1, 128>(
        {"io-threads", "threads that read, parse and write", "", kAtStart}),
    number<&S::latency_monitor_threshold_ms, 0, kMost>(
        {"latency-monitor-threshold", "milliseconds from which an event is noted; 0: none"}),
    yes_no<&S::latency_tracking>({"latency-tracking", "keep latency histograms of commands"}),
    {"latency-tracking-info-percentiles", "", Changes::at_any_time, "PERCENTILES",
     "percentiles that INFO latencystats prints", &assign_percentiles, &print_percentiles},
    yes_no<&S::lazyfree_lazy_eviction>(
        {"lazyfree-lazy-eviction", "free evicted values in the background"}),
    yes_no<&S::lazyfree_lazy_expire>(
        {"lazyfree-lazy-expire", "free expired values in the background"}),
    yes_no<&S::lazyfree_lazy_server_del>(
        {"lazyfree-lazy-server-del", "free overwritten values in the background"}),
    yes_no<&S::lazyfree_lazy_user_del>({"lazyfree-lazy-user-del", "DEL works like UNLINK"}),
    yes_no<&S::lazyfree_lazy_user_flush>(
        {"lazyfree-lazy-user-flush", "FLUSHALL and FLUSHDB are ASYNC unless SYNC is said"}),
    number<&S::lfu_decay_time>({"lfu-decay-time", "minutes after which a use counts less"}),
    number<&S::lfu_log_factor>({"lfu-log-factor", "how slowly the counter of uses grows"}),
    number<&L::list_compress_depth>({"list-compress-depth", "accepted; lists stay as they are"}),
    number<&L::list_max_listpack_size, -5>({"list-max-listpack-size",
                                            "elements of a list's node, or -1 to -5: 4 to 64 KiB",
                                            "list-max-ziplist-size"}),
    number<&S::max_clients, 1, 0xffffffff>({"maxclients", "connections at one time"}),
    memory<&S::max_memory>({"maxmemory", "bytes from which keys are evicted; 0: no limit"}),
    choice<&S::max_memory_policy, kPolicies>({"maxmemory-policy", "which keys are evicted"},
                                             "POLICY"),
    number<&S::max_memory_samples, 1>({"maxmemory-samples", "keys compared per eviction"}),
    {"notify-keyspace-events", "", Changes::at_any_time, "LETTERS",
     "events that are published: of Kg$lshzxeKEtmdn and A", &assign_event_kinds,
     &print_event_kinds},
    number<&S::port, 0, 65535>({"port", "TCP port; 0: a free one"}),
    yes_no<&S::protected_mode>({"protected-mode", "without a password, serve this host only"}),
    memory<&S::proto_max_bulk_len, 1 << 20>(
        {"proto-max-bulk-len", "bytes of one argument", "", Changes::if_permitted}),
    text<&S::require_pass>({"requirepass", "password that clients must give"}, "PASSWORD"),
    number<&L::set_max_intset_entries, 0, kMost>(
        {"set-max-intset-entries", "integers of a set that stays an intset"}),
    number<&L::set_max_listpack_entries, 0, kMost>(
        {"set-max-listpack-entries", "members of a set that stays packed"}),
    memory<&L::set_max_listpack_value>(
        {"set-max-listpack-value", "bytes of a member in a packed set"}),
    number<&S::slowlog_log_slower_than_us, -1, kMost>(
        {"slowlog-log-slower-than", "microseconds from which a command is slow; -1: never"}),
    number<&S::slowlog_max_len, 0, kMost>({"slowlog-max-len", "entries of the slow log"}),
    memory<&L::stream_node_max_bytes>({"stream-node-max-bytes", "bytes of a stream's node"}),
    number<&L::stream_node_max_entries, 0, kMost>(
        {"stream-node-max-entries", "entries of a stream's node"}),
    number<&S::tcp_backlog>({"tcp-backlog", "connections that wait to be accepted", "", kAtStart}),
    number<&S::tcp_keepalive_seconds>(
        {"tcp-keepalive", "seconds between probes of silent connections; 0: none"}),
    number<&S::timeout_seconds>(
        {"timeout", "seconds after which idle clients are closed; 0: never"}),
    choice<&S::tls_auth_clients, kCertificates>(
        {"tls-auth-clients", "whether clients must have a certificate", "", kAtStart},
        "no|yes|optional"),
    text<&S::tls_ca_cert_file>(
        {"tls-ca-cert-file", "certificates that clients' are checked against", "", kAtStart},
        "FILE"),
    text<&S::tls_cert_file>({"tls-cert-file", "the server's certificate", "", kAtStart}, "FILE"),
    text<&S::tls_key_file>({"tls-key-file", "the key of the certificate", "", kAtStart}, "FILE"),
    number<&S::tls_port, 0, 65535>({"tls-port", "TCP port with TLS; 0: none", "", kAtStart}),
    text<&S::unix_socket>({"unixsocket", "path of a unix socket to listen on", "", kAtStart},
                          "PATH"),
    {"unixsocketperm", "", kAtStart, "MODE", "permissions of the unix socket, octal",
     &assign_octal<&S::unix_socket_permissions>, &print_octal<&S::unix_socket_permissions>},
    number<&L::zset_max_listpack_entries, 0, kMost>({"zset-max-listpack-entries",
                                                     "members of a sorted set that stays packed",
                                                     "zset-max-ziplist-entries"}),
    memory<&L::zset_max_listpack_value>({"zset-max-listpack-value",
                                         "bytes of a member in a packed sorted set",
                                         "zset-max-ziplist-value"}),
};

}  // namespace

std::span<const Setting> all_settings() {
    return kSettings;
}

const Setting* find_setting(std::string_view name) {
    const auto* const found =
        std::find_if(std::begin(kSettings), std::end(kSettings), [&](const Setting& setting) {
            return equals_ignoring_case(setting.name, name) ||
                   (!setting.alias.empty() && equals_ignoring_case(setting.alias, name));
        });
    return found == std::end(kSettings) ? nullptr : found;
}

std::string_view to_string(EvictionPolicy policy) {
    return kPolicies[static_cast<std::size_t>(policy)];
}

}  // namespace assay::redis
