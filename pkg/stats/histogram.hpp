// Counts of values by magnitude: percentiles of any number of values in bounded memory.
//
// The idea is HdrHistogram's (Gil Tene): buckets are linear within a power of two and the powers
// are logarithmic, so every value is kept to a fixed number of significant digits, recording is a
// shift and an increment, and two histograms merge exactly by adding counts. Buckets come into
// being with the largest value seen: a histogram of microseconds costs a few kilobytes.
// Rejected: t-digest and other sketches (their merges are approximate and their errors unnamed).
//
// Values are non-negative integers of any unit. Not thread-safe: keep one per thread and merge.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace assay::stats {

class Histogram {
  public:
    // `digits` from 1 to 5: equal values to within 10^-digits fall into one bucket.
    explicit Histogram(int digits = 3);

    void record(std::uint64_t value, std::uint64_t times = 1) {
        const std::size_t index = index_of(value);
        if (index >= counts_.size()) counts_.resize(index + 1);
        counts_[index] += times;
        count_ += times;
        sum_ += static_cast<double>(value) * static_cast<double>(times);
        if (value < min_) min_ = value;
        if (value > max_) max_ = value;
    }

    // Both must have the same number of digits.
    void merge(const Histogram& other);
    void clear();

    std::uint64_t count() const { return count_; }
    std::uint64_t min() const { return count_ == 0 ? 0 : min_; }
    std::uint64_t max() const { return max_; }
    double mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

    // The highest value equivalent to that below which `percentile` (0 to 100) of all values lie,
    // at most max(); 0 when nothing was recorded.
    std::uint64_t value_at(double percentile) const;
    // How many values are at most `value`, or equivalent to it.
    std::uint64_t count_at_most(std::uint64_t value) const;

    // The buckets from the lowest value on: all values from low(i) to high(i) are counted in
    // count_in(i).
    std::size_t buckets() const { return counts_.size(); }
    std::uint64_t count_in(std::size_t index) const { return counts_[index]; }
    std::uint64_t low(std::size_t index) const;
    std::uint64_t high(std::size_t index) const { return low(index + 1) - 1; }

    std::size_t memory_bytes() const { return counts_.capacity() * sizeof(std::uint64_t); }

  private:
    // Values below 2^precision_ have buckets of their own; above, each power of two has half as
    // many.
    std::size_t index_of(std::uint64_t value) const {
        const int width = static_cast<int>(std::bit_width(value));
        if (width <= precision_) return static_cast<std::size_t>(value);
        const int shift = width - precision_;
        const std::size_t half = std::size_t{1} << static_cast<unsigned>(precision_ - 1);
        return static_cast<std::size_t>(shift) * half +
               static_cast<std::size_t>(value >> static_cast<unsigned>(shift));
    }

    int precision_;
    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
    double sum_ = 0;
    std::uint64_t min_ = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t max_ = 0;
};

}  // namespace assay::stats
