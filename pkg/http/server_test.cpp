#include "pkg/http/server.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <mutex>
#include <vector>

#include "internal/testing/http_loopback.hpp"
#include "pkg/http/request_parser.hpp"
#include "pkg/posix/files.hpp"

namespace assay::http {
namespace {

using testing::body_of;
using testing::field_of;
using testing::HttpClient;
using testing::ServerThread;

Response text(std::string body, int status = 200) {
    Response response;
    response.status = status;
    response.body = std::move(body);
    return response;
}

// Counts the bytes of a body.
class CountingSink final : public BodySink {
  public:
    void write(std::string_view bytes) override { count_ += bytes.size(); }
    void complete(Request, Responder responder) override {
        responder.respond(text("streamed " + std::to_string(count_)));
    }

  private:
    std::size_t count_ = 0;
};

// /echo gives the body back, /wait keeps the request until the test answers it.
class TestHandler final : public Handler {
  public:
    Admission admit(const Request& head) override {
        if (head.path == "/refuse") return {text("no", 401), nullptr};
        if (head.path == "/stream") return {std::nullopt, std::make_unique<CountingSink>()};
        return {};
    }
    void handle(Request request, Responder responder) override {
        if (request.path == "/wait") {
            responder.on_gone([this] { gone.set_value(); });
            return waiting.set_value({std::move(request), std::move(responder)});
        }
        if (request.path == "/chunked") {
            Response response = text("one chunk of text");
            response.chunked = true;
            return responder.respond(std::move(response));
        }
        if (request.path == "/large") return responder.respond(text(std::string(8u << 20, 'x')));
        if (request.path == "/file") {
            Response response = text("");
            FileBody file;
            file.file = posix::UniqueFd(::memfd_create("file", MFD_CLOEXEC));
            REQUIRE(
                posix::write_all(file.file.get(), std::string(3u << 20, 'f'), "it").has_value());
            file.pieces.push_back({"<", 1, (3u << 20) - 2});
            file.pieces.push_back({">", 0, 0});
            response.file = std::move(file);
            return responder.respond(std::move(response));
        }
        responder.respond(
            text(request.method + " " + request.path + "?" + request.query + " " + request.body));
    }
    void refused(const Request* head, int status) override {
        const std::lock_guard lock(mutex_);
        refusals_.push_back((head ? head->path : "-") + " " + std::to_string(status));
    }
    std::vector<std::string> refusals() {
        const std::lock_guard lock(mutex_);
        return refusals_;
    }

    struct Held {
        Request request;
        Responder responder;
    };
    std::promise<Held> waiting;
    std::promise<void> gone;

