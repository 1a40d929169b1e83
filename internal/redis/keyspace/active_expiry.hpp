// Deletes keys whose time has passed though nobody asks for them.
//
// Once per tick of the server run() walks on through the databases, a bucket at a time, and looks
// only at entries that are marked in the table as having an expiry. It leaves a database when less
// than a tenth of those that it met there were over (so at most that share of memory is wasted), or
// when it met hardly any in a long stretch. It never takes longer than its budget, because it reads
// the clock every few buckets: mass expiry of a million keys drains in slices, between which the
// server serves.
//
// Rejected: a heap or wheel of expiry times (16 bytes and a miss more per key), random samples
// (Redis before 7: the last expired keys are hardly ever met).
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "internal/redis/keyspace/keyspace.hpp"

namespace assay::redis {

class ActiveExpiry {
  public:
    using Nanoseconds = std::chrono::nanoseconds;

    // `now` is the monotonic clock, or what a test says it is.
    explicit ActiveExpiry(Nanoseconds (*now)() noexcept = &monotonic) noexcept : now_(now) {}

    struct Slice {
        std::size_t expired = 0;
        // The budget was too small: run again soon, not only at the next tick.
        bool has_more = false;
    };
    // Does nothing while the environment says that expired keys stay.
    Slice run(Keyspace& keyspace, Nanoseconds budget);

  private:
    // What was met since the last decision to stay in a database.
    struct Stretch {
        std::size_t buckets = 0;
        std::size_t met = 0;
        std::size_t expired = 0;
    };

    static Nanoseconds monotonic() noexcept;
    bool walk(Database& database, std::int64_t now_ms, Stretch& stretch);

    Nanoseconds (*now_)() noexcept;
    std::size_t database_ = 0;  // where the next slice begins
    std::vector<Entry*> over_;
};

}  // namespace assay::redis
