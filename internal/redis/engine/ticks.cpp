#include "internal/redis/engine/ticks.hpp"

namespace assay::redis {
namespace {

constexpr unsigned kPowerManagementLeaf = 0x80000007;
constexpr unsigned kInvariantCounter = 1U << 8U;
// Long enough for the rate to be right to a thousandth, short enough for a start in 5 ms.
constexpr std::uint64_t kCalibrationNs = 200'000;

bool has_invariant_counter() {
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    return __get_cpuid(kPowerManagementLeaf, &a, &b, &c, &d) != 0 && (d & kInvariantCounter) != 0;
}

}  // namespace

Ticks::Ticks() {
    if (!has_invariant_counter()) return;
    const std::uint64_t from_ns = monotonic();
    const std::uint64_t from = __rdtsc();
    std::uint64_t to_ns = from_ns;
    while (to_ns - from_ns < kCalibrationNs) to_ns = monotonic();
    const std::uint64_t ticks = __rdtsc() - from;
    nanoseconds_per_tick_ = static_cast<double>(to_ns - from_ns) / static_cast<double>(ticks);
}

}  // namespace assay::redis
