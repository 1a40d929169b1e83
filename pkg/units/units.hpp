// The units people write: durations, sizes, counts and rates, parsed and printed in one place.
//
// A bare number is accepted only where the unit is in the word itself (a count, "0"): "1" for a
// duration is an error whose message shows the spelling wanted. Parsing is exact: decimal fractions
// are scaled as integers, values that do not fit are errors, never wrapped. No I/O, no locale.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "pkg/result/result.hpp"

namespace assay::units {

struct Bytes {
    std::uint64_t value = 0;
    auto operator<=>(const Bytes&) const = default;
};

struct Count {
    std::uint64_t value = 0;
    auto operator<=>(const Count&) const = default;
};

// Events per second.
struct Rate {
    double per_second = 0;
    auto operator<=>(const Rate&) const = default;
};

// "300ms", "1.5s", "2m", "1h", "250us", "10ns", "1d", "0", and sums of such: "1h30m". Errors are
// usage errors that name the text: "bad duration '5x': unknown unit 'x'" with the remedy "write it
// like 300ms, 1.5s or 2m".
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

// "64k", "64M", "1G", "1T", "512" and "512B" (bytes), "1.5M", "64KiB", "64MB": powers of 1024, any
// case.
Result<Bytes> parse_size(std::string_view text);

// "10", "1k", "2.5M", "1G": powers of 1000.
Result<Count> parse_count(std::string_view text);

// "500/s", "30/m", "10/h", "1k/s".
Result<Rate> parse_rate(std::string_view text);

// The shortest exact spelling that parse_* reads back: 1500ms -> "1.5s", 67108864 -> "64M".
std::string spell(std::chrono::nanoseconds duration);
std::string spell(Bytes size);
std::string spell(Count count);
std::string spell(Rate rate);

// For people, three significant digits: "1.23 s", "45.6 ms", "64.0 MiB", "830 KiB".
std::string human(std::chrono::nanoseconds duration);
std::string human(Bytes size);

}  // namespace assay::units
