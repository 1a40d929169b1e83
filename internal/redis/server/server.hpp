// The whole server: listeners, threads that serve connections, the clock's work, an orderly end.
//
// One thread (the caller's, an Asio loop) accepts, takes signals and does what time brings; N
// others (io_loop.hpp) own the connections, which are dealt out in turn. SIGTERM, SIGINT and
// SHUTDOWN end it: no more connections, what is written is sent as far as it goes at once.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "internal/redis/settings/settings.hpp"
#include "pkg/result/result.hpp"

namespace assay::redis {

struct ServerOptions {
    Settings settings;
    // Called once, when connections are served: "listening on 127.0.0.1:6379\n", a line each.
    std::function<void(const std::string& lines)> on_ready = {};
};

// Returns when the server has ended.
Result<void> serve(ServerOptions options);

}  // namespace assay::redis
