#include "pkg/resp/client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <string>

#include "pkg/posix/unique_fd.hpp"

namespace assay::resp {
namespace {

// One listening socket and one connection out of it; the test plays the server. What it sends fits
// into the socket's buffer, so that one thread does.
class Server {
  public:
    Server() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(listener_.get(), generic, size) == 0);
        REQUIRE(::listen(listener_.get(), 1) == 0);
        REQUIRE(::getsockname(listener_.get(), generic, &size) == 0);
        port_ = ntohs(address.sin_port);
    }

    std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    void accept() { peer_.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)); }
    void send(std::string_view bytes) {
        REQUIRE(::send(peer_.get(), bytes.data(), bytes.size(), 0) ==
                static_cast<ssize_t>(bytes.size()));
    }
    // What came so far.
    std::string receive() {
        std::string bytes(4096, '\0');
        const ssize_t came = ::recv(peer_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        REQUIRE(came >= 0);
        return bytes.substr(0, static_cast<std::size_t>(came));
    }
    void close() { peer_.reset(); }
    void close_listener() { listener_.reset(); }

  private:
    posix::UniqueFd listener_;
    posix::UniqueFd peer_;
    int port_ = 0;
};

TEST_CASE("client: a command goes out as an array and its reply comes back", "[resp]") {
    Server server;
    auto client = Client::connect(server.address());
    REQUIRE(client.has_value());
    server.accept();
    server.send("+OK\r\n");
    const auto reply = client->call({"SET", "key", std::string_view("a\0b", 3)});
    REQUIRE(reply.has_value());
    CHECK(reply->text == "OK");
    CHECK(client->raw() == "+OK\r\n");
    CHECK(server.receive() == std::string("*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$3\r\na\0b\r\n", 31));
    server.send("-ERR no\r\n");
    const auto error = client->call("  CONFIG  GET save ");
    REQUIRE(error.has_value());
    CHECK(error->is_error());
    CHECK(server.receive() == "*3\r\n$6\r\nCONFIG\r\n$3\r\nGET\r\n$4\r\nsave\r\n");
}

TEST_CASE("client: pushes between replies are kept", "[resp]") {
    Server server;
    auto client = Client::connect(server.address());
    REQUIRE(client.has_value());
    server.accept();
    server.send(">1\r\n+one\r\n:1\r\n>1\r\n+two\r\n:2\r\n:3\r\n>1\r\n+three\r\n");
    const auto replies = client->receive(3);
    REQUIRE(replies.has_value());
    CHECK((*replies)[2].integer == 3);
    REQUIRE(client->pushes().size() == 2);
    CHECK(client->pushes()[1].elements[0].text == "two");
    const auto push = client->receive();
    REQUIRE(push.has_value());
    CHECK(push->is_push());
}

TEST_CASE("client: every wait has an end", "[resp]") {
    Server server;
    auto client = Client::connect(server.address(), std::chrono::milliseconds(20));
    REQUIRE(client.has_value());
    server.accept();
    server.send("$5\r\nab");
    const auto nothing = client->receive();
    REQUIRE_FALSE(nothing.has_value());
    CHECK(nothing.error().os_error == ETIMEDOUT);
    CHECK(nothing.error().message.find("cannot receive from " + server.address()) == 0);
    // The peer reads nothing: its buffers fill.
    const auto stuck = client->send(std::string(64 << 20, 'x'));
    REQUIRE_FALSE(stuck.has_value());
    CHECK(stuck.error().os_error == ETIMEDOUT);
}

TEST_CASE("client: a closed connection is an error, and an end for who waits for it", "[resp]") {
    Server server;
    auto client = Client::connect(server.address());
    REQUIRE(client.has_value());
    server.accept();
    server.send("+a\r\n+b\r\n+c");
    server.close();
    REQUIRE(client->receive().has_value());
    const auto rest = client->receive_to_end();
    REQUIRE(rest.has_value());
    CHECK(*rest == "+b\r\n+c");
    server.close_listener();
    CHECK_FALSE(Client::connect(server.address()).has_value());

    Server other;
    auto second = Client::connect(other.address());
    REQUIRE(second.has_value());
    other.accept();
    other.send("+c");
    other.close();
    const auto half = second->receive();
    REQUIRE_FALSE(half.has_value());
    CHECK(half.error().message ==
          "cannot receive from " + other.address() + ": the connection was closed");
}

TEST_CASE("client: addresses that lead nowhere are errors with their name", "[resp]") {
    const auto missing = Client::connect("/no/such/socket");
    REQUIRE_FALSE(missing.has_value());
    CHECK(missing.error().message ==
          "cannot connect to /no/such/socket: No such file or directory");
    CHECK_FALSE(Client::connect("/" + std::string(200, 'x')).has_value());
    CHECK_FALSE(Client::connect("localhost:none").has_value());
}

}  // namespace
}  // namespace assay::resp
