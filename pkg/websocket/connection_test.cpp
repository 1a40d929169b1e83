#include "pkg/websocket/connection.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <future>
#include <vector>

#include "internal/testing/http_loopback.hpp"

namespace assay::websocket {
namespace {

using testing::field_of;
using testing::HttpClient;
using testing::ServerThread;

constexpr std::string_view kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

// A frame as clients send it, masked with zeros.
std::string frame(int opcode, std::string_view payload) {
    std::string bytes;
    bytes += static_cast<char>(0x80 | opcode);
    if (payload.size() < 126) {
        bytes += static_cast<char>(0x80 | payload.size());
    } else {
        bytes += static_cast<char>(0x80 | 126);
        bytes += static_cast<char>(payload.size() >> 8);
        bytes += static_cast<char>(payload.size() & 0xFF);
    }
    return bytes + std::string(4, '\0') + std::string(payload);
}
constexpr int kText = 1;
constexpr int kClose = 8;
constexpr int kPing = 9;

// "echo" behaviour by the first word of a message.
class SocketHandler final : public http::Handler {
  public:
    explicit SocketHandler(const Options& options = {}) : options_(options) {}

    http::Admission admit(const http::Request&) override { return {}; }
    void handle(http::Request request, http::Responder responder) override {
        if (auto refusal = refuse_upgrade(request)) return responder.respond(std::move(*refusal));
        auto taken = responder.take_over();
        REQUIRE(taken.has_value());
        Events events;
        events.on_message = [this](std::string_view text) { receive(std::string(text)); };
        events.on_closed = [this] { closed.set_value(); };
        connection = accept(std::move(*taken), request, options_, std::move(events));
    }
    void refused(const http::Request*, int) override {}

    void receive(const std::string& text) {
        const auto self = connection.lock();
        if (text == "drop") return self->drop();
        if (text == "last") {
            self->send(std::string(3u << 20, 'l'), Kind::kBinary);
            return self->drop_when_sent();
        }
        self->send("echo " + text, Kind::kText, [this] { ++sent; });
    }

    std::promise<void> closed;
    std::weak_ptr<Connection> connection;  // must not outlive the loop
    int sent = 0;

