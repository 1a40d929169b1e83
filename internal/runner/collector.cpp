#include "internal/runner/collector.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "pkg/posix/files.hpp"

namespace assay::runner {

Collector::Collector(Watcher& watcher, std::uint64_t limit, std::function<void()> on_limit)
    : watcher_(watcher), limit_(limit), on_limit_(std::move(on_limit)) {}

Result<std::unique_ptr<Collector>> Collector::create(Watcher& watcher, int stdout_fd, int stderr_fd,
                                                     std::uint64_t limit,
                                                     std::function<void()> on_limit) {
    std::unique_ptr<Collector> collector(new Collector(watcher, limit, std::move(on_limit)));
    const int destinations[] = {stdout_fd, stderr_fd};
    for (std::size_t i = 0; i < collector->streams_.size(); ++i) {
        Stream& stream = collector->streams_[i];
        ASSAY_TRY(posix::Pipe pipe, posix::make_pipe());
        if (::fcntl(pipe.read_end.get(), F_SETFL, O_NONBLOCK) != 0) {
            return system_error("cannot configure a pipe", errno);
        }
        stream.read_end = std::move(pipe.read_end);
        stream.program_end = std::move(pipe.write_end);
        // A descriptor of our own for each: both may go to the same place.
        stream.destination.reset(::fcntl(destinations[i], F_DUPFD_CLOEXEC, 0));
        if (!stream.destination) return system_error("cannot pass the output on", errno);
        collector->await_input(stream);
    }
    return collector;
}

Collector::~Collector() {
    for (Stream& stream : streams_) {
        if (!stream.read_end) continue;
        watcher_.unwatch(stream.read_end.get());
        if (stream.held > 0) watcher_.unwatch(stream.destination.get());
    }
}

int Collector::program_stdout() const {
    return streams_[0].program_end.get();
}
int Collector::program_stderr() const {
    return streams_[1].program_end.get();
}

void Collector::release_program_ends() {
    for (Stream& stream : streams_) stream.program_end.reset();
}

void Collector::await_input(Stream& stream) {
    watcher_.watch(stream.read_end.get(), POLLIN, [this, &stream](short) {
        if (take_piece(stream)) {
            await_room(stream);
        } else if (!stream.reading) {
            watcher_.unwatch(stream.read_end.get());
        }
    });
    stream.reading = true;
}

void Collector::await_room(Stream& stream) {
    watcher_.unwatch(stream.read_end.get());
    watcher_.watch(stream.destination.get(), POLLOUT, [this, &stream](short) {
        watcher_.unwatch(stream.destination.get());
        give_piece(stream);
        await_input(stream);
    });
}

bool Collector::take_piece(Stream& stream) {
    const ssize_t count = ::read(stream.read_end.get(), stream.piece.data(), stream.piece.size());
    if (count <= 0) {
        stream.reading = count < 0 && (errno == EAGAIN || errno == EINTR);
        return false;
    }
    const bool was_over = over_limit();
    const auto arrived = static_cast<std::uint64_t>(count);
    const std::uint64_t room = limit_ > bytes_ ? limit_ - bytes_ : 0;
    bytes_ += arrived;
    stream.held = static_cast<std::size_t>(std::min(arrived, room));
    if (over_limit() && !was_over) on_limit_();
    return true;
}

void Collector::give_piece(Stream& stream) {
    // A reader that went away must not stop the program's other stream; its loss is the caller's
    // choice.
    (void)posix::write_all(stream.destination.get(), {stream.piece.data(), stream.held},
                           "the output");
    stream.held = 0;
}

void Collector::drain() {
    for (Stream& stream : streams_) {
        watcher_.unwatch(stream.read_end.get());
        if (stream.held > 0) watcher_.unwatch(stream.destination.get());
        give_piece(stream);
        while (take_piece(stream)) give_piece(stream);
    }
}

}  // namespace assay::runner
