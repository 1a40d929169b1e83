// A small fast source of random numbers for choices that nobody must not guess: samples, RANDOMKEY,
// the frequency counters. SplitMix64 (Steele, Lea, Flood 2014): one addition and three mixing
// steps, 8 bytes of state. A uniform random bit generator of the standard.
#pragma once

#include <cstdint>
#include <limits>

namespace assay::redis {

class Random {
  public:
    using result_type = std::uint64_t;

    explicit Random(std::uint64_t seed) noexcept : state_(seed) {}

    static constexpr std::uint64_t min() { return 0; }
    static constexpr std::uint64_t max() { return std::numeric_limits<std::uint64_t>::max(); }

    std::uint64_t operator()() noexcept {
        state_ += 0x9e3779b97f4a7c15;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        return mixed ^ (mixed >> 31);
    }

    // Below `bound`, which is 1 … 2^32.
    std::uint64_t below(std::uint64_t bound) noexcept { return ((*this)() >> 32) * bound >> 32; }

    // At least 0, below 1.
    double unit() noexcept { return static_cast<double>((*this)() >> 11) * 0x1p-53; }

  private:
    std::uint64_t state_;
};

}  // namespace assay::redis
