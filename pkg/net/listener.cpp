#include "pkg/net/listener.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

namespace assay::net {
namespace {

namespace ip = boost::asio::ip;

constexpr int kBacklog = 4096;  // the kernel lowers it to net.core.somaxconn

// A free port found on the first endpoint may be taken on the second.
constexpr int kPortAttempts = 16;

// How many connections are taken before others get their turn.
constexpr int kAcceptBatch = 64;

void set_option(int fd, int level, int name, int value) {
    ::setsockopt(fd, level, name, &value, sizeof(value));
}

// Accepted sockets inherit the TCP options of their listener. A dead peer is found out after
// 15 s + 9 × 15 s without traffic.
void set_options(int fd, const Endpoint& endpoint) {
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 15);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 15);
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (endpoint.address().is_v6()) {
        set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, endpoint.address().is_unspecified() ? 0 : 1);
    }
}

Result<posix::UniqueFd> bind_one(const Endpoint& endpoint) {
    posix::UniqueFd fd(::socket(endpoint.protocol().family(),
                                SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
    const std::string what = "cannot listen on " + to_string(endpoint);
    if (!fd) return system_error(what, errno);
    set_options(fd.get(), endpoint);
    if (::bind(fd.get(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0 ||
        ::listen(fd.get(), kBacklog) != 0) {
        Error error = system_error(what, errno);
        if (error.os_error == EADDRINUSE)
            error.remedy =
                "another server is there: stop it, or "
                "choose another port (0: any free one)";
        if (error.os_error == EACCES) error.remedy = "ports below 1024 need privilege";
        error.kind = ErrorKind::kUsage;
        return error;
    }
    return fd;
}

bool is_absent(const Error& error) {
    return error.os_error == EAFNOSUPPORT || error.os_error == EADDRNOTAVAIL ||
           error.os_error == EPROTONOSUPPORT;
}

std::uint16_t port_of(int fd) {
    Endpoint endpoint;
    auto size = static_cast<socklen_t>(endpoint.capacity());
    if (::getsockname(fd, endpoint.data(), &size) != 0) return 0;
    return endpoint.port();
}

struct Bound {
    Endpoint endpoint;
    posix::UniqueFd fd;
};

// All endpoints, on the first one's port.
Result<std::vector<Bound>> bind_all(const std::vector<Endpoint>& endpoints) {
    std::vector<Bound> bound;
    std::optional<Error> absent;
    for (Endpoint endpoint : endpoints) {
        if (!bound.empty() && endpoint.port() == 0) endpoint.port(bound.front().endpoint.port());
        auto fd = bind_one(endpoint);
        if (!fd.has_value() && is_absent(fd.error()) && endpoint.address().is_unspecified() &&
            endpoint.address().is_v6()) {
            endpoint = Endpoint(ip::address_v4::any(), endpoint.port());
            fd = bind_one(endpoint);
        }
        if (!fd.has_value()) {
            if (!is_absent(fd.error())) return std::move(fd).error();
            absent = std::move(fd).error();
            continue;
        }
        endpoint.port(port_of(fd->get()));
        bound.push_back({endpoint, std::move(*fd)});
    }
    if (bound.empty()) return absent.value_or(usage_error("cannot listen: no address"));
    return bound;
}

}  // namespace

Listener::Listener(event::Loop& loop) : loop_(loop), pause_(loop.context()) {}

Result<std::unique_ptr<Listener>> Listener::open(event::Loop& loop,
                                                 const std::vector<Endpoint>& endpoints) {
    auto bound = bind_all(endpoints);
    const bool any_port = !endpoints.empty() && endpoints.front().port() == 0;
    for (int i = 1; i < kPortAttempts && any_port && !bound.has_value() &&
                    bound.error().os_error == EADDRINUSE;
         ++i) {
        bound = bind_all(endpoints);
    }
    if (!bound.has_value()) return std::move(bound).error();

    std::unique_ptr<Listener> listener(new Listener(loop));
    listener->spare_ = posix::UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    for (Bound& one : *bound) {
        auto acceptor = std::make_unique<Acceptor>(loop.context());
        boost::system::error_code error;
        acceptor->assign(one.endpoint.protocol(), one.fd.get(), error);
        if (error) return system_error("cannot watch a listening socket", error.value());
        one.fd.release();
        listener->acceptors_.push_back(std::move(acceptor));
    }
    return listener;
}

std::vector<Endpoint> Listener::endpoints() const {
    std::vector<Endpoint> result;
    for (const auto& acceptor : acceptors_) {
        boost::system::error_code error;
        result.push_back(acceptor->local_endpoint(error));
    }
    return result;
}

bool Listener::is_loopback() const {
    const auto all = endpoints();
    return std::all_of(all.begin(), all.end(),
                       [](const Endpoint& endpoint) { return endpoint.address().is_loopback(); });
}

void Listener::start(OnAccept on_accept) {
    on_accept_ = std::move(on_accept);
    for (const auto& acceptor : acceptors_) wait(*acceptor);
}

void Listener::close() {
    for (const auto& acceptor : acceptors_) {
        boost::system::error_code ignored;
        acceptor->close(ignored);
    }
    pause_.cancel();
}

void Listener::wait(Acceptor& acceptor) {
    acceptor.async_wait(Acceptor::wait_read, [&](const boost::system::error_code& error) {
        if (!error && acceptor.is_open()) accept_all(acceptor);
    });
}

void Listener::accept_all(Acceptor& acceptor) {
    for (int i = 0; i < kAcceptBatch && acceptor.is_open(); ++i) {
        Endpoint peer;
        auto size = static_cast<socklen_t>(peer.capacity());
        posix::UniqueFd fd(
            ::accept4(acceptor.native_handle(), peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!fd) {
            if (errno == EAGAIN) break;
            if (errno == ECONNABORTED || errno == EINTR || errno == EPROTO) continue;
            return pause(acceptor);
        }
        Socket socket(loop_.context());
        boost::system::error_code error;
        socket.assign(peer.protocol(), fd.get(), error);
        if (error) return pause(acceptor);
        fd.release();
        on_accept_(std::move(socket));
    }
    if (acceptor.is_open()) wait(acceptor);
}

void Listener::pause(Acceptor& acceptor) {
    turn_one_away(acceptor);
    // One pause at a time: a second listener in the same trouble tries again at the same moment.
    if (pause_.expiry() <= std::chrono::steady_clock::now()) pause_.expires_after(kPause);
    pause_.async_wait([&](const boost::system::error_code& error) {
        if (!error && acceptor.is_open()) accept_all(acceptor);
    });
}

void Listener::turn_one_away(Acceptor& acceptor) {
    spare_.reset();
    posix::UniqueFd(::accept4(acceptor.native_handle(), nullptr, nullptr, SOCK_CLOEXEC)).reset();
    spare_ = posix::UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

}  // namespace assay::net
