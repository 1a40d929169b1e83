#include "internal/testing/judge_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <catch2/catch.hpp>
#include <thread>

namespace assay::testing {
namespace {

// Serves one connection: reads until the request has ended with `last`, says `answer`, closes.
class OneAnswer {
  public:
    OneAnswer(std::string last, std::string answer)
        : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(socket_.get(), generic, length) == 0);
        REQUIRE(::listen(socket_.get(), 1) == 0);
        REQUIRE(::getsockname(socket_.get(), generic, &length) == 0);
        address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
        thread_ = std::thread(
            [this, last = std::move(last), answer = std::move(answer)] { serve(last, answer); });
    }
    ~OneAnswer() {
        if (thread_.joinable()) thread_.join();
    }

    const std::string& address() const { return address_; }
    // The whole request, once it was answered.
    const std::string& request() {
        thread_.join();
        return request_;
    }

  private:
    void serve(const std::string& last, const std::string& answer) {
        const posix::UniqueFd connection(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        std::array<char, 4096> block;
        while (!request_.ends_with(last)) {
            const ssize_t count = ::recv(connection.get(), block.data(), block.size(), 0);
            if (count <= 0) return;
            request_.append(block.data(), static_cast<std::size_t>(count));
        }
        ::send(connection.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    }

    posix::UniqueFd socket_;
    std::string address_;
    std::string request_;
    std::thread thread_;
};

TEST_CASE("an exchange sends its request and reads a body of known length") {
    OneAnswer server("hello",
                     "HTTP/1.1 201 Created\r\nContent-Length: 4\r\nX-Odd: A: b\r\n\r\nback");
    HttpExchange exchange(
        server.address(),
        {.method = "POST", .target = "/run", .body = "hello", .headers = {"X-Mine: 1"}});
    const auto answer = exchange.answer();
    REQUIRE(answer);
    CHECK(answer->code == 201);
    CHECK(answer->body == "back");
    CHECK(answer->headers.at("x-odd") == "A: b");
    CHECK(server.request() == "POST /run HTTP/1.1\r\nHost: " + server.address() +
                                  "\r\nConnection: close\r\nX-Mine: 1\r\nContent-Length: 5\r\n\r\n"
                                  "hello");
}

TEST_CASE("an exchange puts chunks together and passes over an interim answer") {
    OneAnswer server("\r\n\r\n",
                     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: "
                     "chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n");
    const auto answer = HttpExchange(server.address(), {.target = "/config"}).answer();
    REQUIRE(answer);
    CHECK(answer->code == 200);
    CHECK(answer->body == "abc0123456789");
}

TEST_CASE("an answer that was cut off is none") {
    for (const char* bytes :
         {"", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbac",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"}) {
        INFO(bytes);
        OneAnswer server("\r\n\r\n", bytes);
        CHECK_FALSE(HttpExchange(server.address(), {}).answer());
    }
}

TEST_CASE("a port that nobody serves gives no answer") {
    std::string address;
    {
        const OneAnswer server("\r\n\r\n", "");
        address = server.address();
        HttpExchange(address, {}).answer();
    }
    CHECK_FALSE(HttpExchange(address, {}).answer());
}

TEST_CASE("commands are written as the judge's JSON") {
    const std::string text = to_json({{.arguments = {"a", "b\n"},
                                       .environment = {},
                                       .input = "in",
                                       .output_max_bytes = 7,
                                       .copy_in = {{"a", "/host/a"}},
                                       .copy_in_text = {{"t", "text"}},
                                       .copy_in_links = {{"l", "to"}},
                                       .copy_out = {"x?"},
                                       .cpu_limit = std::chrono::milliseconds(2),
                                       .clock_limit = std::chrono::milliseconds(3),
                                       .memory_limit_bytes = 4,
                                       .process_limit = 5}},
                                     {{.from = {0, 1}, .to = {0, 0}, .proxy = true}});
    CHECK(text ==
          R"({"cmd":[{"args":["a","b\n"],"env":[],"files":[{"content":"in"},)"
          R"({"name":"stdout","max":7,"pipe":false},{"name":"stderr","max":7,"pipe":false}],)"
          R"("tty":false,"copyIn":{"a":{"src":"/host/a"},"t":{"content":"text"},)"
          R"("l":{"symlink":"to"}},"copyOut":["x?"],"copyOutCached":[],"copyOutMax":0,)"
          R"("cpuLimit":2000000,"clockLimit":3000000,"memoryLimit":4,"procLimit":5,)"
          R"("stackLimit":0,"addressSpaceLimit":false,"cpuSetLimit":""}],)"
          R"("pipeMapping":[{"in":{"index":0,"fd":1},"out":{"index":0,"fd":0},"proxy":true}]})");
}

TEST_CASE("results are read with what is absent left empty") {
    const auto results = results_of(
        R"([{"status":"Nonzero Exit Status","exitStatus":3,"error":"e","time":4,"memory":5,)"
        R"("runTime":6,"procPeak":7,"files":{"stdout":"out"},"fileIds":{"x":"ID"},)"
        R"("fileError":[{"name":"f","type":"CopyOutOpen","message":"m"}]},)"
        R"({"status":"Accepted","exitStatus":0,"time":0,"memory":0,"runTime":0}])");
    REQUIRE(results.size() == 2);
    CHECK(results[0].status == "Nonzero Exit Status");
    CHECK(results[0].exit_status == 3);
    CHECK(results[0].error == "e");
    CHECK(results[0].time.count() == 4);
    CHECK(results[0].memory_bytes == 5);
    CHECK(results[0].run_time.count() == 6);
    CHECK(results[0].process_peak == 7);
    CHECK(results[0].files.at("stdout") == "out");
    CHECK(results[0].file_ids.at("x") == "ID");
    REQUIRE(results[0].file_errors.size() == 1);
    CHECK(results[0].file_errors[0].type == "CopyOutOpen");
    CHECK(results[1].files.empty());
    CHECK(results[1].file_errors.empty());
    CHECK_THROWS(results_of("\"worker queue is full\""));
}

}  // namespace
}  // namespace assay::testing
