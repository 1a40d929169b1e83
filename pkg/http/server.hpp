// An HTTP/1.1 server: connections on one loop, answers from any thread.
//
// A connection is a state machine of callbacks: read a head, ask the handler where the body goes,
// hand the request over, wait for the answer, write it, go on. One request of a connection runs at
// a time; those pipelined behind it wait in its buffer. Bytes are read into one buffer that all
// connections share, so an idle one holds no memory but its socket (about a kilobyte), and may idle
// for ever. While a request runs its socket is still watched: a client that goes away is told to
// the handler at once, within a second when it has sent more behind its request than is buffered.
//
// What is bounded: the head (kMaxHeadBytes), bodies (Limits), what is buffered of the next request,
// the time from a head's first byte to its last, and the time without any progress of a body or of
// an answer. A running request has no deadline here.
//
// Rejected: a coroutine for every connection (its frame and a read buffer for every idle client);
// Beast's tcp_stream with a timer for every operation (here one sweep a second, and only while some
// connection has a deadline).
//
// All members belong to the loop's thread, except where told otherwise.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/event/loop.hpp"
#include "pkg/http/message.hpp"
#include "pkg/net/listener.hpp"

namespace assay::http {

class Connection;

// The socket of a connection that stops speaking HTTP, and what was read of the next protocol.
struct TakenOver {
    boost::asio::ip::tcp::socket socket;
    std::string received;
};

// The way back to the client of one request. Copies are the same way; the first answer counts.
class Responder {
  public:
    Responder(std::shared_ptr<Connection> connection, std::uint64_t request);
    Responder(Responder&&) noexcept;
    Responder& operator=(Responder&&) noexcept;
    Responder(const Responder&);
    Responder& operator=(const Responder&);
    ~Responder();

    // From any thread. Lost without harm when the client is gone.
    void respond(Response response) const;

    // `on_gone` is called, once, when the client goes away before the answer; at once if it has
    // gone already. Keep what it captures small: it lives until the answer.
    void on_gone(std::function<void()> on_gone) const;

    // Ends HTTP on this connection; nothing has been answered yet. Empty: the client is gone.
    std::optional<TakenOver> take_over() const;

  private:
    std::shared_ptr<Connection> connection_;
    std::uint64_t request_;
};

// Takes the body of one request as it comes, in place of Request::body.
class BodySink {
  public:
    virtual ~BodySink() = default;
    // An error of the sink is its own to remember: it answers in complete().
    virtual void write(std::string_view bytes) = 0;
    // The body is there. Not called when the client went away: the sink is just destroyed.
    virtual void complete(Request request, Responder responder) = 0;
};

// What is to be done about a request whose head is there.
struct Admission {
    std::optional<Response> refusal;  // the answer; the body is not wanted
    std::unique_ptr<BodySink> sink;   // empty: the body goes into Request::body
};

class Handler {
  public:
    virtual ~Handler() = default;
    virtual Admission admit(const Request& head) = 0;
    virtual void handle(Request request, Responder responder) = 0;
    // The server answered by itself: no request could be read (400, 408, 431, 501), or its body was
    // too large (413). `head` is nullptr when there was none.
    virtual void refused(const Request* head, int status) = 0;
};

struct Limits {
    std::optional<std::uint64_t> body_bytes;  // empty: none
    std::chrono::nanoseconds head_time = std::chrono::seconds(60);
    std::chrono::nanoseconds stall_time = std::chrono::minutes(5);  // of a body or an answer
};

class Server {
  public:
    // The handler is borrowed.
    Server(event::Loop& loop, Handler& handler, const Limits& limits);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    // When the loop no longer runs, or `done` of close() was called with 0.
    ~Server();

    // Accepts from the listener until close().
    void serve(std::unique_ptr<net::Listener> listener);

    // Stops listening and closes idle connections; the others close behind their answer. `done` is
    // called when all have, or at the deadline, which cuts those off that are left.
    using Done = std::function<void(std::size_t cut_off)>;
    void close(std::chrono::steady_clock::time_point deadline, Done done);

    std::size_t connections() const;

    struct State;

  private:
    std::unique_ptr<State> state_;
};

}  // namespace assay::http
