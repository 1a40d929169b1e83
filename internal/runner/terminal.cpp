#include "internal/runner/terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <utility>

#include "pkg/posix/files.hpp"

namespace assay::runner {
namespace {

posix::UniqueFd duplicate(int fd) {
    return posix::UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

}  // namespace

Terminal::Terminal(Watcher& watcher, posix::UniqueFd master, int stdin_fd, int stdout_fd)
    : watcher_(watcher),
      master_(std::move(master)),
      stdin_(duplicate(stdin_fd)),
      stdout_(duplicate(stdout_fd)),
      master_writer_(duplicate(master_.get())) {
    out_.from = master_.get();
    out_.to = stdout_.get();
    in_.from = stdin_.get();
    in_.to = master_writer_.get();
    enter_raw_mode();
    copy_window_size();
    watch_window_size();
    await_input(out_);
    if (stdin_) await_input(in_);
}

Terminal::~Terminal() {
    for (const int fd : {in_.from, in_.to, out_.from, out_.to, resize_signal_.get()}) {
        watcher_.unwatch(fd);
    }
    if (saved_) ::tcsetattr(stdin_.get(), TCSADRAIN, &*saved_);
}

void Terminal::enter_raw_mode() {
    termios settings{};
    if (!stdin_ || ::tcgetattr(stdin_.get(), &settings) != 0) return;
    saved_ = settings;
    ::cfmakeraw(&settings);
    ::tcsetattr(stdin_.get(), TCSADRAIN, &settings);
}

void Terminal::copy_window_size() {
    winsize size{};
    if (::ioctl(stdout_.get(), TIOCGWINSZ, &size) == 0) ::ioctl(master_.get(), TIOCSWINSZ, &size);
}

void Terminal::watch_window_size() {
    sigset_t resize;
    ::sigemptyset(&resize);
    ::sigaddset(&resize, SIGWINCH);
    ::sigprocmask(SIG_BLOCK, &resize, nullptr);
    resize_signal_.reset(::signalfd(-1, &resize, SFD_CLOEXEC | SFD_NONBLOCK));
    watcher_.watch(resize_signal_.get(), POLLIN, [this](short) {
        signalfd_siginfo info;
        while (::read(resize_signal_.get(), &info, sizeof info) > 0) copy_window_size();
    });
}

void Terminal::await_input(Direction& direction) {
    watcher_.watch(direction.from, POLLIN, [this, &direction](short) {
        const ssize_t count =
            ::read(direction.from, direction.piece.data(), direction.piece.size());
        watcher_.unwatch(direction.from);
        if (count > 0) {
            direction.held = static_cast<std::size_t>(count);
            await_room(direction);
        } else if (&direction == &in_) {
            end_input();
        }
    });
}

void Terminal::await_room(Direction& direction) {
    watcher_.watch(direction.to, POLLOUT, [this, &direction](short) {
        watcher_.unwatch(direction.to);
        (void)posix::write_all(direction.to, {direction.piece.data(), direction.held},
                               "the terminal");
        direction.held = 0;
        await_input(direction);
    });
}

// A terminal has no end of file; its program sees one when the end-of-file character comes on an
// empty line.
void Terminal::end_input() {
    constexpr char kEndOfTransmission = 4;
    (void)posix::write_all(in_.to, {&kEndOfTransmission, 1}, "the terminal");
}

void Terminal::drain() {
    (void)posix::write_all(out_.to, {out_.piece.data(), out_.held}, "the terminal");
    out_.held = 0;
    ::fcntl(master_.get(), F_SETFL, O_NONBLOCK);
    for (;;) {
        const ssize_t count = ::read(master_.get(), out_.piece.data(), out_.piece.size());
        if (count <= 0) return;
        (void)posix::write_all(out_.to, {out_.piece.data(), static_cast<std::size_t>(count)},
                               "the terminal");
    }
}

}  // namespace assay::runner
