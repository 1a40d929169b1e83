#include "internal/judge/execute/terminal.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace assay::judge {
namespace {

// Writes what fits. False: the other side is gone.
bool give(int fd, std::string& text) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    text.erase(0, static_cast<std::size_t>(count));
    return true;
}

}  // namespace

Result<Terminal> open_terminal() {
    Terminal terminal;
    terminal.master.reset(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!terminal.master) return system_error("cannot open a terminal", errno);
    make_nonblocking(terminal.master.get());
    int unlocked = 0;
    if (::ioctl(terminal.master.get(), TIOCSPTLCK, &unlocked) != 0) {
        return system_error("cannot unlock a terminal", errno);
    }
    terminal.slave.reset(
        ::ioctl(terminal.master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!terminal.slave) return system_error("cannot open a terminal's other side", errno);
    return terminal;
}

TerminalDrain::TerminalDrain(posix::UniqueFd master, std::shared_ptr<Capture> capture)
    : master_(std::move(master)), capture_(std::move(capture)) {}

// EIO is how a terminal says that nobody has the other side any more.
bool TerminalDrain::take() {
    char block[4096];
    const ssize_t count = ::read(master_.get(), block, sizeof block);
    if (count > 0) {
        if (capture_) capture_->append({block, static_cast<std::size_t>(count)});
        return true;
    }
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    master_.reset();
    return false;
}

void TerminalDrain::advance() {
    constexpr int kRounds = 64;
    for (int round = 0; round < kRounds && master_ && take(); ++round) continue;
}

void TerminalDrain::finish() {
    while (master_ && take()) continue;
}

TerminalFeed::TerminalFeed(posix::UniqueFd master, std::string text)
    : master_(std::move(master)), text_(std::move(text)) {}

pollfd TerminalFeed::interest() const {
    return {text_.empty() ? -1 : master_.get(), POLLOUT, 0};
}

void TerminalFeed::advance() {
    if (!give(master_.get(), text_)) text_.clear();
}

StreamFeed::StreamFeed(posix::UniqueFd to, RunControl& control, std::size_t index, std::size_t fd)
    : to_(std::move(to)), control_(control), index_(index), fd_(fd) {
    make_nonblocking(to_.get());
}

pollfd StreamFeed::interest() const {
    const bool idle = held_.empty() && !control_.has_input(index_, fd_);
    return {idle ? -1 : to_.get(), POLLOUT, 0};
}

// Input for a reader that went away is dropped.
void StreamFeed::advance() {
    if (held_.empty()) held_ = control_.take_input(index_, fd_);
    if (!give(to_.get(), held_)) held_.clear();
}

}  // namespace assay::judge
