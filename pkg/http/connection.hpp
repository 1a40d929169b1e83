// One client of a Server: private to this package.
//
// The phases of a connection, and who moves it on:
//
//   kIdle ── bytes ─▶ kHead ─▶ kBody ─▶ kRunning ── answer ─▶ kWriting ─▶ kIdle
//                       │   └▶ kDiscard ─────────── refusal ─▶ kWriting
//                       └── no request ─▶ kWriting ─▶ kLinger ─▶ kClosed
//
// kDiscard reads past the small body of a refused request, so that the connection can go on.
// kLinger has said all and waits for the client to hang up: closing a socket with unread input
// resets it, and the client would lose the answer.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/event/gate.hpp"
#include "pkg/event/loop.hpp"
#include "pkg/http/outgoing.hpp"
#include "pkg/http/request_parser.hpp"
#include "pkg/http/server.hpp"

namespace assay::http {

// Each read goes to this buffer of the server; what is not used at once is kept by the connection.
inline constexpr std::size_t kReadBytes = 64u << 10;

struct Server::State {
    State(event::Loop& its_loop, Handler& its_handler, const Limits& its_limits);

    void accept(boost::asio::ip::tcp::socket socket);
    // A connection wants to be looked at now: a sweep will see it.
    void arm_sweep();
    void sweep();
    // Of all that are open; closing one does not disturb the caller's loop.
    std::vector<std::shared_ptr<Connection>> snapshot() const;

    event::Loop& loop;
    Handler& handler;
    const Limits limits;
    event::Gate gate;
    std::vector<std::unique_ptr<net::Listener>> listeners;
    std::list<std::shared_ptr<Connection>> connections;
    boost::asio::steady_timer sweep_timer;
    bool sweep_armed = false;
    bool closing = false;
    const std::unique_ptr<char[]> read_buffer;
};

class Connection : public std::enable_shared_from_this<Connection> {
  public:
    using Clock = std::chrono::steady_clock;
    using Place = std::list<std::shared_ptr<Connection>>::iterator;

    Connection(Server::State& server, boost::asio::ip::tcp::socket socket, event::Gate::Pass pass);

    void start(Place place);
    // The server stops: an idle connection closes, another one does behind its answer.
    void retire();
    // Closes at once; a running request is told that its client is gone.
    void close();
    // Once a second while it is to be looked at: has its deadline passed, is its client gone?
    void look(Clock::time_point now);
    bool wants_look() const { return deadline_.has_value() || is_unwatched(); }

    // For Responder; `request` says which one is meant.
    event::Loop& loop() const { return loop_; }
    void answer(std::uint64_t request, Response response);
    void set_on_gone(std::uint64_t request, std::function<void()> on_gone);
    std::optional<TakenOver> take_over(std::uint64_t request);

  private:
    enum class Phase { kIdle, kHead, kBody, kDiscard, kRunning, kWriting, kLinger, kClosed };

    bool reads_request() const;
    bool wants_input() const;
    bool is_unwatched() const;
    void arm_read();
    void read();
    void receive(std::string_view bytes);
    void end_of_input();

    std::size_t process(std::string_view bytes);
    void resume();
    void admit();
    void refuse_head(Response refusal);
    void send_continue();
    bool take_body(std::string_view bytes);
    void dispatch();
    void refuse(int status, const Request* head);
    const Request* known_head() const;

    void write_response(Response response);
    void flush();
    void end_response();
    void linger();
    void tell_gone();
    void set_deadline(std::chrono::nanoseconds from_now);

    event::Loop& loop_;      // outlives every connection
    Server::State& server_;  // of use until kClosed
    boost::asio::ip::tcp::socket socket_;
    net::Endpoint peer_;
    std::optional<event::Gate::Pass> pass_;
    Place place_;

    Phase phase_ = Phase::kIdle;
    bool reading_ = false;     // a wait for input is under way
    bool processing_ = false;  // process() is on the stack
    bool end_seen_ = false;    // the client has closed its side
    bool keep_alive_ = true;
    bool linger_ = false;  // input may be left unread
    bool http_1_1_ = true;
    bool head_only_ = false;
    std::uint64_t request_ = 0;  // the one at hand, counted
    std::uint64_t body_bytes_ = 0;
    std::string pending_;      // received, not used yet
    std::string_view unread_;  // the same while process() is on the stack
    std::unique_ptr<RequestParser> parser_;
    std::unique_ptr<BodySink> sink_;
    std::optional<Response> refusal_;  // behind the discarded body
    std::function<void()> on_gone_;
    Outgoing out_;
    std::optional<Clock::time_point> deadline_;
};

}  // namespace assay::http
