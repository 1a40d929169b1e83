// The Range field (RFC 9110, 14.2), as Go's net/http reads it. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assay::http {

struct ByteRange {
    std::uint64_t begin = 0;
    std::uint64_t length = 0;
};

struct Ranges {
    enum class Kind {
        kAll,        // no range is asked for, or the sum of them is more than all
        kSome,       // `ranges`, at least one
        kMalformed,  // refused with 416
        kOutside,    // none of them lies in the file: 416 with its size
    };
    Kind kind = Kind::kAll;
    std::vector<ByteRange> ranges;
};

// "bytes=0-99", "bytes=100-", "bytes=-50", "bytes=0-0,5-9". An empty value asks for all.
Ranges parse_ranges(std::string_view value, std::uint64_t size);

// "bytes 0-99/1234"
std::string content_range(const ByteRange& range, std::uint64_t size);

}  // namespace assay::http