  private:
    std::mutex mutex_;
    std::vector<std::string> refusals_;
};

TEST_CASE("http server: a request is answered, and the connection goes on", "[http]") {
    TestHandler handler;
    const ServerThread server(handler);
    HttpClient client(server.endpoint());
    client.send("GET /echo/a%20b?x=%31 HTTP/1.1\r\nHost: h\r\n\r\n");
    const std::string first = client.receive_response();
    CHECK(first.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(body_of(first) == "GET /echo/a b?x=%31 ");
    CHECK(field_of(first, "Connection").empty());
    CHECK(field_of(first, "Date").ends_with(" GMT"));
    client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
    CHECK(body_of(client.receive_response()) == "POST /echo? hello");
    client.send(
        "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n");
    CHECK(body_of(client.receive_response()) == "POST /echo? abcde");
    client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    const std::string last = client.receive_response();
    CHECK(field_of(last, "Connection") == "close");
    CHECK(client.receive_all().empty());
}

TEST_CASE("http server: bytes may come one by one", "[http]") {
    TestHandler handler;
    const ServerThread server(handler);
    HttpClient client(server.endpoint());
    for (const char c : std::string_view("POST /echo HTTP/1.1\r\nHost: h\r\n"
                                         "Transfer-Encoding: chunked\r\n\r\n"
                                         "1\r\na\r\n1\r\nb\r\n0\r\n\r\n")) {
        client.send({&c, 1});
    }
    CHECK(body_of(client.receive_response()) == "POST /echo? ab");
}

TEST_CASE("http server: pipelined requests are answered in their order", "[http]") {
    TestHandler handler;
    const ServerThread server(handler);
    HttpClient client(server.endpoint());
    std::string requests;
    for (int i = 0; i < 5000; ++i) {
        requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
    }
    std::thread sender([&] { client.send(requests); });
    for (int i = 0; i < 5000; ++i) {
        const std::string body = body_of(client.receive_response());
        if (body != "GET /" + std::to_string(i) + "? ") FAIL("answer " << i << " is " << body);
    }
    sender.join();
}

TEST_CASE("http server: what waits behind a running request is kept", "[http]") {
    TestHandler handler;
    const ServerThread server(handler);
    HttpClient client(server.endpoint());
    client.send(
        "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n"
        "GET /next HTTP/1.1\r\nHost: h\r\n\r\n"
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab");
    const auto held = handler.waiting.get_future().get();
    client.send("cd");
    held.responder.respond(text("done"));
    held.responder.respond(text("twice"));
    CHECK(body_of(client.receive_response()) == "done");
    CHECK(body_of(client.receive_response()) == "GET /next? ");
    CHECK(body_of(client.receive_response()) == "POST /echo? abcd");
}

TEST_CASE("http server: HTTP/1.0 closes unless it is asked not to", "[http]") {
    TestHandler handler;
    const ServerThread server(handler);
    HttpClient client(server.endpoint());
    client.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const std::string kept = client.receive_response();
    CHECK(kept.starts_with("HTTP/1.0 200 OK\r\n"));
    CHECK(field_of(kept, "Connection") == "keep-alive");
    client.send("GET /2 HTTP/1.0\r\n\r\n");
    CHECK(body_of(client.receive_all()) == "GET /2? ");
}

TEST_CASE("http server: HEAD has the length and no body", "[http]") {
    TestHandler handler;
    const ServerThread server(handler);
    HttpClient client(server.endpoint());
    client.send("HEAD /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    const std::string response = client.receive_all();
    CHECK(field_of(response, "Content-Length") == "9");
    CHECK(body_of(response).empty());
}

TEST_CASE("http server: large answers and files arrive whole", "[http]") {
    TestHandler handler;
    const ServerThread server(handler);
    HttpClient client(server.endpoint());
    client.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(body_of(client.receive_response()) == std::string(8u << 20, 'x'));
    client.send("GET /file HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(body_of(client.receive_response()) == "<" + std::string((3u << 20) - 2, 'f') + ">");
    client.send("HEAD /file HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(field_of(client.receive_until("\r\n\r\n"), "Content-Length") == "3145728");
}

TEST_CASE("http server: a chunked answer, and its plain form for HTTP/1.0", "[http]") {
    TestHandler handler;
    const ServerThread server(handler);
    HttpClient client(server.endpoint());
    client.send("GET /chunked HTTP/1.1\r\nHost: h\r\n\r\n");
    const std::string head = client.receive_until("\r\n\r\n");
    CHECK(field_of(head, "Transfer-Encoding") == "chunked");
    CHECK(field_of(head, "Content-Length").empty());
    CHECK(client.receive_until("0\r\n\r\n") == "11\r\none chunk of text\r\n0\r\n\r\n");
    client.send("GET /chunked HTTP/1.0\r\n\r\n");
    const std::string plain = client.receive_all();
    CHECK(field_of(plain, "Content-Length") == "17");
    CHECK(body_of(plain) == "one chunk of text");
}

TEST_CASE("http server: a body goes where the handler wants it", "[http]") {
    TestHandler handler;
    const ServerThread server(handler);
    HttpClient client(server.endpoint());
    const std::string body(5u << 20, 'b');
    client.send("POST /stream HTTP/1.1\r\nHost: h\r\nContent-Length: 5242880\r\n\r\n" + body);
    CHECK(body_of(client.receive_response()) == "streamed 5242880");
    client.send("POST /stream HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    CHECK(body_of(client.receive_response()) == "streamed 0");
}

TEST_CASE("http server: Expect gets its 100 before the body", "[http]") {
    TestHandler handler;
    const ServerThread server(handler);
    HttpClient client(server.endpoint());
    client.send(
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n"
        "Expect: 100-continue\r\n\r\n");
    CHECK(client.receive_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("ok");
    CHECK(body_of(client.receive_response()) == "POST /echo? ok");
    client.send(
        "POST /refuse HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n"
        "Expect: 100-continue\r\n\r\n");
    const std::string refusal = client.receive_all();
    CHECK(refusal.starts_with("HTTP/1.1 401 Unauthorized\r\n"));
    CHECK(field_of(refusal, "Connection") == "close");
}

TEST_CASE("http server: behind a refused small body the connection goes on", "[http]") {
    TestHandler handler;
    const ServerThread server(handler);
    HttpClient client(server.endpoint());
    client.send(
        "POST /refuse HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
        "GET /next HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(client.receive_response().starts_with("HTTP/1.1 401 Unauthorized\r\n"));
    CHECK(body_of(client.receive_response()) == "GET /next? ");
}

TEST_CASE("http server: a refusal reaches a client that goes on sending", "[http]") {
    TestHandler handler;
    const ServerThread server(handler);
    HttpClient client(server.endpoint());
    client.send("POST /refuse HTTP/1.1\r\nHost: h\r\nContent-Length: 1073741824\r\n\r\n");
    client.send(std::string(1u << 20, 'x'));
    const std::string refusal = client.receive_response();
    CHECK(refusal.starts_with("HTTP/1.1 401 Unauthorized\r\n"));
    CHECK(field_of(refusal, "Connection") == "close");
}

TEST_CASE("http server: a body beyond the limit is refused with 413", "[http]") {
    TestHandler handler;
    Limits limits;
    limits.body_bytes = 10;
    const ServerThread server(handler, limits);
    {
        HttpClient client(server.endpoint());
        client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n");
        const std::string refusal = client.receive_all();
        CHECK(refusal.starts_with("HTTP/1.1 413 Request Entity Too Large\r\n"));
        CHECK(body_of(refusal) == "413 Request Entity Too Large");
    }
    HttpClient client(server.endpoint());
    client.send(
        "POST /stream HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        "8\r\n12345678\r\n3\r\nabc\r\n0\r\n\r\n");
    CHECK(client.receive_all().starts_with("HTTP/1.1 413 "));
    CHECK(handler.refusals() == std::vector<std::string>{"/echo 413", "/stream 413"});
}

TEST_CASE("http server: what is no request is refused and the connection ends", "[http]") {
    TestHandler handler;
    const ServerThread server(handler);
    const auto answer = [&](const std::string& request) {
        HttpClient client(server.endpoint());
        client.send(request);
        const std::string response = client.receive_all();
        return response.substr(0, response.find('\r'));
    };
    CHECK(answer("\x16\x03\x01\x02 TLS\r\n\r\n") == "HTTP/1.1 400 Bad Request");
    CHECK(answer("GET / HTTP/1.1\r\n\r\n") == "HTTP/1.1 400 Bad Request");
    CHECK(answer("GET nowhere HTTP/1.1\r\nHost: h\r\n\r\n") == "HTTP/1.1 400 Bad Request");
    CHECK(answer("GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n") == "HTTP/1.1 400 Bad Request");
    CHECK(answer("GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n") ==
          "HTTP/1.1 501 Not Implemented");
    CHECK(answer("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n") == "HTTP/1.1 400 Bad Request");
    CHECK(answer("GET / HTTP/1.1\r\nHost: h\r\nExpect: more\r\n\r\n") ==
          "HTTP/1.1 417 Expectation Failed");
    CHECK(answer("GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(kMaxHeadBytes, 'a')) ==
          "HTTP/1.1 431 Request Header Fields Too Large");
}

TEST_CASE("http server: a head or a body that does not come is given up", "[http]") {
    TestHandler handler;
    Limits limits;
    limits.head_time = std::chrono::nanoseconds(1);
    limits.stall_time = std::chrono::nanoseconds(1);
    const ServerThread server(handler, limits);
    HttpClient slow_head(server.endpoint());
    HttpClient slow_body(server.endpoint());
    HttpClient idle(server.endpoint());
    slow_head.send("GET / HTTP/1.1\r\nHost:");
    slow_body.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
    CHECK(slow_head.receive_all().starts_with("HTTP/1.1 408 Request Timeout\r\n"));
    CHECK(slow_body.receive_all().starts_with("HTTP/1.1 408 Request Timeout\r\n"));
    idle.send("GET /idle HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(body_of(idle.receive_response()) == "GET /idle? ");
}

TEST_CASE("http server: a client that goes away is told while its request runs", "[http]") {
    // Bytes behind the request do not hide the end, few or more than are read ahead.
    const std::size_t stray_bytes = GENERATE(0u, 3u, 64u << 10, 100u << 10);
    const auto check = [&](void (*leave)(HttpClient&)) {
        TestHandler handler;
        const ServerThread server(handler);
        HttpClient client(server.endpoint());
        client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
        const auto held = handler.waiting.get_future().get();
        client.send(std::string(stray_bytes, 'x'));
        leave(client);
        CHECK(handler.gone.get_future().wait_for(std::chrono::minutes(1)) ==
              std::future_status::ready);
        held.responder.respond(text("too late"));
    };
    check([](HttpClient& client) { client.reset(); });
    check([](HttpClient& client) { client.shut_down(); });
}

TEST_CASE("http server: requests behind one whose client is gone are told at once", "[http]") {
    TestHandler handler;
    const ServerThread server(handler);
    HttpClient client(server.endpoint());
    client.send(
        "GET /first HTTP/1.1\r\nHost: h\r\n\r\n"
        "GET /wait HTTP/1.1\r\nHost: h\r\n\r\nx");
    client.shut_down();
    const auto held = handler.waiting.get_future().get();
    CHECK(handler.gone.get_future().wait_for(std::chrono::minutes(1)) == std::future_status::ready);
    held.responder.respond(text("too late"));
}

TEST_CASE("http server: a client that only closed its side gets its answer", "[http]") {
    TestHandler handler;
    const ServerThread server(handler);
    HttpClient client(server.endpoint());
    client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\n");
    client.shut_down();
    const auto held = handler.waiting.get_future().get();
    held.responder.respond(text("done"));
    const std::string answers = client.receive_all();
    CHECK(answers.find("done") != std::string::npos);
    CHECK(answers.find("GET /next? ") != std::string::npos);
}

TEST_CASE("http server: a connection is handed over with what was received", "[http]") {
    TestHandler handler;
    ServerThread server(handler);
    HttpClient client(server.endpoint());
    client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\nother protocol");
    const auto held = handler.waiting.get_future().get();
    std::optional<TakenOver> taken;
    server.run_there([&] { taken = held.responder.take_over(); });
    REQUIRE(taken.has_value());
    CHECK(taken->received == "other protocol");
    std::size_t connections = 1;
    server.run_there([&] { connections = server.server().connections(); });
    CHECK(connections == 0);
    REQUIRE(posix::write_all(taken->socket.native_handle(), "hello", "the socket").has_value());
    taken->socket.close();
    CHECK(client.receive_all() == "hello");
}

TEST_CASE("http server: closing waits for the running request and cuts off what stays", "[http]") {
    TestHandler handler;
    ServerThread server(handler);
    HttpClient idle(server.endpoint());
    HttpClient busy(server.endpoint());
    busy.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto held = handler.waiting.get_future().get();
    idle.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    (void)idle.receive_response();
    std::promise<std::size_t> closed;
    server.run_there([&] {
        server.server().close(std::chrono::steady_clock::now() + std::chrono::hours(1),
                              [&](std::size_t cut_off) { closed.set_value(cut_off); });
    });
    CHECK(idle.receive_all().empty());
    held.responder.respond(text("last"));
    CHECK(field_of(busy.receive_all(), "Connection") == "close");
    CHECK(closed.get_future().get() == 0);
}

TEST_CASE("http server: at its deadline closing cuts off what runs", "[http]") {
    TestHandler handler;
    ServerThread server(handler);
    HttpClient busy(server.endpoint());
    busy.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto held = handler.waiting.get_future().get();
    std::promise<std::size_t> closed;
    server.run_there([&] {
        server.server().close(std::chrono::steady_clock::now(),
                              [&](std::size_t cut_off) { closed.set_value(cut_off); });
    });
    CHECK(closed.get_future().get() == 1);
    CHECK(busy.receive_all().empty());
    handler.gone.get_future().get();
    held.responder.respond(text("too late"));
}

}  // namespace
}  // namespace assay::http
