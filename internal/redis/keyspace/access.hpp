// When and how often a key was used, in the 24 bits that its entry has for it.
//
// Under the LRU policies they are the second of the last access, modulo 2^24 (194 days). Under the
// LFU policies they are the minute of the last decay (16 bits) and a logarithmic counter (8 bits)
// that is incremented with a chance that falls as it grows. Both as Redis documents them, so that
// OBJECT IDLETIME and OBJECT FREQ and the choice of victims agree.
#pragma once

#include <cstdint>

#include "internal/redis/keyspace/random.hpp"

namespace assay::redis {

struct AccessRules {
    bool counts_frequency = false;       // an LFU policy is set
    std::int64_t lfu_log_factor = 10;    // setting lfu-log-factor
    std::int64_t lfu_decay_minutes = 1;  // setting lfu-decay-time; 0 never decays
};

// Of a key that has just been made.
std::uint32_t first_access(const AccessRules& rules, std::int64_t now_ms) noexcept;

// Of a key with the access `before` that is used now.
std::uint32_t next_access(const AccessRules& rules, std::uint32_t before, std::int64_t now_ms,
                          Random& random) noexcept;

// LRU: seconds since the last access. LFU: the counter as it is after decay, 0 … 255.
std::int64_t idle_seconds(std::uint32_t access, std::int64_t now_ms) noexcept;
std::uint32_t frequency(const AccessRules& rules, std::uint32_t access,
                        std::int64_t now_ms) noexcept;

// The access of a key that was idle so long, or used so often: what RESTORE brings along.
std::uint32_t access_of_idle(std::int64_t seconds, std::int64_t now_ms) noexcept;
std::uint32_t access_of_frequency(std::uint32_t counter, std::int64_t now_ms) noexcept;

}  // namespace assay::redis
