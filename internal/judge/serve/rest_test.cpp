#include "internal/judge/serve/rest.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <future>

#include "internal/judge/serve/output_window.hpp"
#include "internal/judge/serve/stream.hpp"
#include "internal/judge/serve/ws.hpp"
#include "internal/testing/http_loopback.hpp"

namespace assay::judge {
namespace {

using testing::body_of;
using testing::field_of;
using testing::HttpClient;
using testing::ServerThread;

// A run that ends when the test says so, or when it is cancelled.
class FakeRun final : public StreamTicket {
  public:
    FakeRun(Request its_request, WorkerPool::Done done)
        : request(std::move(its_request)), done_(std::move(done)) {}

    void cancel() override {
        CommandResult killed;
        killed.status = Status::kSignalled;
        killed.exit_status = 9;
        end({request.id, {killed}, {}});
    }
    bool input(std::size_t index, std::size_t fd, std::string bytes) override {
        inputs += std::to_string(index) + "/" + std::to_string(fd) + bytes + ";";
        got_input.set_value();
        return fd == 0;
    }
    Result<void> resize(std::size_t, std::size_t, const Size& size) override {
        inputs += std::to_string(size.rows) + "x" + std::to_string(size.columns) + ";";
        return {};
    }
    void end(Response response) {
        if (const auto done = std::exchange(done_, nullptr)) done(std::move(response));
    }

    const Request request;
    WorkerPool::OnOutput on_output;
    std::string inputs;
    std::promise<void> got_input;

  private:
    WorkerPool::Done done_;
};

Response accepted(std::string text) {
    CommandResult result;
    result.status = Status::kAccepted;
    result.files["stdout"] = std::move(text);
    return {{}, {result}, {}};
}

// The whole face of the judge over a pool that the test plays. Programs called "wait" run until
// the test ends them, others at once.
class Judge {
  public:
    explicit Judge(RestOptions options = {})
        : directory_(std::filesystem::temp_directory_path() /
                     ("rest_test." + std::to_string(::getpid()))),
          store_(FileStore::open({directory_, true, {}}).value()),
          handler_(*this),
          server_(handler_) {
        rest_ = std::make_unique<Rest>(server_.loop(), std::move(options), executor(), *store_,
                                       books(), upgrades());
    }
    ~Judge() {
        server_.run_there([&] { sessions_.drop_all(); });
        rest_.reset();
    }
    Judge(const Judge&) = delete;
    Judge& operator=(const Judge&) = delete;

    std::string ask(const std::string& method, const std::string& target,
                    const std::string& body = {}, const std::string& headers = {}) {
        HttpClient client(server_.endpoint());
        client.send(method + " " + target + " HTTP/1.1\r\nHost: h\r\n" + headers +
                    "Content-Length: " + std::to_string(body.size()) +
                    "\r\nConnection: close\r\n\r\n" + body);
        return client.receive_all();
    }

    std::shared_ptr<FakeRun> next_run() { return started_.get_future().get(); }
    Rest& rest() { return *rest_; }
    ServerThread& server() { return server_; }

  private:
    Books books() { return {metrics_, log_}; }
    Executor executor() {
        return {[this](Request request, WorkerPool::Done done) {
                    return start(std::move(request), nullptr, std::move(done));
                },
                [this](Request request, WorkerPool::OnOutput out, WorkerPool::Done done) {
                    return start(std::move(request), std::move(out), std::move(done));
                }};
    }
    std::shared_ptr<FakeRun> start(Request request, WorkerPool::OnOutput on_output,
                                   WorkerPool::Done done) {
        const std::string program = request.commands.front().arguments.front();
        auto run = std::make_shared<FakeRun>(std::move(request), std::move(done));
        run->on_output = std::move(on_output);
        if (program == "wait") {
            started_.set_value(run);
        } else if (program == "fail") {
            run->end({{}, {}, "worker queue is full", Refusal::kQueueFull});
        } else {
            run->end(accepted(program));
        }
        return run;
    }
    Rest::Upgrades upgrades() {
        return {[this](const auto& request, const auto& responder, const auto& exchange) {
                    serve_socket(context(), request, responder, exchange);
                },
                [this](const auto& request, const auto& responder, const auto& exchange) {
                    serve_stream(context(), request, responder, exchange);
                }};
    }
    const SessionContext& context() {
        if (!context_) {
            context_.emplace(SessionContext{server_.loop(), executor(), books(), sessions_, {}});
        }
        return *context_;
    }

