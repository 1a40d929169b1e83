#include "internal/judge/execute/pump.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace assay::judge {
namespace {

// How often a pump moves something before the loop looks at the others again.
constexpr int kRounds = 16;

ssize_t read_block(int fd, char* block, std::size_t size) {
    ssize_t count = -1;
    do {
        count = ::read(fd, block, size);
    } while (count < 0 && errno == EINTR);
    return count;
}

}  // namespace

void make_nonblocking(int fd) {
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

PipeDrain::PipeDrain(posix::UniqueFd from, std::shared_ptr<Capture> capture)
    : from_(std::move(from)), capture_(std::move(capture)) {
    make_nonblocking(from_.get());
}

bool PipeDrain::take() {
    char block[Relay::kBlockBytes];
    const ssize_t count = read_block(from_.get(), block, sizeof block);
    if (count > 0) {
        capture_->append({block, static_cast<std::size_t>(count)});
        return true;
    }
    if (count == 0 || errno != EAGAIN) from_.reset();
    return false;
}

void PipeDrain::advance() {
    for (int round = 0; round < kRounds && from_ && take(); ++round) continue;
}

void PipeDrain::finish() {
    while (from_ && take()) continue;
}

PipeFeed::PipeFeed(posix::UniqueFd to, std::string text)
    : to_(std::move(to)), text_(std::move(text)) {
    make_nonblocking(to_.get());
}

void PipeFeed::advance() {
    const ssize_t count = ::write(to_.get(), text_.data() + written_, text_.size() - written_);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count > 0) written_ += static_cast<std::size_t>(count);
    if (count < 0 || written_ == text_.size()) to_.reset();
}

Relay::Relay(posix::UniqueFd from, posix::UniqueFd to, std::shared_ptr<Capture> capture,
             bool zero_copy)
    : from_(std::move(from)),
      to_(std::move(to)),
      capture_(std::move(capture)),
      zero_copy_(zero_copy) {
    make_nonblocking(from_.get());
    make_nonblocking(to_.get());
}

pollfd Relay::interest() const {
    if (full_) return {to_.get(), POLLOUT, 0};
    return {from_.get(), POLLIN, 0};
}

void Relay::advance() {
    Step last = Step::kMoved;
    for (int round = 0; round < kRounds && from_ && last == Step::kMoved; ++round) last = step();
    full_ = last == Step::kFull;
}

void Relay::finish() {
    to_.reset();
    full_ = false;
    while (from_ && step() == Step::kMoved) continue;
}

Relay::Step Relay::step() {
    if (!to_) return drop();
    return zero_copy_ ? move() : copy();
}

Relay::Step Relay::move() {
    const std::size_t wanted = capture_ ? capture_->room() : 0;
    const ssize_t count =
        wanted > 0
            ? ::tee(from_.get(), to_.get(), std::min(wanted, kBlockBytes), SPLICE_F_NONBLOCK)
            : ::splice(from_.get(), nullptr, to_.get(), nullptr, kBlockBytes, SPLICE_F_NONBLOCK);
    if (count < 0) return failed();
    if (count == 0) return stop();
    if (wanted > 0) keep(static_cast<std::size_t>(count));
    return Step::kMoved;
}

// The bytes that tee(2) passed on are still in the pipe.
void Relay::keep(std::size_t bytes) {
    char block[kBlockBytes];
    while (bytes > 0) {
        const ssize_t count = read_block(from_.get(), block, std::min(bytes, sizeof block));
        if (count <= 0) return;
        capture_->append({block, static_cast<std::size_t>(count)});
        bytes -= static_cast<std::size_t>(count);
    }
}

Relay::Step Relay::copy() {
    if (held_.empty()) {
        char block[kBlockBytes];
        const ssize_t count = read_block(from_.get(), block, sizeof block);
        if (count < 0) return failed();
        if (count == 0) return stop();
        held_.assign(block, static_cast<std::size_t>(count));
        if (capture_) capture_->append(held_);
    }
    const ssize_t count = ::write(to_.get(), held_.data(), held_.size());
    if (count < 0 && errno == EAGAIN) return Step::kFull;
    if (count < 0) return failed();
    held_.erase(0, static_cast<std::size_t>(count));
    return Step::kMoved;
}

Relay::Step Relay::drop() {
    char block[kBlockBytes];
    const ssize_t count = read_block(from_.get(), block, sizeof block);
    if (count < 0 && errno == EAGAIN) return Step::kEmpty;
    if (count <= 0) return stop();
    if (capture_) capture_->append({block, static_cast<std::size_t>(count)});
    return Step::kMoved;
}

Relay::Step Relay::stop() {
    from_.reset();
    to_.reset();
    return Step::kEmpty;
}

// EAGAIN of splice(2) does not tell which of the pipes it means.
Relay::Step Relay::failed() {
    if (errno == EINTR) return Step::kMoved;
    if (errno != EAGAIN) {
        to_.reset();
        held_.clear();
        return Step::kMoved;
    }
    int unread = 0;
    const bool empty = ::ioctl(from_.get(), FIONREAD, &unread) != 0 || unread == 0;
    return empty ? Step::kEmpty : Step::kFull;
}

}  // namespace assay::judge
