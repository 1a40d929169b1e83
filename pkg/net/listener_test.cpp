#include "pkg/net/listener.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <cerrno>

namespace assay::net {
namespace {

std::vector<Endpoint> loopback(std::uint16_t port = 0) {
    return resolve({"127.0.0.1", port}).value();
}

posix::UniqueFd connect_to(const Endpoint& endpoint) {
    posix::UniqueFd fd(::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(fd.get(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) == 0);
    return fd;
}

TEST_CASE("listener: a free port is the same for every address of localhost", "[net]") {
    event::Loop loop;
    const auto listener = Listener::open(loop, resolve({"localhost", 0}).value());
    REQUIRE(listener.has_value());
    const auto endpoints = (*listener)->endpoints();
    REQUIRE_FALSE(endpoints.empty());
    CHECK((*listener)->is_loopback());
    std::size_t accepted = 0;
    (*listener)->start([&](Listener::Socket socket) {
        CHECK((::fcntl(socket.native_handle(), F_GETFD) & FD_CLOEXEC) != 0);
        CHECK((::fcntl(socket.native_handle(), F_GETFL) & O_NONBLOCK) != 0);
        if (++accepted == endpoints.size()) loop.stop();
    });
    std::vector<posix::UniqueFd> clients;
    for (const Endpoint& endpoint : endpoints) {
        CHECK(endpoint.port() == endpoints.front().port());
        CHECK(endpoint.port() != 0);
        clients.push_back(connect_to(endpoint));
    }
    loop.run();
    CHECK(accepted == endpoints.size());
}

TEST_CASE("listener: all interfaces are reached by every address", "[net]") {
    event::Loop loop;
    const auto listener = Listener::open(loop, resolve({"", 0}).value());
    REQUIRE(listener.has_value());
    CHECK_FALSE((*listener)->is_loopback());
    (*listener)->start([&](const Listener::Socket&) { loop.stop(); });
    const auto client = connect_to(loopback((*listener)->endpoints().front().port()).front());
    loop.run();
    CHECK(client);
}

TEST_CASE("listener: a port in use is a usage error with a remedy", "[net]") {
    event::Loop loop;
    const auto first = Listener::open(loop, loopback());
    REQUIRE(first.has_value());
    const auto second = Listener::open(loop, (*first)->endpoints());
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().kind == ErrorKind::kUsage);
    CHECK(second.error().message == "cannot listen on " + to_string((*first)->endpoints().front()) +
                                        ": Address already in use");
    CHECK_FALSE(second.error().remedy.empty());
}

TEST_CASE("listener: an address of another host is an error", "[net]") {
    event::Loop loop;
    const auto listener = Listener::open(loop, resolve({"192.0.2.1", 0}).value());
    REQUIRE_FALSE(listener.has_value());
    CHECK(listener.error().os_error == EADDRNOTAVAIL);
}

// Holds the limit of open files down to what is open now.
class NoMoreDescriptors {
  public:
    NoMoreDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const posix::UniqueFd lowest_free(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        rlimit low = before_;
        low.rlim_cur = static_cast<rlim_t>(lowest_free.get());
        ::setrlimit(RLIMIT_NOFILE, &low);
    }
    ~NoMoreDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    NoMoreDescriptors(const NoMoreDescriptors&) = delete;
    NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;

  private:
    rlimit before_{};
};

TEST_CASE("listener: without descriptors a client is turned away, and the next one served",
          "[net]") {
    event::Loop loop;
    const auto listener = Listener::open(loop, loopback());
    REQUIRE(listener.has_value());
    const Endpoint endpoint = (*listener)->endpoints().front();
    int accepted = 0;
    (*listener)->start([&](const Listener::Socket&) {
        ++accepted;
        loop.stop();
    });
    loop.context().restart();
    loop.context().poll();  // what the loop itself opens is open now

    const auto unlucky = connect_to(endpoint);

    ssize_t received = -1;
    {
        const NoMoreDescriptors scarce;
        loop.context().run_one();
        char byte = 0;
        received = ::recv(unlucky.get(), &byte, 1, 0);
    }
    CHECK(received == 0);
    CHECK(accepted == 0);
    const auto lucky = connect_to(endpoint);
    loop.run();
    CHECK(accepted == 1);
}

}  // namespace
}  // namespace assay::net
