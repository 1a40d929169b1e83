#include "internal/judge/serve/ws.hpp"

#include <chrono>
#include <map>
#include <utility>

#include "internal/judge/execute/wording.hpp"
#include "internal/judge/wire/json.hpp"

namespace assay::judge {
namespace {

using Clock = std::chrono::steady_clock;

class SocketSession final : public Session, public std::enable_shared_from_this<SocketSession> {
  public:
    SocketSession(const SessionContext& context, Access access)
        : context_(context), access_(std::move(access)) {}

    void start(http::TakenOver taken, const http::Request& request);
    void drop() override {
        if (connection_) connection_->drop();
    }

  private:
    struct Running {
        std::uint64_t number = 0;  // tells two requests of one id apart
        std::shared_ptr<Ticket> ticket;
    };

    void receive(std::string_view text);
    void submit(Request request);
    void cancel(const std::string& id);
    void answer(const std::string& id, std::uint64_t number, const Response& response);
    void finish(const std::string& id, std::uint64_t number, std::string text);
    void closed();
    void send(std::string text) {
        if (connection_) connection_->send(std::move(text), websocket::Kind::kText);
    }
    void log(const std::string& id, const Response& response, Clock::time_point begin) const;

    const SessionContext& context_;
    const Access access_;  // of the connection, for the lines of its requests
    std::shared_ptr<websocket::Connection> connection_;  // until it is closed
    std::map<std::string, Running> running_;
    std::uint64_t last_number_ = 0;
};

void SocketSession::start(http::TakenOver taken, const http::Request& request) {
    const auto self = shared_from_this();
    websocket::Events events;
    events.on_message = [self](std::string_view text) { self->receive(text); };
    events.on_closed = [self] { self->closed(); };
    connection_ = websocket::accept(std::move(taken), request, context_.options, std::move(events));
    context_.sessions.add(self);
}

void SocketSession::receive(std::string_view text) {
    auto message = wire::decode_socket_message(text);
    if (!message.has_value()) return drop();
    if (!message->cancel_id.empty()) return cancel(message->cancel_id);
    const std::string& id = message->request.id;
    if (id.empty()) return send(wire::encode_refusal(id, "empty request id"));
    if (running_.contains(id)) {
        return send(wire::encode_refusal(id, "duplicated request id: " + quoted(id)));
    }
    if (message->request.commands.empty()) return send(wire::encode_response({id, {}, {}}));
    submit(std::move(message->request));
}

// The pool may answer from inside submit(), so the id is taken before.
void SocketSession::submit(Request request) {
    const std::string id = request.id;
    const std::uint64_t number = ++last_number_;
    running_[id].number = number;
    auto ticket = context_.executor.submit(
        std::move(request),
        [self = shared_from_this(), id, number, begin = Clock::now()](Response response) {
            response.request_id = id;
            self->answer(id, number, response);
            self->log(id, response, begin);
        });
    const auto found = running_.find(id);
    if (found != running_.end() && found->second.number == number) {
        found->second.ticket = std::move(ticket);
    }
}

// On the thread that ran it.
void SocketSession::answer(const std::string& id, std::uint64_t number, const Response& response) {
    const auto self = shared_from_this();
    if (response.refusal == Refusal::kUnacceptable) {
        return context_.loop.post([self] { self->drop(); });
    }
    context_.loop.post([self, id, number, text = wire::encode_response(response)]() mutable {
        self->finish(id, number, std::move(text));
    });
}

// The id is free again at once, though the answer is still to come.
void SocketSession::cancel(const std::string& id) {
    const auto found = running_.find(id);
    if (found == running_.end()) return;
    const auto ticket = std::move(found->second.ticket);
    running_.erase(found);
    if (ticket) ticket->cancel();
}

void SocketSession::finish(const std::string& id, std::uint64_t number, std::string text) {
    const auto found = running_.find(id);
    if (found != running_.end() && found->second.number == number) running_.erase(found);
    send(std::move(text));
}

void SocketSession::closed() {
    connection_.reset();
    const auto running = std::exchange(running_, {});
    for (const auto& [id, request] : running) {
        if (request.ticket) request.ticket->cancel();
    }
    context_.sessions.remove(this);
}

void SocketSession::log(const std::string& id, const Response& response,
                        Clock::time_point begin) const {
    Access access = access_;
    access.id = next_access_id();
    access.request_id = id;
    access.code = response.error.empty() ? 200 : 500;
    access.time = Clock::now() - begin;
    access.verdicts = verdicts_of(response);
    access.error = response.error;
    context_.books.log.access(access);
}

}  // namespace

void serve_socket(const SessionContext& context, const http::Request& request,
                  const http::Responder& responder, const std::shared_ptr<Exchange>& exchange) {
    auto taken = take_over(request, responder, *exchange);
    if (!taken) return;
    std::make_shared<SocketSession>(context, exchange->access())->start(std::move(*taken), request);
}

}  // namespace assay::judge
