// /ws: many requests over one WebSocket, answered in the order of their ends.
//
// A message is a request of /run with an id of the client's, or the id of one to cancel. Text that
// is no such message ends the connection without a closing handshake; so does a client that goes
// away; both cancel what runs. Belongs to the loop's thread; answers are encoded where they are
// made and posted.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "internal/judge/serve/rest.hpp"
#include "internal/judge/serve/sessions.hpp"
#include "pkg/event/loop.hpp"
#include "pkg/websocket/connection.hpp"

namespace assay::judge {

// What sessions share; all outlives them.
struct SessionContext {
    event::Loop& loop;
    Executor executor;
    Books books;
    Sessions& sessions;
    websocket::Options options;
};

// Answers the upgrade, or refuses it with 400, and serves the session.
void serve_socket(const SessionContext& context, const http::Request& request,
                  const http::Responder& responder, const std::shared_ptr<Exchange>& exchange);

}  // namespace assay::judge
