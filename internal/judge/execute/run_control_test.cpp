#include "internal/judge/execute/run_control.hpp"

#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "internal/judge/execute/terminal.hpp"
#include "pkg/posix/files.hpp"

namespace assay::judge {
namespace {

Request streamed(bool terminal) {
    Command command;
    command.terminal = terminal;
    command.files = {StreamIn{}, StreamOut{}};
    Request request;
    request.commands = {command};
    return request;
}

struct Waker {
    posix::UniqueFd event{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    bool rang() const {
        eventfd_t count = 0;
        return ::eventfd_read(event.get(), &count) == 0;
    }
};

winsize size_of(const posix::UniqueFd& terminal) {
    winsize size{};
    REQUIRE(::ioctl(terminal.get(), TIOCGWINSZ, &size) == 0);
    return size;
}

TEST_CASE("control: cancelling is known at once and wakes", "[judge]") {
    RunControl control(streamed(false));
    const Waker waker;
    control.attach(waker.event.get());
    CHECK_FALSE(control.cancelled());
    control.cancel();
    CHECK(control.cancelled());
    CHECK(waker.rang());
}

TEST_CASE("control: input is for streamIn alone", "[judge]") {
    RunControl control(streamed(false));
    CHECK(control.input(0, 0, "a"));
    CHECK_FALSE(control.input(0, 1, "a"));
    CHECK_FALSE(control.input(0, 7, "a"));
    CHECK_FALSE(control.input(3, 0, "a"));
}

TEST_CASE("control: input before the run is kept in order", "[judge]") {
    RunControl control(streamed(false));
    CHECK_FALSE(control.has_input(0, 0));
    CHECK(control.input(0, 0, "a"));
    CHECK(control.input(0, 0, "b"));
    CHECK(control.has_input(0, 0));
    CHECK(control.take_input(0, 0) == "ab");
    CHECK_FALSE(control.has_input(0, 0));
}

TEST_CASE("control: unread input has a limit, and room again when it is read", "[judge]") {
    RunControl control(streamed(false));
    CHECK(control.input(0, 0, std::string(RunControl::kMaxUnreadInput, 'x')));
    CHECK_FALSE(control.input(0, 0, "y"));
    CHECK(control.take_input(0, 0).size() == RunControl::kMaxUnreadInput);
    CHECK(control.input(0, 0, "y"));
}

TEST_CASE("control: only a terminal has a size", "[judge]") {
    RunControl control(streamed(false));
    const auto refused = control.resize(0, 0, {24, 80});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message == "stream is not a tty");
    CHECK_FALSE(control.resize(0, 1, {24, 80}).has_value());
}

TEST_CASE("control: a size holds, asked for before or after the start", "[judge]") {
    const auto terminal = open_terminal();
    if (!terminal) {
        WARN("skipped: " << terminal.error().message);
        return;
    }
    RunControl control(streamed(true));
    REQUIRE(control.resize(0, 0, {24, 80, 1, 2}).has_value());
    control.attach_terminal(0, posix::UniqueFd(::dup(terminal->master.get())));
    CHECK(size_of(terminal->slave).ws_row == 24);
    CHECK(size_of(terminal->slave).ws_col == 80);
    REQUIRE(control.resize(0, 0, {50, 132}).has_value());
    CHECK(size_of(terminal->slave).ws_row == 50);
}

TEST_CASE("stream feed: waits for input, writes it, and drops it for nobody", "[judge]") {
    RunControl control(streamed(false));
    posix::Pipe pipe = posix::make_pipe().value();
    StreamFeed feed(std::move(pipe.write_end), control, 0, 0);
    CHECK(feed.interest().fd == -1);
    control.input(0, 0, "typed");
    REQUIRE(feed.interest().fd >= 0);
    feed.advance();
    char block[16];
    CHECK(::read(pipe.read_end.get(), block, sizeof block) == 5);
    CHECK(feed.interest().fd == -1);
    pipe.read_end.reset();
    control.input(0, 0, "more");
    feed.advance();
    CHECK(feed.interest().fd == -1);
}

TEST_CASE("terminal: what is typed is echoed, and the end is the last program's", "[judge]") {
    auto terminal = open_terminal();
    if (!terminal) {
        WARN("skipped: " << terminal.error().message);
        return;
    }
    const auto capture = std::make_shared<Capture>(100);
    TerminalFeed feed(posix::UniqueFd(::dup(terminal->master.get())), "in\n");
    feed.advance();
    CHECK(feed.interest().fd == -1);
    REQUIRE(posix::write_all(terminal->slave.get(), "out\n", "a terminal").has_value());
    TerminalDrain drain(std::move(terminal->master), capture);
    drain.advance();
    CHECK(drain.interest().fd >= 0);
    terminal->slave.reset();
    drain.advance();
    CHECK(drain.interest().fd == -1);
    // The terminal echoes on its own time.
    const std::string text = capture->take();
    CHECK((text == "in\r\nout\r\n" || text == "out\r\nin\r\n"));
}

}  // namespace
}  // namespace assay::judge
