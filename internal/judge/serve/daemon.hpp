// The daemon: everything of `assay serve-judge` put together, started and stopped.
//
// Order of the start: the slot keeper (before there is a second thread or a socket that it would
// inherit), the listeners (a second daemon by mistake ends there, before it touches the first one's
// store), control groups (left-overs of a killed server are swept), store, pool, and when requests
// are served the line "listening on ADDRESS:PORT …" (before it "metrics on …"). Order of the end,
// on SIGTERM or SIGINT: no new requests (503 with Retry-After), what runs is finished until the
// drain deadline, then killed; connections are closed; the store goes; a second signal stops at
// once.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "internal/judge/execute/worker_pool.hpp"
#include "internal/judge/model/config_document.hpp"
#include "internal/judge/store/file_store.hpp"
#include "pkg/result/result.hpp"
#include "pkg/sandbox/slot.hpp"

namespace assay::judge {

enum class LogFormat { kText, kJson };

struct DaemonOptions {
    std::string http_address = "localhost:5050";     // HOST:PORT; port 0: any free one
    std::string monitor_address = "localhost:5052";  // served with enable_metrics
    bool enable_metrics = false;
    std::string auth_token;                         // empty: none
    std::optional<std::uint64_t> body_limit_bytes;  // default: none on loopback, else 256 MiB
    StoreOptions store;
    PoolOptions pool;
    sandbox::SlotSpec slots;
    ConfigDocument config;  // GET /config, but for the control groups and the store's path
    std::string cgroup_prefix = "gojudge";
    bool no_fallback = false;  // without control groups: an error instead of a warning
    std::chrono::nanoseconds drain_timeout = std::chrono::seconds(3);
    std::optional<int> ready_fd;  // gets a line when requests are served, and is closed
    LogFormat log_format = LogFormat::kText;
    bool silent = false;   // no log
    bool release = false;  // no access log lines below warnings
};

// Serves until a signal ends it. Returns the exit code; an error is one of the start.
Result<int> run_daemon(const DaemonOptions& options);

}  // namespace assay::judge
