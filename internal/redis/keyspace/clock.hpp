// The one clock of the server: real, frozen or moved, and the same for a whole batch of commands.
//
// Everything that asks for the time of day (expiry, TIME, stream ids, idle times) asks here and
// gets the time of the last refresh(): commands of one batch see one moment, and reading the time
// costs a load. Tests freeze the clock and advance it without waiting. Durations that steer the
// server itself (budgets, slow log) come from the monotonic clock instead.
//
// Belongs to the thread that holds the keyspace.
#pragma once

#include <chrono>
#include <cstdint>

namespace assay::redis {

class Clock {
  public:
    Clock() { refresh(); }

    // Takes the time for what follows. Once per batch.
    void refresh() noexcept;

    // Since the epoch, as of the last refresh(), freeze(), advance() or run().
    std::int64_t now_ms() const noexcept { return now_us_ / 1000; }
    std::int64_t now_us() const noexcept { return now_us_; }

    // Stands still at the present moment, or at `at` since the epoch, until run().
    void freeze() noexcept;
    void freeze(std::chrono::microseconds at) noexcept;
    bool is_frozen() const noexcept { return is_frozen_; }

    // Moves the time, frozen or not, forward; by a negative duration back.
    void advance(std::chrono::microseconds by) noexcept;

    // Goes on from the moment that it shows, at the pace of the real clock.
    void run() noexcept;

    // Shows the real time again, whatever was frozen and advanced.
    void reset() noexcept;

  private:
    std::int64_t now_us_ = 0;
    std::int64_t offset_us_ = 0;  // to the real time, while not frozen
    bool is_frozen_ = false;
};

}  // namespace assay::redis
