#include "internal/runner/watcher.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

namespace assay::runner {
namespace {

timespec until_then(std::chrono::steady_clock::time_point then) {
    const auto left =
        std::max(then - std::chrono::steady_clock::now(), std::chrono::nanoseconds(0));
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    return timespec{seconds.count(), (left - seconds).count()};
}

}  // namespace

void Watcher::watch(int fd, short events, Callback on_ready) {
    entries_[fd] = Entry{events, std::move(on_ready)};
}

void Watcher::unwatch(int fd) {
    entries_.erase(fd);
}

void Watcher::poll_once(std::optional<std::chrono::steady_clock::time_point> until) {
    descriptors_.clear();
    for (const auto& [fd, entry] : entries_) descriptors_.push_back({fd, entry.events, 0});
    timespec wait{};
    if (until) wait = until_then(*until);
    if (::ppoll(descriptors_.data(), descriptors_.size(), until ? &wait : nullptr, nullptr) <= 0)
        return;
    for (const pollfd& ready : descriptors_) {
        if (ready.revents == 0) continue;
        // An earlier callback may have taken this one away.
        const auto found = entries_.find(ready.fd);
        if (found == entries_.end()) continue;
        const Callback on_ready = found->second.on_ready;
        on_ready(ready.revents);
    }
}

}  // namespace assay::runner
