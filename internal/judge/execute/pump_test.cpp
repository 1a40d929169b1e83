#include "internal/judge/execute/pump.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>

#include "pkg/posix/files.hpp"

namespace assay::judge {
namespace {

posix::Pipe pipe_of(int flags = 0) {
    return posix::make_pipe(flags).value();
}

void put(const posix::UniqueFd& fd, std::string_view text) {
    REQUIRE(posix::write_all(fd.get(), text, "a pipe").has_value());
}

std::string what_is_in(const posix::UniqueFd& fd) {
    char block[65536];
    std::string text;
    for (;;) {
        const ssize_t count = ::read(fd.get(), block, sizeof block);
        if (count <= 0) return text;
        text.append(block, static_cast<std::size_t>(count));
    }
}

// As the loop does: advances while what is waited for is there.
void advance(Pump& pump) {
    for (;;) {
        pollfd waited = pump.interest();
        if (waited.fd < 0 || ::poll(&waited, 1, 0) <= 0) return;
        pump.advance();
    }
}

struct Proxy {
    explicit Proxy(bool zero_copy, std::int64_t kept = 0)
        : program(pipe_of()),
          reader(pipe_of(O_NONBLOCK)),
          capture(std::make_shared<Capture>(kept - 1)),
          relay(std::move(program.read_end), std::move(reader.write_end), capture, zero_copy) {
        ::signal(SIGPIPE, SIG_IGN);
    }
    posix::Pipe program;
    posix::Pipe reader;
    std::shared_ptr<Capture> capture;
    Relay relay;
};

TEST_CASE("capture: keeps the maximum and one byte", "[judge]") {
    Capture capture(3);
    capture.append("ab");
    CHECK_FALSE(capture.exceeded());
    capture.append("c");
    CHECK_FALSE(capture.exceeded());
    capture.append("de");
    CHECK(capture.exceeded());
    CHECK(capture.take() == "abcd");
}

TEST_CASE("capture: a negative maximum keeps nothing and is exceeded", "[judge]") {
    Capture capture(-1);
    CHECK(capture.exceeded());
    capture.append("a");
    CHECK(capture.take().empty());
}

TEST_CASE("drain: reads on when the capture is full", "[judge]") {
    posix::Pipe pipe = pipe_of(O_NONBLOCK);
    const auto capture = std::make_shared<Capture>(4);
    PipeDrain drain(std::move(pipe.read_end), capture);
    std::size_t written = 0;
    const std::string block(60'000, 'x');
    for (int i = 0; i < 50; ++i) {
        put(pipe.write_end, block);
        written += block.size();
        advance(drain);
    }
    CHECK(written > 1u << 20);
    CHECK(capture->take() == "xxxxx");
}

TEST_CASE("drain: is over when nobody can write any more", "[judge]") {
    posix::Pipe pipe = pipe_of();
    const auto capture = std::make_shared<Capture>(10);
    PipeDrain drain(std::move(pipe.read_end), capture);
    put(pipe.write_end, "last");
    pipe.write_end.reset();
    advance(drain);
    CHECK(drain.interest().fd == -1);
    CHECK(capture->take() == "last");
}

TEST_CASE("drain: at the end takes what is left, even with a writer alive", "[judge]") {
    posix::Pipe pipe = pipe_of();
    const auto capture = std::make_shared<Capture>(10);
    PipeDrain drain(std::move(pipe.read_end), capture);
    put(pipe.write_end, "left");
    drain.finish();
    CHECK(capture->take() == "left");
}

TEST_CASE("feed: writes more than a pipe holds, then closes", "[judge]") {
    posix::Pipe pipe = pipe_of(O_NONBLOCK);
    const std::string text(200'000, 'y');
    PipeFeed feed(std::move(pipe.write_end), text);
    std::string got;
    while (feed.interest().fd >= 0) {
        feed.advance();
        got += what_is_in(pipe.read_end);
    }
    CHECK(got == text);
}

TEST_CASE("feed: is over when the reader is gone", "[judge]") {
    posix::Pipe pipe = pipe_of();
    ::signal(SIGPIPE, SIG_IGN);
    PipeFeed feed(std::move(pipe.write_end), "text");
    pipe.read_end.reset();
    feed.advance();
    CHECK(feed.interest().fd == -1);
}

TEST_CASE("relay: passes bytes and their end on", "[judge]") {
    const bool zero_copy = GENERATE(true, false);
    Proxy proxy(zero_copy);
    put(proxy.program.write_end, "ping");
    advance(proxy.relay);
    CHECK(what_is_in(proxy.reader.read_end) == "ping");
    proxy.program.write_end.reset();
    advance(proxy.relay);
    CHECK(proxy.relay.interest().fd == -1);
    ::fcntl(proxy.reader.read_end.get(), F_SETFL, 0);
    CHECK(what_is_in(proxy.reader.read_end).empty());
}

TEST_CASE("relay: the capture gets the first bytes, the reader all", "[judge]") {
    const bool zero_copy = GENERATE(true, false);
    Proxy proxy(zero_copy, 6);
    for (const char* text : {"abcd", "efgh", "ijkl"}) {
        put(proxy.program.write_end, text);
        advance(proxy.relay);
    }
    CHECK(what_is_in(proxy.reader.read_end) == "abcdefghijkl");
    CHECK(proxy.capture->take() == "abcdef");
}

TEST_CASE("relay: waits for a slow reader and loses nothing", "[judge]") {
    const bool zero_copy = GENERATE(true, false);
    Proxy proxy(zero_copy, 100'000);
    make_nonblocking(proxy.program.write_end.get());
    std::string sent;
    std::string got;
    for (int i = 0; i < 40; ++i) {
        const std::string block(30'000, static_cast<char>('a' + i % 26));
        const ssize_t count = ::write(proxy.program.write_end.get(), block.data(), block.size());
        if (count > 0) sent += block.substr(0, static_cast<std::size_t>(count));
        advance(proxy.relay);
        if (i % 3 == 0) got += what_is_in(proxy.reader.read_end);
    }
    proxy.program.write_end.reset();
    while (proxy.relay.interest().fd >= 0) {
        advance(proxy.relay);
        got += what_is_in(proxy.reader.read_end);
    }
    got += what_is_in(proxy.reader.read_end);
    CHECK(got == sent);
    CHECK(proxy.capture->take() == sent.substr(0, 100'000));
}

TEST_CASE("relay: a reader that is gone does not hold up the writer", "[judge]") {
    const bool zero_copy = GENERATE(true, false);
    Proxy proxy(zero_copy, 200'000);
    proxy.reader.read_end.reset();
    const std::string block(50'000, 'z');
    for (int i = 0; i < 10; ++i) {
        put(proxy.program.write_end, block);
        advance(proxy.relay);
    }
    CHECK(proxy.capture->take() == std::string(200'000, 'z'));
    proxy.program.write_end.reset();
    advance(proxy.relay);
    CHECK(proxy.relay.interest().fd == -1);
}

TEST_CASE("relay: at the end the capture gets what nobody reads any more", "[judge]") {
    const bool zero_copy = GENERATE(true, false);
    Proxy proxy(zero_copy, 10);
    put(proxy.program.write_end, "unread");
    proxy.relay.finish();
    CHECK(proxy.capture->take() == "unread");
}

}  // namespace
}  // namespace assay::judge
