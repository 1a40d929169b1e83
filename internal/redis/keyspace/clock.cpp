#include "internal/redis/keyspace/clock.hpp"

#include <ctime>

namespace assay::redis {
namespace {

std::int64_t real_us() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return std::int64_t{now.tv_sec} * 1000000 + now.tv_nsec / 1000;
}

}  // namespace

void Clock::refresh() noexcept {
    if (!is_frozen_) now_us_ = real_us() + offset_us_;
}

void Clock::freeze() noexcept {
    refresh();
    is_frozen_ = true;
}

void Clock::freeze(std::chrono::microseconds at) noexcept {
    is_frozen_ = true;
    now_us_ = at.count();
}

void Clock::advance(std::chrono::microseconds by) noexcept {
    now_us_ += by.count();
    offset_us_ += by.count();
    refresh();
}

void Clock::run() noexcept {
    if (!is_frozen_) return;
    is_frozen_ = false;
    offset_us_ = now_us_ - real_us();
}

void Clock::reset() noexcept {
    is_frozen_ = false;
    offset_us_ = 0;
    refresh();
}

}  // namespace assay::redis
