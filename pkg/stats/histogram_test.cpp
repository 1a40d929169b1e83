#include "pkg/stats/histogram.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <vector>

using assay::stats::Histogram;

TEST_CASE("buckets cover all values without gap or overlap") {
    for (const int digits : {1, 2, 3}) {
        Histogram histogram(digits);
        histogram.record(std::uint64_t{1} << 40U);
        CHECK(histogram.low(0) == 0);
        for (std::size_t i = 0; i + 1 < histogram.buckets(); ++i) {
            REQUIRE(histogram.high(i) + 1 == histogram.low(i + 1));
            REQUIRE(histogram.high(i) >= histogram.low(i));
        }
        const std::size_t last = histogram.buckets() - 1;
        CHECK(histogram.count_in(last) == 1);
        CHECK(histogram.low(last) == std::uint64_t{1} << 40U);
    }
}

TEST_CASE("percentiles are those of the sorted values, to the digits asked for") {
    std::mt19937_64 random(7);
    std::lognormal_distribution<double> distribution(8, 2);
    for (const int digits : {2, 3}) {
        Histogram histogram(digits);
        std::vector<std::uint64_t> values(20000);
        for (auto& value : values) {
            value = static_cast<std::uint64_t>(distribution(random));
            histogram.record(value);
        }
        std::sort(values.begin(), values.end());
        for (const double percentile : {1.0, 25.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
            const auto rank = static_cast<std::size_t>(std::ceil(percentile / 100 * 20000)) - 1;
            const auto exact = static_cast<double>(values[rank]);
            CAPTURE(digits, percentile);
            CHECK(static_cast<double>(histogram.value_at(percentile)) >= exact);
            CHECK(static_cast<double>(histogram.value_at(percentile)) <=
                  exact * (1 + std::pow(10.0, -digits)) + 1);
        }
        CHECK(histogram.max() == values.back());
        CHECK(histogram.min() == values.front());
    }
}

TEST_CASE("merging adds counts exactly") {
    std::mt19937_64 random(11);
    Histogram whole;
    Histogram left;
    Histogram right;
    for (int i = 0; i < 10000; ++i) {
        const std::uint64_t value = random() >> (random() % 60);
        whole.record(value);
        (i % 3 == 0 ? left : right).record(value);
    }
    left.merge(right);
    REQUIRE(left.buckets() == whole.buckets());
    for (std::size_t i = 0; i < whole.buckets(); ++i) {
        REQUIRE(left.count_in(i) == whole.count_in(i));
    }
    CHECK(left.min() == whole.min());
    CHECK(left.max() == whole.max());
    CHECK(left.mean() == Approx(whole.mean()));
}

TEST_CASE("an empty histogram has zeros, a cleared one is empty") {
    Histogram histogram;
    CHECK(histogram.value_at(50) == 0);
    CHECK(histogram.min() == 0);
    histogram.record(5, 3);
    CHECK(histogram.count() == 3);
    CHECK(histogram.count_at_most(4) == 0);
    CHECK(histogram.count_at_most(5) == 3);
    histogram.clear();
    CHECK(histogram.count() == 0);
    CHECK(histogram.max() == 0);
}

TEST_CASE("a histogram of microseconds up to a second costs little memory") {
    Histogram histogram(2);
    histogram.record(1'000'000);
    CHECK(histogram.memory_bytes() < 32 * 1024);
}
