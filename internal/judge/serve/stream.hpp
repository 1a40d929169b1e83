// /stream: one request, its input and its output while it runs, over one WebSocket.
//
// The first byte of a message is its type, see the MessageType in the source. Whatever does not fit
// (no request first, input for what is no streamIn, a resize without a terminal) ends the
// connection without a closing handshake, and the run. Output is passed on with back-pressure: a
// program waits while its client does not read. Belongs to the loop's thread, but for output and
// the end, which come from the run's.
#pragma once

#include <memory>

#include "internal/judge/serve/ws.hpp"

namespace assay::judge {

// Answers the upgrade, or refuses it with 400, and serves the session.
void serve_stream(const SessionContext& context, const http::Request& request,
                  const http::Responder& responder, const std::shared_ptr<Exchange>& exchange);

}  // namespace assay::judge
