#include "pkg/websocket/connection.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <boost/beast/websocket/stream_base.hpp>
#include <deque>
#include <utility>

namespace assay::websocket {
namespace {

namespace beast = boost::beast;
using Clock = std::chrono::steady_clock;
using Tcp = boost::asio::ip::tcp;

// How long a peer has to hang up after the last message.
constexpr auto kLingerTime = std::chrono::seconds(2);

// A read buffer larger than this is given back between messages.
constexpr std::size_t kMaxIdleBytes = 64u << 10;

// The request as text, with what came behind it: Beast reads the handshake from there.
std::string request_text(const http::Request& request, std::string_view received) {
    std::string text = "GET / HTTP/1.1\r\n";
    for (const http::Header& header : request.headers) {
        text += header.name + ": " + header.value + "\r\n";
    }
    text += "\r\n";
    text += received;
    return text;
}

class BeastConnection final : public Connection,
                              public std::enable_shared_from_this<BeastConnection> {
  public:
    BeastConnection(Tcp::socket socket, const Options& options, Events events)
        : stream_(std::move(socket)),
          timer_(stream_.get_executor()),
          options_(options),
          events_(std::move(events)) {}

    void start(std::string handshake);
    void send(std::string message, Kind kind, std::function<void()> on_sent) override;
    void drop() override;
    void drop_when_sent() override;

  private:
    using Error = boost::system::error_code;

    struct Message {
        std::string bytes;
        Kind kind;
        std::function<void()> on_sent;
    };

    void read();
    void received();
    void write();
    void written();
    void expect_end();
    void ping();
    void schedule();
    void tick();

    // Runs `next` with this alive, unless the connection has ended; an error ends it.
    template <class Next>
    auto then(Next next) {
        return [self = shared_from_this(), next](const Error& error, auto&&...) {
            if (self->closed_) return;
            if (error) return self->drop();
            next(*self);
        };
    }

    beast::websocket::stream<Tcp::socket, false> stream_;
    boost::asio::steady_timer timer_;
    const Options options_;
    Events events_;
    std::string handshake_;
    beast::flat_buffer buffer_;
    std::deque<Message> queue_;
    bool open_ = false;  // the handshake is over
    bool reading_ = false;
    bool writing_ = false;
    bool pinging_ = false;
    bool ending_ = false;  // drop_when_sent
    bool closed_ = false;
    Clock::time_point next_ping_;
    Clock::time_point pong_deadline_;
    Clock::time_point write_deadline_ = Clock::time_point::max();
};

Clock::time_point after(std::chrono::nanoseconds time) {
    return Clock::now() + std::chrono::duration_cast<Clock::duration>(time);
}

void BeastConnection::start(std::string handshake) {
    handshake_ = std::move(handshake);
    stream_.read_message_max(options_.max_message_bytes.value_or(0));
    stream_.auto_fragment(false);
    // Without a name Beast gives its own.
    stream_.set_option(beast::websocket::stream_base::decorator(
        [](auto& answer) { answer.set(beast::http::field::server, "assay"); }));
    stream_.control_callback([this](beast::websocket::frame_type type, beast::string_view) {
        if (type == beast::websocket::frame_type::pong) pong_deadline_ = after(options_.pong_wait);
        if (type == beast::websocket::frame_type::close) expect_end();
    });
    next_ping_ = after(options_.ping_period);
    pong_deadline_ = after(options_.pong_wait);
    schedule();
    stream_.async_accept(boost::asio::buffer(handshake_), then([](BeastConnection& self) {
                             self.open_ = true;
                             self.handshake_ = {};
                             self.read();
                             self.write();
                         }));
}

void BeastConnection::read() {
    if (reading_ || ending_ || queue_.size() >= options_.max_queued) return;
    reading_ = true;
    stream_.async_read(buffer_, then([](BeastConnection& self) { self.received(); }));
}

void BeastConnection::received() {
    reading_ = false;
    const auto bytes = buffer_.cdata();
    events_.on_message({static_cast<const char*>(bytes.data()), bytes.size()});
    if (closed_) return;
    buffer_.clear();
    if (buffer_.capacity() > kMaxIdleBytes) buffer_.shrink_to_fit();
    read();
}

void BeastConnection::send(std::string message, Kind kind, std::function<void()> on_sent) {
    if (closed_ || ending_) {
        if (on_sent) on_sent();
        return;
    }
    queue_.push_back({std::move(message), kind, std::move(on_sent)});
    write();
}

void BeastConnection::write() {
    if (writing_ || !open_ || queue_.empty()) return;
    writing_ = true;
    write_deadline_ = after(options_.write_wait);
    schedule();
    stream_.binary(queue_.front().kind == Kind::kBinary);
    stream_.async_write(boost::asio::buffer(queue_.front().bytes),
                        then([](BeastConnection& self) { self.written(); }));
}

void BeastConnection::written() {
    writing_ = false;
    write_deadline_ = Clock::time_point::max();
    const Message sent = std::move(queue_.front());
    queue_.pop_front();
    if (sent.on_sent) sent.on_sent();
    if (closed_) return;
    if (!queue_.empty()) return write();
    if (ending_) return drop_when_sent();
    read();
}

// The end of the stream reaches the peer behind the last message; closing with unread input would
// reset the connection and could take that message along.
void BeastConnection::drop_when_sent() {
    if (closed_) return;
    ending_ = true;
    if (writing_ || !queue_.empty()) return;
    Error ignored;
    stream_.next_layer().shutdown(Tcp::socket::shutdown_send, ignored);
    expect_end();
    if (reading_) return;
    reading_ = true;
    stream_.async_read(buffer_, then([](BeastConnection& self) { self.drop(); }));
}

// All is said on both sides: the peer hangs up soon, or is dropped.
void BeastConnection::expect_end() {
    pong_deadline_ = std::min(pong_deadline_, after(kLingerTime));
    schedule();
}

void BeastConnection::drop() {
    if (std::exchange(closed_, true)) return;
    const auto self = shared_from_this();
    Error ignored;
    stream_.next_layer().close(ignored);
    timer_.cancel();
    const auto lost = std::exchange(queue_, {});
    for (const Message& message : lost) {
        if (message.on_sent) message.on_sent();
    }
    const Events events = std::exchange(events_, {});
    if (events.on_closed) events.on_closed();
}

void BeastConnection::ping() {
    next_ping_ = after(options_.ping_period);
    if (pinging_ || !open_) return;
    pinging_ = true;
    stream_.async_ping({}, then([](BeastConnection& self) { self.pinging_ = false; }));
}

void BeastConnection::schedule() {
    timer_.expires_at(std::min({next_ping_, pong_deadline_, write_deadline_}));
    timer_.async_wait([self = shared_from_this()](const Error& error) {
        if (!error && !self->closed_) self->tick();
    });
}

void BeastConnection::tick() {
    const auto now = Clock::now();
    if (now >= pong_deadline_ || now >= write_deadline_) return drop();
    if (now >= next_ping_) ping();
    schedule();
}

http::Response bad_request() {
    http::Response response;
    response.status = 400;
    response.headers = {{"Content-Type", "text/plain; charset=utf-8"},
                        {"Sec-Websocket-Version", "13"},
                        {"X-Content-Type-Options", "nosniff"}};
    response.body = "Bad Request\n";
    return response;
}

bool header_is(const http::Request& request, std::string_view name, std::string_view token) {
    const std::string* value = request.header(name);
    return value != nullptr && http::has_token(*value, token);
}

}  // namespace

std::optional<http::Response> refuse_upgrade(const http::Request& request) {
    const std::string* key = request.header("Sec-WebSocket-Key");
    // Which has been read: Beast would wait for it.
    const bool has_body =
        request.content_length.value_or(0) > 0 || request.header("Transfer-Encoding") != nullptr;
    const bool good =
        !has_body && request.http_1_1 && header_is(request, "Connection", "upgrade") &&
        header_is(request, "Upgrade", "websocket") &&
        header_is(request, "Sec-WebSocket-Version", "13") && key != nullptr && key->size() == 24;
    return good ? std::nullopt : std::optional(bad_request());
}

std::shared_ptr<Connection> accept(http::TakenOver taken, const http::Request& request,
                                   const Options& options, Events events) {
    auto connection =
        std::make_shared<BeastConnection>(std::move(taken.socket), options, std::move(events));
    connection->start(request_text(request, taken.received));
    return connection;
}

}  // namespace assay::websocket
