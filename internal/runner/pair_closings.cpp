#include "internal/runner/pair_closings.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace assay::runner {

std::string_view word(Side side) {
    return side == Side::kProgram ? "program" : "interactor";
}

Side other(Side side) {
    return side == Side::kProgram ? Side::kInteractor : Side::kProgram;
}

ClosingWatch::ClosingWatch(posix::UniqueFd queue) : queue_(std::move(queue)) {}

Result<ClosingWatch> ClosingWatch::create() {
    posix::UniqueFd queue(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!queue) return system_error("cannot watch pipes", errno);
    return ClosingWatch(std::move(queue));
}

// The two ends of a pipe are one inode, so a second watch of it adds to the first.
Result<int> ClosingWatch::add(int pipe, unsigned mask) {
    const std::string path = "/proc/self/fd/" + std::to_string(pipe);
    const int watch = ::inotify_add_watch(queue_.get(), path.c_str(), mask | IN_MASK_ADD);
    if (watch < 0) return system_error("cannot watch a pipe", errno);
    return watch;
}

Result<void> ClosingWatch::watch_output(int pipe, Side writer) {
    ASSAY_TRY(const int watch, add(pipe, IN_CLOSE_WRITE));
    writers_[watch] = writer;
    return {};
}

Result<void> ClosingWatch::watch_input(int pipe, Side reader) {
    ASSAY_TRY(const int watch, add(pipe, IN_CLOSE_NOWRITE));
    readers_[watch] = reader;
    return {};
}

std::vector<Closing> ClosingWatch::take() {
    std::vector<Closing> closings;
    alignas(inotify_event) std::array<char, 4096> buffer;
    for (;;) {
        const ssize_t count = ::read(queue_.get(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return closings;
        for (std::size_t at = 0; at < static_cast<std::size_t>(count);) {
            inotify_event event;
            std::memcpy(&event, buffer.data() + at, sizeof event);
            at += sizeof event + event.len;
            const bool output = (event.mask & IN_CLOSE_WRITE) != 0;
            const auto& sides = output ? writers_ : readers_;
            const auto side = sides.find(event.wd);
            if ((event.mask & IN_CLOSE) == 0 || side == sides.end()) continue;
            closings.push_back({side->second, output ? End::kOutput : End::kInput});
        }
    }
}

}  // namespace assay::runner
