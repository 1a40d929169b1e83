#include "internal/judge/serve/stream.hpp"

#include <cstdint>
#include <utility>

#include "internal/judge/serve/output_window.hpp"
#include "internal/judge/wire/json.hpp"

namespace assay::judge {
namespace {

using Clock = std::chrono::steady_clock;

// The first byte of a message: from the client 1 to 4, to the client 1 and 2.
enum class MessageType : unsigned char {
    kRequest = 1,  // JSON; the answer has this type too
    kResize = 2,   // JSON
    kOutput = 2,   // a byte with index and fd, then bytes
    kInput = 3,    // a byte with index and fd, then bytes
    kCancel = 4,
};

// Index and fd of a stream share one byte.
constexpr std::size_t kMaxStreamNumber = 15;

constexpr std::size_t kWindowBytes = 1u << 20;

bool is_stream(const DescriptorFile& file) {
    return std::holds_alternative<StreamIn>(file) || std::holds_alternative<StreamOut>(file);
}

bool fits_the_wire(const Request& request) {
    for (std::size_t index = 0; index < request.commands.size(); ++index) {
        const auto& files = request.commands[index].files;
        for (std::size_t fd = 0; fd < files.size(); ++fd) {
            const bool fits = index <= kMaxStreamNumber && fd <= kMaxStreamNumber;
            if (is_stream(files[fd]) && !fits) return false;
        }
    }
    return true;
}

std::string output_message(std::size_t index, std::size_t fd, std::string_view bytes) {
    std::string message;
    message.reserve(2 + bytes.size());
    message += static_cast<char>(MessageType::kOutput);
    message += static_cast<char>(index << 4 | fd);
    message += bytes;
    return message;
}

// Clients get the results alone, whatever else there is to say.
std::string answer_message(Response response) {
    response.request_id.clear();
    response.error.clear();
    return static_cast<char>(MessageType::kRequest) + wire::encode_response(response);
}

class StreamRun final : public Session, public std::enable_shared_from_this<StreamRun> {
  public:
    StreamRun(const SessionContext& context, Access access)
        : context_(context), access_(std::move(access)) {}

    void start(http::TakenOver taken, const http::Request& request);
    void drop() override {
        if (connection_) connection_->drop();
    }

  private:
    void receive(std::string_view message);
    bool take(MessageType type, std::string_view rest);
    bool submit(std::string_view text);
    bool resize(std::string_view text);
    bool input(std::string_view bytes);
    bool pass_on(std::size_t index, std::size_t fd, std::string_view bytes);
    void end(Response response);
    void closed();
    void send(std::string message, std::function<void()> on_sent = {});

    const SessionContext& context_;
    Access access_;
    std::shared_ptr<websocket::Connection> connection_;  // until it is closed
    std::shared_ptr<StreamTicket> ticket_;
    OutputWindow window_{kWindowBytes};
    Clock::time_point begin_;
    bool submitted_ = false;
    bool cancelled_ = false;  // what comes after it is ignored
};

void StreamRun::start(http::TakenOver taken, const http::Request& request) {
    const auto self = shared_from_this();
    websocket::Events events;
    events.on_message = [self](std::string_view message) { self->receive(message); };
    events.on_closed = [self] { self->closed(); };
    connection_ = websocket::accept(std::move(taken), request, context_.options, std::move(events));
    context_.sessions.add(self);
}

void StreamRun::receive(std::string_view message) {
    if (cancelled_) return;
    if (message.empty()) return drop();
    const auto type = static_cast<MessageType>(message.front());
    const bool in_place = submitted_ != (type == MessageType::kRequest);
    if (!in_place || !take(type, message.substr(1))) drop();
}

bool StreamRun::take(MessageType type, std::string_view rest) {
    switch (type) {
        case MessageType::kRequest:
            return submit(rest);
        case MessageType::kResize:
            return resize(rest);
        case MessageType::kInput:
            return input(rest);
        case MessageType::kCancel:
            cancelled_ = true;
            if (ticket_) ticket_->cancel();
            return true;
    }
    return false;
}

bool StreamRun::submit(std::string_view text) {
    auto request = wire::decode_request(text, {.streams = true});
    if (!request.has_value() || !fits_the_wire(*request)) return false;
    submitted_ = true;
    begin_ = Clock::now();
    const auto self = shared_from_this();
    if (request->commands.empty()) {
        end({});
        return true;
    }
    ticket_ = context_.executor.submit_stream(
        std::move(*request),
        [self](std::size_t index, std::size_t fd, std::string_view bytes) {
            return self->pass_on(index, fd, bytes);
        },
        [self](const Response& response) { self->end(response); });
    return true;
}

bool StreamRun::resize(std::string_view text) {
    const auto message = wire::decode_resize(text);
    if (!message.has_value() || message->index < 0 || message->fd < 0 || !ticket_) return false;
    const StreamTicket::Size size{message->rows, message->columns, message->x_pixels,
                                  message->y_pixels};
    return ticket_
        ->resize(static_cast<std::size_t>(message->index), static_cast<std::size_t>(message->fd),
                 size)
        .has_value();
}

bool StreamRun::input(std::string_view bytes) {
    if (bytes.empty() || !ticket_) return false;
    const auto place = static_cast<unsigned char>(bytes.front());
    return ticket_->input(place >> 4, place & 15, std::string(bytes.substr(1)));
}

// On the run's thread.
bool StreamRun::pass_on(std::size_t index, std::size_t fd, std::string_view bytes) {
    const std::size_t size = bytes.size();
    if (!window_.enter(size)) return false;
    context_.loop.post(
        [self = shared_from_this(), size, message = output_message(index, fd, bytes)]() mutable {
            self->send(std::move(message), [self, size] { self->window_.leave(size); });
        });
    return true;
}

// On the run's thread. All its output was posted before.
void StreamRun::end(Response response) {
    Access access = access_;
    access.code = response.error.empty() ? 200 : 500;
    access.time = Clock::now() - begin_;
    access.verdicts = verdicts_of(response);
    access.error = response.error;
    if (response.refusal == Refusal::kUnacceptable) {
        context_.loop.post([self = shared_from_this()] { self->drop(); });
    } else {
        context_.loop.post(
            [self = shared_from_this(), message = answer_message(std::move(response))]() mutable {
                self->send(std::move(message));
                if (self->connection_) self->connection_->drop_when_sent();
            });
    }
    context_.books.log.access(access);
}

void StreamRun::send(std::string message, std::function<void()> on_sent) {
    if (connection_) {
        connection_->send(std::move(message), websocket::Kind::kBinary, std::move(on_sent));
    } else if (on_sent) {
        on_sent();
    }
}

void StreamRun::closed() {
    connection_.reset();
    window_.close();
    if (const auto ticket = std::exchange(ticket_, nullptr)) ticket->cancel();
    context_.sessions.remove(this);
}

}  // namespace

void serve_stream(const SessionContext& context, const http::Request& request,
                  const http::Responder& responder, const std::shared_ptr<Exchange>& exchange) {
    auto taken = take_over(request, responder, *exchange);
    if (!taken) return;
    std::make_shared<StreamRun>(context, exchange->access())->start(std::move(*taken), request);
}

}  // namespace assay::judge
