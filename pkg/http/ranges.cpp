#include "pkg/http/ranges.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>

namespace assay::http {
namespace {

// More than anybody needs; a list of thousands would make a head for each.
constexpr std::size_t kMaxRanges = 256;

std::string_view trim(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    return text.substr(0, text.find_last_not_of(" \t") + 1);
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
    return static_cast<std::uint64_t>(value);
}

enum class Spec { kRange, kOutside, kMalformed };

Spec parse_spec(std::string_view spec, std::uint64_t size, ByteRange& range) {
    const std::size_t hyphen = spec.find('-');
    if (hyphen == spec.npos) return Spec::kMalformed;
    const std::string_view first = trim(spec.substr(0, hyphen));
    const std::string_view last = trim(spec.substr(hyphen + 1));
    if (first.empty()) {  // the last so many bytes
        const auto suffix = number(last);
        if (!suffix) return Spec::kMalformed;
        range.length = std::min(*suffix, size);
        range.begin = size - range.length;
        return range.length == 0 ? Spec::kOutside : Spec::kRange;
    }
    const auto begin = number(first);
    if (!begin) return Spec::kMalformed;
    if (*begin >= size) return Spec::kOutside;
    range.begin = *begin;
    range.length = size - *begin;
    if (last.empty()) return Spec::kRange;
    const auto end = number(last);
    if (!end || *end < *begin) return Spec::kMalformed;
    range.length = std::min(range.length, *end - *begin + 1);
    return Spec::kRange;
}

}  // namespace

Ranges parse_ranges(std::string_view value, std::uint64_t size) {
    Ranges result;
    if (value.empty()) return result;
    constexpr std::string_view kUnit = "bytes=";
    if (!value.starts_with(kUnit)) return {Ranges::Kind::kMalformed, {}};
    value.remove_prefix(kUnit.size());
    bool outside = false;
    std::uint64_t sum = 0;
    while (!value.empty()) {
        const std::string_view spec = trim(value.substr(0, value.find(',')));
        value.remove_prefix(std::min(std::min(value.find(','), value.size()) + 1, value.size()));
        if (spec.empty()) continue;
        ByteRange range;
        const Spec kind = parse_spec(spec, size, range);
        if (kind == Spec::kMalformed || result.ranges.size() == kMaxRanges) {
            return {Ranges::Kind::kMalformed, {}};
        }
        if (kind == Spec::kOutside) {
            outside = true;
            continue;
        }
        sum += range.length;
        result.ranges.push_back(range);
    }
    if (result.ranges.empty()) {
        result.kind = outside && size > 0 ? Ranges::Kind::kOutside : Ranges::Kind::kAll;
    } else if (sum > size) {
        result = {};
    } else {
        result.kind = Ranges::Kind::kSome;
    }
    return result;
}

std::string content_range(const ByteRange& range, std::uint64_t size) {
    return "bytes " + std::to_string(range.begin) + "-" +
           std::to_string(range.begin + range.length - 1) + "/" + std::to_string(size);
}

}  // namespace assay::http
