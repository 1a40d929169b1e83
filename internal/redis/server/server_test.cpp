// The server with real sockets, in a process of its own.
#include "internal/redis/server/server.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <string>
#include <vector>

#include "pkg/resp/client.hpp"

using assay::redis::ServerOptions;
using assay::redis::Settings;
using assay::resp::Client;
using assay::resp::Reply;

namespace {

class ServerProcess {
  public:
    explicit ServerProcess(Settings settings = {}) {
        std::array<int, 2> pipe{};
        REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
        const assay::posix::UniqueFd reader(pipe[0]);
        assay::posix::UniqueFd writer(pipe[1]);
        settings.port = 0;
        settings.bind = {"127.0.0.1"};
        pid_ = ::fork();
        if (pid_ == 0) ::_exit(serve(std::move(settings), writer.get()));
        writer.reset();
        std::array<char, 256> text{};
        const ssize_t length = ::read(reader.get(), text.data(), text.size());
        REQUIRE(length > 0);
        const std::string line(text.data(), static_cast<std::size_t>(length));
        REQUIRE(line.starts_with("listening on "));
        address_ = line.substr(13, line.find('\n') - 13);
    }
    ~ServerProcess() { stop(); }

    Client connect() const {
        auto client = Client::connect(address_);
        REQUIRE(client.has_value());
        return *std::move(client);
    }

    // How the process ended after SIGTERM.
    int stop() {
        if (pid_ <= 0) return status_;
        ::kill(pid_, SIGTERM);
        ::waitpid(pid_, &status_, 0);
        pid_ = 0;
        return status_;
    }

  private:
    static int serve(Settings settings, int ready) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ServerOptions options;
        options.settings = std::move(settings);
        options.on_ready = [ready](const std::string& lines) {
            (void)!::write(ready, lines.data(), lines.size());
        };
        return assay::redis::serve(std::move(options)).has_value() ? 0 : 1;
    }

    pid_t pid_ = 0;
    int status_ = 0;
    std::string address_;
};

}  // namespace

TEST_CASE("server: a client gets answers, and SIGTERM ends it cleanly") {
    ServerProcess server;
    Client client = server.connect();
    CHECK(client.call({"SET", "a", "1"}).value().text == "OK");
    CHECK(client.call({"INCR", "a"}).value().integer == 2);
    CHECK(server.stop() == 0);
}

TEST_CASE("server: a deep pipeline is answered in order") {
    ServerProcess server;
    Client client = server.connect();
    constexpr std::size_t kDepth = 5000;
    std::string commands;
    for (std::size_t i = 0; i < kDepth; ++i) assay::resp::append_command(commands, {"INCR", "n"});
    REQUIRE(client.send(commands).has_value());
    const auto replies = client.receive(kDepth);
    REQUIRE(replies.has_value());
    CHECK(replies->front().integer == 1);
    CHECK(replies->back().integer == static_cast<std::int64_t>(kDepth));
}

TEST_CASE("server: values larger than any buffer pass in both directions") {
    ServerProcess server;
    Client client = server.connect();
    const std::string value(20'000'000, 'v');
    CHECK(client.call({"SET", "big", value}).value().text == "OK");
    CHECK(client.call({"GET", "big"}).value().text == value);
}

TEST_CASE("server: what is no RESP is answered with an error and closed") {
    ServerProcess server;
    Client client = server.connect();
    REQUIRE(client.send("*1\r\n!x\r\n").has_value());
    CHECK(client.receive_to_end().value() == "-ERR Protocol error: expected '$', got '!'\r\n");
    CHECK(server.connect().call({"GET", "a"}).value().is_null());
}

TEST_CASE("server: clients of several threads share the keys and the messages") {
    Settings settings;
    settings.io_threads = 3;
    ServerProcess server(settings);
    std::vector<Client> clients;
    for (int i = 0; i < 9; ++i) clients.push_back(server.connect());
    for (Client& client : clients) REQUIRE(client.call({"INCR", "n"}).has_value());
    CHECK(clients[0].call({"GET", "n"}).value().text == "9");
    for (Client& client : clients) REQUIRE(client.call({"SUBSCRIBE", "news"}).has_value());
    CHECK(server.connect().call({"PUBLISH", "news", "hi"}).value().integer == 9);
    for (Client& client : clients) {
        const Reply message = client.receive().value();
        REQUIRE(message.elements.size() == 3);
        CHECK(message.elements[2].text == "hi");
    }
}

TEST_CASE("server: more clients than allowed are told and closed") {
    Settings settings;
    settings.max_clients = 2;
    ServerProcess server(settings);
    Client first = server.connect();
    Client second = server.connect();
    REQUIRE(first.call({"GET", "a"}).has_value());
    REQUIRE(second.call({"GET", "a"}).has_value());
    Client third = server.connect();
    CHECK(third.receive_to_end().value() == "-ERR max number of clients reached\r\n");
    CHECK(first.call({"GET", "a"}).has_value());
}

TEST_CASE("server: a client that goes in the middle of a command leaves nothing") {
    ServerProcess server;
    for (int i = 0; i < 50; ++i) {
        Client client = server.connect();
        REQUIRE(client.send("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$10\r\nabc").has_value());
    }
    CHECK(server.connect().call({"GET", "a"}).value().is_null());
}