  private:
    const Options options_;
};

TEST_CASE("websocket: messages go both ways, pings are answered", "[websocket]") {
    SocketHandler handler;
    ServerThread server(handler);
    HttpClient client(server.endpoint());
    client.send(kUpgrade);
    const std::string head = client.receive_until("\r\n\r\n");
    CHECK(head.starts_with("HTTP/1.1 101 "));
    CHECK(field_of(head, "Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    client.send(frame(kText, "one") + frame(kPing, "p") + frame(kText, std::string(300, 'x')));
    CHECK(client.receive_until("one") ==
          "\x81\x08"
          "echo one");
    CHECK(client.receive_until("p") == "\x8A\x01p");
    CHECK(client.receive_until(std::string(300, 'x'))
              .starts_with("\x81\x7E\x01\x31"
                           "echo x"));
    client.send(frame(kClose, "\x03\xE8"));
    CHECK(client.receive_all() == "\x88\x02\x03\xE8");
    client.shut_down();
    handler.closed.get_future().get();
}

TEST_CASE("websocket: what comes with the upgrade is not lost", "[websocket]") {
    SocketHandler handler;
    ServerThread server(handler);
    HttpClient client(server.endpoint());
    client.send(std::string(kUpgrade) + frame(kText, "early"));
    CHECK(client.receive_until("echo early").starts_with("HTTP/1.1 101 "));
}

TEST_CASE("websocket: drop has no closing handshake", "[websocket]") {
    SocketHandler handler;
    ServerThread server(handler);
    HttpClient client(server.endpoint());
    client.send(kUpgrade);
    (void)client.receive_until("\r\n\r\n");
    client.send(frame(kText, "drop"));
    CHECK(client.receive_all().empty());
    handler.closed.get_future().get();
}

TEST_CASE("websocket: a drop behind the last message loses nothing of it", "[websocket]") {
    SocketHandler handler;
    ServerThread server(handler);
    HttpClient client(server.endpoint());
    client.send(kUpgrade);
    (void)client.receive_until("\r\n\r\n");
    client.send(frame(kText, "last") + frame(kText, "unread"));
    const std::string rest = client.receive_all();
    CHECK(rest.size() == 10 + (3u << 20));
    CHECK(static_cast<unsigned char>(rest.front()) == 0x82);
    client.shut_down();
    handler.closed.get_future().get();
}

TEST_CASE("websocket: a client that goes away is told, what is sent then is lost", "[websocket]") {
    SocketHandler handler;
    ServerThread server(handler);
    HttpClient client(server.endpoint());
    client.send(kUpgrade);
    (void)client.receive_until("\r\n\r\n");
    std::shared_ptr<Connection> connection;
    server.run_there([&] { connection = handler.connection.lock(); });
    client.reset();
    handler.closed.get_future().get();
    bool told = false;
    server.run_there([&] {
        connection->send("lost", Kind::kText, [&] { told = true; });
        connection.reset();
    });
    CHECK(told);
}

TEST_CASE("websocket: a peer that answers no ping is dropped", "[websocket]") {
    Options options;
    options.ping_period = std::chrono::milliseconds(1);
    options.pong_wait = std::chrono::milliseconds(50);
    SocketHandler handler(options);
    ServerThread server(handler);
    HttpClient client(server.endpoint());
    client.send(kUpgrade);
    CHECK(client.receive_all().find(std::string("\x89\x00", 2)) != std::string::npos);
    handler.closed.get_future().get();
}

TEST_CASE("websocket: a message beyond the limit ends the connection", "[websocket]") {
    Options options;
    options.max_message_bytes = 10;
    SocketHandler handler(options);
    ServerThread server(handler);
    HttpClient client(server.endpoint());
    client.send(kUpgrade);
    (void)client.receive_until("\r\n\r\n");
    client.send(frame(kText, "0123456789a"));
    CHECK(client.receive_all().starts_with("\x88"));
    client.shut_down();
    handler.closed.get_future().get();
}

TEST_CASE("websocket: a client that does not listen is not read", "[websocket]") {
    Options options;
    options.max_queued = 1;
    SocketHandler handler(options);
    ServerThread server(handler);
    HttpClient client(server.endpoint());
    client.send(kUpgrade);
    (void)client.receive_until("\r\n\r\n");
    std::string all;
    for (int i = 0; i < 500; ++i) all += frame(kText, std::to_string(i) + ".");
    client.send(all);
    for (int i = 0; i < 500; ++i) {
        const std::string answer = "echo " + std::to_string(i) + ".";
        REQUIRE(client.receive_until(answer).size() == answer.size() + 2);
    }
}

TEST_CASE("websocket: the answer to the upgrade names no library", "[websocket]") {
    SocketHandler handler;
    ServerThread server(handler);
    HttpClient client(server.endpoint());
    client.send(kUpgrade);
    CHECK(field_of(client.receive_until("\r\n\r\n"), "Server") == "assay");
}

TEST_CASE("websocket: an upgrade with a body is refused", "[websocket]") {
    SocketHandler handler;
    ServerThread server(handler);
    const auto answer = [&](std::string_view fields, std::string_view body) {
        HttpClient client(server.endpoint());
        std::string request(kUpgrade);
        request.insert(request.size() - 2, fields);
        client.send(request.append(body));
        return client.receive_until("\r\n").substr(0, 12);
    };
    CHECK(answer("Content-Length: 2\r\n", "{}") == "HTTP/1.1 400");
    CHECK(answer("Transfer-Encoding: chunked\r\n", "0\r\n\r\n") == "HTTP/1.1 400");
    CHECK(answer("Content-Length: 0\r\n", "") == "HTTP/1.1 101");
}

TEST_CASE("websocket: what is no upgrade is refused", "[websocket]") {
    SocketHandler handler;
    const ServerThread server(handler);
    const auto answer = [&](std::string_view headers) {
        HttpClient client(server.endpoint());
        client.send("GET /ws HTTP/1.1\r\nHost: h\r\n" + std::string(headers) + "\r\n");
        return client.receive_response();
    };
    const std::string refusal = answer("");
    CHECK(refusal.starts_with("HTTP/1.1 400 Bad Request\r\n"));
    CHECK(field_of(refusal, "Sec-Websocket-Version") == "13");
    CHECK(answer("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 12\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
              .starts_with("HTTP/1.1 400 "));
    CHECK(answer("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n")
              .starts_with("HTTP/1.1 400 "));
}

}  // namespace
}  // namespace assay::websocket
