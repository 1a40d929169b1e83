// Listening sockets: all endpoints of one address, and connections out of them.
//
// Accepting survives what a busy host does to it. Without descriptors (EMFILE, ENFILE) a spare one
// is given up to take the next connection and close it, so that its client hears at once instead of
// hanging in the backlog; then, and when memory is short, accepting pauses for kPause. Sockets are
// made by accept4(2) with SOCK_CLOEXEC, which Asio's own accept does not do.
//
// Belongs to the loop's thread, and is destroyed when the loop no longer runs.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "pkg/event/loop.hpp"
#include "pkg/net/address.hpp"
#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"

namespace assay::net {

class Listener {
  public:
    using Socket = boost::asio::ip::tcp::socket;
    using OnAccept = std::function<void(Socket)>;

    static constexpr auto kPause = std::chrono::milliseconds(100);

    // Binds and listens, with SO_REUSEADDR. Port 0 becomes one free port, the same for all
    // endpoints. An endpoint whose address family or address the host does not have is left out as
    // long as another one is there; the v6 wildcard falls back to the v4 one.
    static Result<std::unique_ptr<Listener>> open(event::Loop& loop,
                                                  const std::vector<Endpoint>& endpoints);

    // Where it listens, with the real port.
    std::vector<Endpoint> endpoints() const;
    bool is_loopback() const;  // every endpoint

    // Accepts from now on. Sockets are non-blocking, with TCP_NODELAY and keep-alive probes.
    void start(OnAccept on_accept);
    // No more connections; those that wait in the backlog are reset. May be repeated.
    void close();

    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener() { close(); }

  private:
    using Acceptor = boost::asio::ip::tcp::acceptor;

    explicit Listener(event::Loop& loop);
    void wait(Acceptor& acceptor);
    void accept_all(Acceptor& acceptor);
    void pause(Acceptor& acceptor);
    void turn_one_away(Acceptor& acceptor);

    event::Loop& loop_;
    std::vector<std::unique_ptr<Acceptor>> acceptors_;
    OnAccept on_accept_;
    boost::asio::steady_timer pause_;
    posix::UniqueFd spare_;
};

}  // namespace assay::net
