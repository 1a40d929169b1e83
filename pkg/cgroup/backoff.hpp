// Waiting for what the kernel tells to nobody: looks that begin 50 us apart, end 2 ms apart, and
// end altogether at a deadline.
#pragma once

#include <time.h>

#include <algorithm>
#include <chrono>

namespace assay::cgroup {

class Backoff {
  public:
    explicit Backoff(std::chrono::milliseconds patience)
        : until_(std::chrono::steady_clock::now() + patience) {}

    // Waits for the next look; false, at once, when the patience is over.
    bool wait() {
        if (std::chrono::steady_clock::now() >= until_) return false;
        const timespec request{0, pause_.count()};
        ::nanosleep(&request, nullptr);
        pause_ = std::min<std::chrono::nanoseconds>(pause_ * 2, std::chrono::milliseconds(2));
        return true;
    }

  private:
    std::chrono::steady_clock::time_point until_;
    std::chrono::nanoseconds pause_ = std::chrono::microseconds(50);
};

}  // namespace assay::cgroup
