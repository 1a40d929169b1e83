#include "internal/redis/keyspace/active_expiry.hpp"

namespace assay::redis {
namespace {

constexpr std::size_t kBucketsPerLook = 16;  // at the clock: at most about 30 us of work
constexpr std::size_t kMetPerStretch = 64;
constexpr std::size_t kBucketsPerStretch = 1600;
constexpr std::size_t kWorthwhile = 10;  // one in so many is expired

}  // namespace

std::chrono::nanoseconds ActiveExpiry::monotonic() noexcept {
    return std::chrono::steady_clock::now().time_since_epoch();
}

// Some buckets on; false at the end of the table.
bool ActiveExpiry::walk(Database& database, std::int64_t now_ms, Stretch& stretch) {
    std::uint64_t& cursor = database.expiry_cursor();
    for (std::size_t i = 0; i < kBucketsPerLook; ++i) {
        over_.clear();
        cursor = database.table().sweep_flagged(cursor, [&](Entry* entry) {
            ++stretch.met;
            if (entry->is_expired(now_ms)) over_.push_back(entry);
        });
        for (Entry* entry : over_) database.expire(entry);
        ++stretch.buckets;
        stretch.expired += over_.size();
        if (cursor == 0) return false;
    }
    return true;
}

ActiveExpiry::Slice ActiveExpiry::run(Keyspace& keyspace, Nanoseconds budget) {
    Slice slice;
    if (!keyspace.environment().deletes_expired) return slice;
    const Nanoseconds end = now_() + budget;
    const std::int64_t now_ms = keyspace.clock().now_ms();
    for (std::size_t left = keyspace.databases(); left > 0; --left) {
        database_ %= keyspace.databases();
        Database& database = keyspace[database_];
        Stretch stretch;
        while (database.volatile_count() > 0) {
            const std::size_t before = stretch.expired;
            const bool goes_on = walk(database, now_ms, stretch);
            slice.expired += stretch.expired - before;
            if (now_() >= end) {
                slice.has_more = stretch.expired * kWorthwhile >= stretch.met && stretch.met > 0;
                return slice;
            }
            if (!goes_on) break;
            if (stretch.met < kMetPerStretch && stretch.buckets < kBucketsPerStretch) continue;
            if (stretch.expired * kWorthwhile < stretch.met || stretch.met == 0) break;
            stretch = Stretch();
        }
        ++database_;
    }
    return slice;
}

}  // namespace assay::redis
