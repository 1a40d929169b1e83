// Streamed requests with real slots. On a host that lets nobody make them they say "skipped".
#include <signal.h>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <future>
#include <mutex>

#include "internal/judge/execute/pool_fixture.hpp"

namespace assay::judge {
namespace {

// A streamed request and what came of it.
class Stream {
  public:
    Stream(PoolFixture& fixture, const Command& command) {
        ticket_ = fixture.pool().submit_stream(
            request_of({command}),
            [this](std::size_t, std::size_t fd, std::string_view bytes) {
                const std::lock_guard lock(mutex_);
                output_[fd] += bytes;
                largest_ = std::max(largest_, bytes.size());
                came_.notify_all();
                return wanted_;
            },
            [this](Response response) { answered_.set_value(std::move(response)); });
    }

    void want_no_more() {
        const std::lock_guard lock(mutex_);
        wanted_ = false;
    }
    void await_output(std::size_t fd, const std::string& text) {
        std::unique_lock lock(mutex_);
        came_.wait(lock, [&] { return output_[fd].find(text) != std::string::npos; });
    }
    std::string output(std::size_t fd) {
        const std::lock_guard lock(mutex_);
        return output_[fd];
    }
    std::size_t largest() const { return largest_; }
    StreamTicket& ticket() { return *ticket_; }
    CommandResult result() {
        Response response = answered_.get_future().get();
        INFO(response.error);
        REQUIRE(response.results.size() == 1);
        return response.results.front();
    }

  private:
    std::shared_ptr<StreamTicket> ticket_;
    std::mutex mutex_;
    std::condition_variable came_;
    std::map<std::size_t, std::string> output_;
    std::size_t largest_ = 0;
    bool wanted_ = true;
    std::promise<Response> answered_;
};

Command streamed(const std::string& script, bool terminal = false) {
    Command command = shell(script);
    command.files = {StreamIn{}, StreamOut{}, StreamOut{}};
    command.terminal = terminal;
    return command;
}

TEST_CASE("stream: input and output go to and fro", "[judge][slow]") {
    PoolFixture fixture;
    if (!fixture.usable()) return;
    Stream stream(fixture, streamed("read -r a; echo \"one $a\"; read -r b; echo \"two $b\" >&2"));
    REQUIRE(stream.ticket().input(0, 0, "first\n"));
    stream.await_output(1, "one first\n");
    REQUIRE(stream.ticket().input(0, 0, "second\n"));
    CHECK(stream.result().status == Status::kAccepted);
    CHECK(stream.output(2) == "two second\n");
    CHECK_FALSE(stream.ticket().input(0, 1, "x"));
}

TEST_CASE("stream: all output comes before the result, in chunks", "[judge][slow]") {
    PoolFixture fixture;
    if (!fixture.usable()) return;
    Stream stream(fixture, streamed("head -c 500000 /dev/zero"));
    CHECK(stream.result().status == Status::kAccepted);
    CHECK(stream.output(1).size() == 500'000);
    CHECK(stream.largest() <= 32 * 1024);
}

TEST_CASE("stream: a terminal has the size that was asked for", "[judge][slow]") {
    PoolFixture fixture;
    if (!fixture.usable()) return;
    Stream stream(fixture, streamed("read -r a; stty size", true));
    REQUIRE(stream.ticket().resize(0, 0, {33, 99}).has_value());
    REQUIRE(stream.ticket().input(0, 0, "go\n"));
    CHECK(stream.result().status == Status::kAccepted);
    CHECK(stream.output(1).find("33 99") != std::string::npos);
}

TEST_CASE("stream: a client that wants no more ends the run", "[judge][slow]") {
    PoolFixture fixture;
    if (!fixture.usable()) return;
    Stream stream(fixture, streamed("while :; do echo x; sleep 0.01; done"));
    stream.await_output(1, "x");
    stream.want_no_more();
    CHECK(stream.result().exit_status == SIGKILL);
}

TEST_CASE("stream: cancelling and draining end a run", "[judge][slow]") {
    PoolFixture fixture;
    if (!fixture.usable()) return;
    Stream first(fixture, streamed("echo on; sleep 1000"));
    Stream second(fixture, streamed("echo on; sleep 1000"));
    first.await_output(1, "on");
    second.await_output(1, "on");
    first.ticket().cancel();
    CHECK(first.result().exit_status == SIGKILL);
    fixture.pool().drain(std::chrono::steady_clock::now());
    CHECK(second.result().exit_status == SIGKILL);
}

}  // namespace
}  // namespace assay::judge
