// The poll loop's table: who is called when which descriptor is ready.
//
// poll(2), not epoll: there are a few descriptors for the life of one program. One thread.
#pragma once

#include <poll.h>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace assay::runner {

class Watcher {
  public:
    using Callback = std::function<void(short)>;

    // One callback per descriptor; a second watch() of the same one replaces the first.
    void watch(int fd, short events, Callback on_ready);
    void unwatch(int fd);

    // Waits until something is ready or the time is there, then calls back. Empty: no deadline.
    void poll_once(std::optional<std::chrono::steady_clock::time_point> until);

  private:
    struct Entry {
        short events = 0;
        Callback on_ready;
    };
    std::map<int, Entry> entries_;
    std::vector<pollfd> descriptors_;
};

}  // namespace assay::runner