    std::string directory_;
    std::unique_ptr<FileStore> store_;
    Metrics metrics_;
    AccessLog log_{{LogFormat::kText, true, false, 2}};
    Sessions sessions_;
    std::optional<SessionContext> context_;
    std::promise<std::shared_ptr<FakeRun>> started_;
    // Rest needs the loop, which comes with the server.
    struct Forward final : http::Handler {
        explicit Forward(Judge& its_judge) : judge(its_judge) {}
        http::Admission admit(const http::Request& head) override {
            return judge.rest_->admit(head);
        }
        void handle(http::Request request, http::Responder responder) override {
            judge.rest_->handle(std::move(request), std::move(responder));
        }
        void refused(const http::Request* head, int status) override {
            judge.rest_->refused(head, status);
        }
        Judge& judge;
    };
    std::unique_ptr<Rest> rest_;
    Forward handler_;
    ServerThread server_;
};

std::string run_of(const std::string& program) {
    return "{\"requestId\":\"r\",\"cmd\":[{\"args\":[\"" + program +
           "\"],\"files\":[{\"streamIn\":true},{\"streamOut\":true}]}]}";
}
std::string plain_run_of(const std::string& program) {
    return "{\"requestId\":\"r\",\"cmd\":[{\"args\":[\"" + program + "\"]}]}";
}

std::string status_line(const std::string& response) {
    return response.substr(0, response.find('\r'));
}

TEST_CASE("rest: /run answers with results", "[judge]") {
    Judge judge;
    const std::string response = judge.ask("POST", "/run", plain_run_of("echo"));
    CHECK(status_line(response) == "HTTP/1.1 200 OK");
    CHECK(field_of(response, "Content-Type") == "application/json; charset=utf-8");
    CHECK(body_of(response).starts_with("[{\"status\":\"Accepted\""));
    CHECK(body_of(response).ends_with("\"files\":{\"stdout\":\"echo\"}}]\n"));
}

TEST_CASE("rest: /run refuses what cannot be run", "[judge]") {
    Judge judge;
    const auto answer = [&](const std::string& body) {
        const std::string response = judge.ask("POST", "/run", body);
        return response.substr(9, 3) + " " + body_of(response);
    };
    CHECK(answer("") == "400 \"EOF\"");
    CHECK(answer("{\"cmd\":[") == "400 \"unexpected EOF\"");
    CHECK(answer("{}") == "400 \"no cmd provided\"");
    CHECK(answer(plain_run_of("fail")) == "500 \"worker queue is full\"");
    const std::string pipe = "{\"cmd\":[{\"args\":[\"a\"]},{\"args\":[\"b\"]}],\"pipeMapping\":[";
    CHECK(answer(pipe + "{\"in\":{\"index\":0,\"fd\":-7},\"out\":{\"index\":1,\"fd\":0}}]}") ==
          "400 \"pipe: index out of range -7\"");
    CHECK(answer(pipe + "{\"in\":{\"index\":0,\"fd\":1},\"out\":{\"index\":-1,\"fd\":0}}]}") ==
          "400 \"pipe: index out of range -1\"");
}

TEST_CASE("rest: a large body is decoded beside the loop", "[judge]") {
    Judge judge;
    const std::string padding = "{\"unknown\":\"" + std::string(1u << 20, 'x') + "\",";
    const std::string good = judge.ask("POST", "/run", padding + plain_run_of("echo").substr(1));
    CHECK(body_of(good).starts_with("[{\"status\":\"Accepted\""));
    const std::string bad = judge.ask("POST", "/run", padding);
    CHECK(body_of(bad) == "\"unexpected EOF\"");
}

TEST_CASE("rest: a client that goes away cancels its run", "[judge]") {
    Judge judge;
    HttpClient client(judge.server().endpoint());
    const std::string body = plain_run_of("wait");
    client.send("POST /run HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body);
    const auto run = judge.next_run();
    client.shut_down();
    CHECK(body_of(client.receive_all()).starts_with("[{\"status\":\"Signalled\",\"exitStatus\":9"));
}

TEST_CASE("rest: paths that are none, and slashes too many", "[judge]") {
    Judge judge;
    const std::string unknown = judge.ask("GET", "/nope");
    CHECK(status_line(unknown) == "HTTP/1.1 404 Not Found");
    CHECK(field_of(unknown, "Content-Type") == "text/plain");
    CHECK(body_of(unknown) == "404 page not found");
    for (const char* request : {"GET /run", "PUT /file", "HEAD /version", "POST /file/X", "GET /",
                                "GET /file/a/b", "GET /versions"}) {
        const std::string text(request);
        const std::size_t blank = text.find(' ');
        CHECK(status_line(judge.ask(text.substr(0, blank), text.substr(blank + 1))) ==
              "HTTP/1.1 404 Not Found");
    }
    const std::string moved = judge.ask("GET", "/file/?a=b");
    CHECK(status_line(moved) == "HTTP/1.1 301 Moved Permanently");
    CHECK(field_of(moved, "Location") == "/file?a=b");
    const std::string temporary = judge.ask("POST", "/run/", "{}");
    CHECK(status_line(temporary) == "HTTP/1.1 307 Temporary Redirect");
    CHECK(field_of(temporary, "Location") == "/run");
    CHECK(field_of(judge.ask("DELETE", "/file/A%22B/"), "Location") == "/file/A%22B");
}

TEST_CASE("rest: the token opens all but the documents", "[judge]") {
    RestOptions options;
    options.auth_token = "secret";
    options.version_document = "{}";
    Judge judge(std::move(options));
    const auto code = [&](const std::string& target, const std::string& headers) {
        return judge.ask("GET", target, {}, headers).substr(9, 3);
    };
    const std::string refused = judge.ask("GET", "/file");
    CHECK(status_line(refused) == "HTTP/1.1 401 Unauthorized");
    CHECK(body_of(refused).empty());
    CHECK(code("/file", "Authorization: Bearer secret\r\n") == "200");
    CHECK(code("/file", "Authorization: bearer secret\r\n") == "401");
    CHECK(code("/file", "Authorization: Bearer secre\r\n") == "401");
    CHECK(code("/file", "Authorization: Bearer secretsecret\r\n") == "401");
    CHECK(code("/file", "Authorization: Bearer \r\n") == "401");
    CHECK(code("/nope", "") == "401");
    CHECK(code("/ws", "") == "401");
    CHECK(code("/file/", "") == "301");
    CHECK(code("/version", "") == "200");
}

TEST_CASE("rest: a file comes in, goes out and is removed", "[judge]") {
    Judge judge;
    const std::string form =
        "--b\r\nContent-Disposition: form-data; name=\"other\"; filename=\"x\"\r\n\r\nno\r\n"
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"dir/a.html\"\r\n\r\n" +
        std::string(300000, 'f') + "\r\n--b--\r\n";
    const std::string type = "Content-Type: multipart/form-data; boundary=b\r\n";
    const std::string added = judge.ask("POST", "/file", form, type);
    CHECK(status_line(added) == "HTTP/1.1 200 OK");
    const std::string id = body_of(added).substr(1, 8);
    CHECK(body_of(judge.ask("GET", "/file")) == "{\"" + id + "\":\"a.html\"}");
    const std::string got = judge.ask("GET", "/file/" + id);
    CHECK(field_of(got, "Content-Type") == "text/html; charset=utf-8");
    CHECK(field_of(got, "Content-Disposition") == "attachment; filename=\"a.html\"");
    CHECK(body_of(got) == std::string(300000, 'f'));
    const std::string part = judge.ask("GET", "/file/" + id, {}, "Range: bytes=0-2\r\n");
    CHECK(status_line(part) == "HTTP/1.1 206 Partial Content");
    CHECK(body_of(part) == "fff");
    CHECK(status_line(judge.ask("DELETE", "/file/" + id)) == "HTTP/1.1 200 OK");
    const std::string gone = judge.ask("DELETE", "/file/" + id);
    CHECK(status_line(gone) == "HTTP/1.1 404 Not Found");
    CHECK(body_of(gone).empty());
    CHECK(status_line(judge.ask("GET", "/file/" + id)) == "HTTP/1.1 404 Not Found");
}

TEST_CASE("rest: a form without the file is refused and stores nothing", "[judge]") {
    Judge judge;
    const std::string type = "Content-Type: multipart/form-data; boundary=b\r\n";
    const auto refused = [&](const std::string& form, const std::string& headers) {
        const std::string response = judge.ask("POST", "/file", form, headers);
        return status_line(response) == "HTTP/1.1 400 Bad Request" && body_of(response).empty();
    };
    CHECK(refused("x", ""));
    CHECK(refused("{}", "Content-Type: application/json\r\n"));
    CHECK(refused("", type));
    CHECK(refused("--b--", type));
    CHECK(refused("--b\r\nContent-Disposition: form-data; name=file\r\n\r\nx\r\n--b--", type));
    CHECK(refused("--b\r\nContent-Disposition: form-data; name=file; filename=f\r\n\r\nx", type));
    CHECK(body_of(judge.ask("GET", "/file")) == "{}");
}

TEST_CASE("rest: the page of a redirect has no text of the client's as HTML", "[judge]") {
    Judge judge;
    const std::string response = judge.ask("GET", "/version/?a=\"><b>&c='d");
    CHECK(status_line(response) == "HTTP/1.1 301 Moved Permanently");
    CHECK(body_of(response) ==
          "<a href=\"/version?a=&#34;&gt;&lt;b&gt;&amp;c=&#39;d\">Moved Permanently</a>.\n\n");
}

TEST_CASE("rest: in the drain requests are sent away", "[judge]") {
    Judge judge;
    HttpClient client(judge.server().endpoint());
    judge.server().run_there([&] { judge.rest().refuse_new(); });
    client.send("GET /version HTTP/1.1\r\nHost: h\r\n\r\n");
    const std::string response = client.receive_all();
    CHECK(status_line(response) == "HTTP/1.1 503 Service Unavailable");
    CHECK(field_of(response, "Retry-After") == "1");
    CHECK(field_of(response, "Connection") == "close");
    CHECK(body_of(response) == "\"server is shutting down\"");
}

TEST_CASE("rest: what waits when the drain begins is sent away too", "[judge]") {
    Judge judge;
    std::string response;
    std::thread client([&] { response = judge.ask("POST", "/run", plain_run_of("wait")); });
    const auto run = judge.next_run();
    judge.server().run_there([&] { judge.rest().refuse_new(); });
    run->end({{}, {}, "in words", Refusal::kCancelled});
    client.join();
    CHECK(status_line(response) == "HTTP/1.1 503 Service Unavailable");
    CHECK(field_of(response, "Retry-After") == "1");
}

TEST_CASE("rest: a request that names what it may not have is a bad one", "[judge]") {
    Judge judge;
    std::string response;
    std::thread client([&] { response = judge.ask("POST", "/run", plain_run_of("wait")); });
    judge.next_run()->end({{}, {}, "file (P) does not under ([A])", Refusal::kUnacceptable});
    client.join();
    CHECK(status_line(response) == "HTTP/1.1 400 Bad Request");
    CHECK(body_of(response) == "\"file (P) does not under ([A])\"");
}

TEST_CASE("rest: what failed in the drain is told, whatever its words are", "[judge]") {
    Judge judge;
    std::string response;
    std::thread client([&] { response = judge.ask("POST", "/run", plain_run_of("wait")); });
    const auto run = judge.next_run();
    judge.server().run_there([&] { judge.rest().refuse_new(); });
    run->end({{}, {}, "worker is shutting down"});
    client.join();
    CHECK(status_line(response) == "HTTP/1.1 500 Internal Server Error");
    CHECK(body_of(response) == "\"worker is shutting down\"");
}

constexpr std::string_view kUpgrade =
    " HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

HttpClient open_socket(Judge& judge, const std::string& path) {
    HttpClient client(judge.server().endpoint());
    client.send("GET " + path + std::string(kUpgrade));
    (void)client.receive_until("\r\n\r\n");
    return client;
}

// A short message of a client, masked with zeros.
std::string frame(std::string_view payload) {
    std::string bytes = "\x82";
    if (payload.size() < 126) {
        bytes += static_cast<char>(0x80 | payload.size());
    } else {
        bytes += "\xFE";
        bytes += static_cast<char>(payload.size() >> 8);
        bytes += static_cast<char>(payload.size() & 0xFF);
    }
    return bytes + std::string(4, '\0') + std::string(payload);
}

TEST_CASE("ws: requests are answered under their ids", "[judge]") {
    Judge judge;
    HttpClient client = open_socket(judge, "/ws");
    client.send(frame(plain_run_of("echo")));
    CHECK(client.receive_until("\n").find("{\"requestId\":\"r\",\"results\":[{\"status\":"
                                          "\"Accepted\"") != std::string::npos);
    client.send(frame("{\"requestId\":\"\",\"cmd\":[]}"));
    CHECK(client.receive_until("\n").substr(2) ==
          "{\"requestId\":\"\",\"results\":null,\"error\":\"empty request id\"}\n");
    client.send(frame("{\"requestId\":\"e\"}"));
    CHECK(client.receive_until("\n").substr(2) == "{\"requestId\":\"e\",\"results\":[]}\n");
    client.send(frame(plain_run_of("fail")));
    CHECK(client.receive_until("\n").substr(2) ==
          "{\"requestId\":\"r\",\"results\":[],\"error\":\"worker queue is full\"}\n");
    client.send(frame(plain_run_of("wait")));
    (void)judge.next_run();
    client.send(frame(plain_run_of("echo")));
    CHECK(
        client.receive_until("\n").substr(2) ==
        "{\"requestId\":\"r\",\"results\":null,\"error\":\"duplicated request id: \\\"r\\\"\"}\n");
    client.send(frame("{\"cancelRequestId\":\"unknown\"}") + frame("{\"cancelRequestId\":\"r\"}"));
    CHECK(client.receive_until("\n").find("\"status\":\"Signalled\"") != std::string::npos);
}

TEST_CASE("ws: bad JSON drops the connection and what runs", "[judge]") {
    Judge judge;
    HttpClient client = open_socket(judge, "/ws");
    client.send(frame(plain_run_of("wait")));
    const auto run = judge.next_run();
    client.send(frame("{"));
    CHECK(client.receive_all().empty());
}

TEST_CASE("stream: input, size, output and the end", "[judge]") {
    Judge judge;
    HttpClient client = open_socket(judge, "/stream");
    client.send(frame("\x01" + run_of("wait")));
    const auto run = judge.next_run();
    client.send(frame("\x02{\"rows\":24,\"cols\":80}") + frame(std::string("\x03\x00hi", 4)));
    std::thread output([&] { CHECK(run->on_output(0, 1, "shown")); });
    CHECK(client.receive_until("shown") == std::string("\x82\x07\x02\x01shown"));
    output.join();
    run->got_input.get_future().get();
    CHECK(run->inputs == "24x80;0/0hi;");
    run->end({"r", {}, "not told"});
    CHECK(client.receive_all().substr(2) == "\x01{\"requestId\":\"\",\"results\":[]}\n");
}

TEST_CASE("stream: cancelling ends the run", "[judge]") {
    Judge judge;
    HttpClient client = open_socket(judge, "/stream");
    client.send(frame("\x01" + run_of("wait")));
    const auto run = judge.next_run();
    client.send(frame("\x04") + frame("ignored"));
    CHECK(client.receive_all().find("\"status\":\"Signalled\"") != std::string::npos);
}

TEST_CASE("stream: what does not fit drops the connection", "[judge]") {
    Judge judge;
    const auto dropped = [&](const std::string& messages) {
        HttpClient client = open_socket(judge, "/stream");
        client.send(messages);
        return client.receive_all().empty();
    };
    CHECK(dropped(frame("")));
    CHECK(dropped(frame("\x03")));
    CHECK(dropped(frame("\x07")));
    CHECK(dropped(frame("\x01{")));
    std::string many = "\x01{\"cmd\":[{\"args\":[\"echo\"],\"files\":[";
    for (int i = 0; i < 16; ++i) many += "null,";
    CHECK(dropped(frame(many + "{\"streamOut\":true}]}]}")));
    CHECK(dropped(frame("\x01" + run_of("wait")) + frame(std::string("\x03\x01x"))));
}

TEST_CASE("output window: a writer waits for room, and for nobody once it is closed", "[judge]") {
    OutputWindow window(10);
    CHECK(window.enter(10));
    std::promise<bool> entered;
    std::thread writer([&] { entered.set_value(window.enter(1)); });
    window.leave(10);
    CHECK(entered.get_future().get());
    writer.join();
    CHECK(window.enter(100));
    std::thread closer([&] { window.close(); });
    CHECK_FALSE(window.enter(1));
    closer.join();
}

}  // namespace
}  // namespace assay::judge
