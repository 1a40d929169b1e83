// The server's side of a WebSocket (RFC 6455), on a connection that began as HTTP.
//
// Messages in, messages out; frames, masks, pings and the closing handshake are inside. Messages
// are sent in the order of send(). When max_queued of them wait, no more are read until some have
// gone: a client that asks faster than it listens holds itself back. A peer that answers no ping
// for pong_wait, or takes nothing for write_wait, is dropped.
//
// Beast does the protocol; it stays in the source, without its deflate extension. Everything
// belongs to the loop's thread, and no callback comes from inside the call that causes it, but for
// on_closed from drop().
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "pkg/http/server.hpp"

namespace assay::websocket {

struct Options {
    std::optional<std::size_t> max_message_bytes;  // empty: none
    std::size_t max_queued = 128;                  // messages
    std::chrono::nanoseconds ping_period = std::chrono::seconds(50);
    std::chrono::nanoseconds pong_wait = std::chrono::seconds(60);
    std::chrono::nanoseconds write_wait = std::chrono::seconds(10);
};

struct Events {
    // The bytes are there during the call.
    std::function<void(std::string_view)> on_message;
    // Once, whoever ended it. Nothing is called after it.
    std::function<void()> on_closed;
};

enum class Kind { kText, kBinary };

// The answer to a request that cannot become a WebSocket; empty: it can.
std::optional<http::Response> refuse_upgrade(const http::Request& request);

class Connection {
  public:
    virtual ~Connection() = default;

    // `on_sent` is called when the message is with the kernel, or lost with the connection.
    virtual void send(std::string message, Kind kind, std::function<void()> on_sent = {}) = 0;
    // Ends it at once, without a closing handshake: the peer sees an abnormal end (1006).
    virtual void drop() = 0;
    // The same, behind what is queued. The peer gets all of it.
    virtual void drop_when_sent() = 0;
};

// Answers the upgrade and begins to read. The connection lives until on_closed, and as long as
// somebody holds it.
std::shared_ptr<Connection> accept(http::TakenOver taken, const http::Request& request,
                                   const Options& options, Events events);

}  // namespace assay::websocket
