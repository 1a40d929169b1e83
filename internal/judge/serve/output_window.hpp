// How much output may be on its way from a run to its client: the run's thread waits here until
// the loop's has sent enough. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace assay::judge {

class OutputWindow {
  public:
    explicit OutputWindow(std::size_t size_bytes) : size_bytes_(size_bytes) {}

    // Waits for room. False: closed, there is nobody to send to.
    bool enter(std::size_t bytes) {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [&] { return closed_ || used_ < size_bytes_; });
        used_ += bytes;
        return !closed_;
    }
    void leave(std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        used_ -= bytes;
        room_.notify_all();
    }
    void close() {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        room_.notify_all();
    }

  private:
    const std::size_t size_bytes_;
    std::mutex mutex_;
    std::condition_variable room_;
    std::size_t used_ = 0;
    bool closed_ = false;
};

}  // namespace assay::judge
