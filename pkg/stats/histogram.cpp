#include "pkg/stats/histogram.hpp"

#include <algorithm>
#include <cmath>

namespace assay::stats {
namespace {

// A power of two of buckets that tells values apart to `digits` digits over its upper half.
int precision_for(int digits) {
    std::uint64_t needed = 2;
    for (int i = 0; i < std::clamp(digits, 1, 5); ++i) needed *= 10;
    return static_cast<int>(std::bit_width(needed - 1));
}

}  // namespace

Histogram::Histogram(int digits) : precision_(precision_for(digits)) {}

void Histogram::merge(const Histogram& other) {
    if (other.counts_.size() > counts_.size()) counts_.resize(other.counts_.size());
    for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    sum_ += other.sum_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
}

void Histogram::clear() {
    counts_.clear();
    count_ = 0;
    sum_ = 0;
    min_ = std::numeric_limits<std::uint64_t>::max();
    max_ = 0;
}

std::uint64_t Histogram::low(std::size_t index) const {
    const std::size_t half = std::size_t{1} << static_cast<unsigned>(precision_ - 1);
    if (index < 2 * half) return index;
    const std::size_t shift = index / half - 1;
    return static_cast<std::uint64_t>(index - shift * half) << shift;
}

std::uint64_t Histogram::value_at(double percentile) const {
    if (count_ == 0) return 0;
    const double share = std::clamp(percentile, 0.0, 100.0) / 100;
    const double wanted = std::max(1.0, std::ceil(share * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        seen += counts_[i];
        if (static_cast<double>(seen) >= wanted) return std::clamp(high(i), min_, max_);
    }
    return max_;
}

std::uint64_t Histogram::count_at_most(std::uint64_t value) const {
    const std::size_t end = std::min(index_of(value) + 1, counts_.size());
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < end; ++i) seen += counts_[i];
    return seen;
}

}  // namespace assay::stats
