// Dates as HTTP writes them (RFC 9110, 5.6.7). Pure and without locale.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace assay::http {

// "Sun, 06 Nov 1994 08:49:37 GMT", the seconds rounded down.
std::string format_date(std::chrono::system_clock::time_point time);

// The same form, and the two old ones that RFC 9110 asks servers to read: "Sunday, 06-Nov-94
// 08:49:37 GMT" and "Sun Nov  6 08:49:37 1994".
std::optional<std::chrono::system_clock::time_point> parse_date(std::string_view text);

}  // namespace assay::http
