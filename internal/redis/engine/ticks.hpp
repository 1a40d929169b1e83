// Time spans cheap enough to take one per command: the processor's time stamp counter where it
// counts at one rate whatever the processor does (CPUID 80000007h, "invariant TSC"), else
// CLOCK_MONOTONIC. A reading costs 8 ns here, where clock_gettime(2) costs 25 and a GET of a deep
// pipeline 80.
#pragma once

#include <cpuid.h>
#include <x86intrin.h>

#include <chrono>
#include <cstdint>

namespace assay::redis {

class Ticks {
  public:
    // Finds out the counter's rate, once per process: takes some hundred microseconds.
    Ticks();

    std::uint64_t now() const noexcept {
        return nanoseconds_per_tick_ > 0 ? __rdtsc() : monotonic();
    }
    std::uint64_t to_nanoseconds(std::uint64_t ticks) const noexcept {
        return nanoseconds_per_tick_ > 0
                   ? static_cast<std::uint64_t>(static_cast<double>(ticks) * nanoseconds_per_tick_)
                   : ticks;
    }

  private:
    static std::uint64_t monotonic() noexcept {
        return static_cast<std::uint64_t>(
            std::chrono::steady_clock::now().time_since_epoch().count());
    }

    double nanoseconds_per_tick_ = 0;
};

}  // namespace assay::redis
