// The server's settings, with Redis' names and values.
//
// One row per setting feeds the flag (`--maxmemory 1gb`), the variable, the TOML key and CONFIG GET
// and SET: a name, how a text becomes the value and the value a text, and whether it may change
// while the server runs. Texts are Redis' own: `yes` and `no`, memory as 1k (1000), 1kb (1024),
// 1gb, lists separated by spaces. A complaint is the reason that CONFIG SET's error ends with
// (as Redis 7.0 words it).
//
// Plain data; the engine that owns a Settings guards it with its lock. What a change sets off (a
// port to listen on, a log to shorten) is the reader's matter: who needs a value reads it here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "internal/redis/types/limits.hpp"

namespace assay::redis {

enum class EvictionPolicy : std::uint8_t {
    volatile_lru,
    volatile_lfu,
    volatile_random,
    volatile_ttl,
    allkeys_lru,
    allkeys_lfu,
    allkeys_random,
    noeviction,
};

// Who may use a dangerous command: nobody, everybody, clients of this host.
enum class Permission : std::uint8_t { no, yes, local };

// Whether clients must show a TLS certificate.
enum class ClientCertificate : std::uint8_t { no, yes, optional };

// When a client that does not read is cut off: at once, or after `soft_seconds` above the soft
// limit. Bytes; 0: no limit.
struct OutputLimit {
    std::uint64_t hard = 0;
    std::uint64_t soft = 0;
    std::int64_t soft_seconds = 0;
};
struct OutputLimits {
    OutputLimit normal;
    OutputLimit replica{256U << 20U, 64U << 20U, 60};
    OutputLimit pubsub{32U << 20U, 8U << 20U, 60};
};

// What notify-keyspace-events turns on (redis.io/docs, "Redis keyspace notifications").
using EventKinds = std::uint32_t;
inline constexpr EventKinds kKeyspaceChannel = 1U << 0U;  // K
inline constexpr EventKinds kKeyeventChannel = 1U << 1U;  // E
inline constexpr EventKinds kGenericEvents = 1U << 2U;    // g
inline constexpr EventKinds kStringEvents = 1U << 3U;     // $
inline constexpr EventKinds kListEvents = 1U << 4U;       // l
inline constexpr EventKinds kSetEvents = 1U << 5U;        // s
inline constexpr EventKinds kHashEvents = 1U << 6U;       // h
inline constexpr EventKinds kSortedSetEvents = 1U << 7U;  // z
inline constexpr EventKinds kExpiredEvents = 1U << 8U;    // x
inline constexpr EventKinds kEvictedEvents = 1U << 9U;    // e
inline constexpr EventKinds kStreamEvents = 1U << 10U;    // t
inline constexpr EventKinds kMissEvents = 1U << 11U;      // m, not in A
inline constexpr EventKinds kModuleEvents = 1U << 12U;    // d
inline constexpr EventKinds kNewKeyEvents = 1U << 13U;    // n, not in A
inline constexpr EventKinds kAllEvents =                  // A
    kGenericEvents | kStringEvents | kListEvents | kSetEvents | kHashEvents | kSortedSetEvents |
    kExpiredEvents | kEvictedEvents | kStreamEvents | kModuleEvents;

struct Settings {
    // Where it listens. A port of 0 in the configuration means a free one.
    std::vector<std::string> bind = {"127.0.0.1", "-::1"};
    std::int64_t port = 6379;
    std::int64_t tls_port = 0;  // 0: no TLS
    std::string unix_socket;
    std::int64_t unix_socket_permissions = 0;  // 0: the umask's
    std::int64_t tcp_backlog = 511;
    std::int64_t tcp_keepalive_seconds = 300;
    bool protected_mode = true;
    std::string tls_cert_file;
    std::string tls_key_file;
    std::string tls_ca_cert_file;
    ClientCertificate tls_auth_clients = ClientCertificate::yes;

    // Clients.
    std::int64_t io_threads = 1;
    std::int64_t max_clients = 10000;
    std::int64_t timeout_seconds = 0;
    std::string require_pass;
    OutputLimits output_limits;
    std::int64_t client_query_buffer_limit = 1LL << 30U;
    std::int64_t proto_max_bulk_len = 512LL << 20U;

    // Data.
    std::int64_t databases = 16;
    std::int64_t max_memory = 0;  // 0: no limit
    EvictionPolicy max_memory_policy = EvictionPolicy::noeviction;
    std::int64_t max_memory_samples = 5;
    std::int64_t lfu_log_factor = 10;
    std::int64_t lfu_decay_time = 1;  // minutes
    bool lazyfree_lazy_eviction = false;
    bool lazyfree_lazy_expire = false;
    bool lazyfree_lazy_server_del = false;
    bool lazyfree_lazy_user_del = false;
    bool lazyfree_lazy_user_flush = false;
    std::int64_t active_expire_effort = 1;
    std::int64_t hz = 10;
    Limits limits;
    EventKinds notify_keyspace_events = 0;

    // What is written down about commands.
    std::int64_t slowlog_log_slower_than_us = 10000;  // negative: nothing
    std::int64_t slowlog_max_len = 128;
    std::int64_t latency_monitor_threshold_ms = 0;  // 0: off
    bool latency_tracking = true;
    std::vector<double> latency_tracking_percentiles = {50, 99, 99.9};

    Permission enable_debug_command = Permission::no;
    Permission enable_protected_configs = Permission::no;
};

enum class Changes : std::uint8_t {
    at_any_time,
    if_permitted,  // CONFIG SET asks for enable-protected-configs
    at_start,
};

struct Setting {
    std::string_view name;
    std::string_view alias;  // the name it had before, empty when there was none
    Changes changes = Changes::at_any_time;
    std::string_view value_name;  // "BYTES", for the help
    std::string_view help;
    // Sets the value, or says what is wrong with the text and leaves the value as it was.
    std::optional<std::string> (*assign)(Settings&, std::string_view text) = nullptr;
    std::string (*print)(const Settings&) = nullptr;
};

// In alphabetical order.
std::span<const Setting> all_settings();

// By name or alias, in any case of letters; null when there is none.
const Setting* find_setting(std::string_view name);

// "100", "1k", "1kb", "5mb", "1G": bytes; empty when it is none of these.
std::optional<std::uint64_t> parse_memory(std::string_view text);

// The words of a policy, in the order of the enumerators.
std::string_view to_string(EvictionPolicy policy);

}  // namespace assay::redis
