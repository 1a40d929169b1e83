#include "internal/redis/keyspace/access.hpp"

#include <algorithm>

namespace assay::redis {
namespace {

constexpr std::int64_t kSecondsMask = 0xffffff;
constexpr std::int64_t kMinutesMask = 0xffff;
constexpr std::uint32_t kFirstCount = 5;  // so that new keys are not the first to go
constexpr std::uint32_t kMostCount = 255;

std::int64_t minutes(std::int64_t now_ms) {
    return now_ms / 60000 & kMinutesMask;
}

}  // namespace

std::uint32_t first_access(const AccessRules& rules, std::int64_t now_ms) noexcept {
    return rules.counts_frequency ? access_of_frequency(kFirstCount, now_ms)
                                  : access_of_idle(0, now_ms);
}

std::uint32_t next_access(const AccessRules& rules, std::uint32_t before, std::int64_t now_ms,
                          Random& random) noexcept {
    if (!rules.counts_frequency) return access_of_idle(0, now_ms);
    std::uint32_t count = frequency(rules, before, now_ms);
    if (count < kMostCount) {
        const std::uint32_t above = count > kFirstCount ? count - kFirstCount : 0;
        const auto rarity =
            static_cast<double>(above) * static_cast<double>(rules.lfu_log_factor) + 1;
        if (random.unit() * rarity < 1) ++count;
    }
    return access_of_frequency(count, now_ms);
}

std::int64_t idle_seconds(std::uint32_t access, std::int64_t now_ms) noexcept {
    return (now_ms / 1000 - std::int64_t{access}) & kSecondsMask;
}

std::uint32_t frequency(const AccessRules& rules, std::uint32_t access,
                        std::int64_t now_ms) noexcept {
    const std::uint32_t count = access & kMostCount;
    if (rules.lfu_decay_minutes <= 0) return count;
    const std::int64_t elapsed = (minutes(now_ms) - (std::int64_t{access} >> 8)) & kMinutesMask;
    const std::int64_t periods = elapsed / rules.lfu_decay_minutes;
    return periods >= count ? 0 : count - static_cast<std::uint32_t>(periods);
}

std::uint32_t access_of_idle(std::int64_t seconds, std::int64_t now_ms) noexcept {
    return static_cast<std::uint32_t>((now_ms / 1000 - seconds) & kSecondsMask);
}

std::uint32_t access_of_frequency(std::uint32_t counter, std::int64_t now_ms) noexcept {
    return static_cast<std::uint32_t>(minutes(now_ms) << 8) | std::min(counter, kMostCount);
}

}  // namespace assay::redis
