// The head of a response as bytes. Pure, but for the clock behind Date.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pkg/http/message.hpp"

namespace assay::http {

struct HeadContext {
    bool http_1_1 = true;
    bool keep_alive = true;
    std::string_view date;                        // IMF-fixdate
    std::optional<std::uint64_t> content_length;  // empty: chunked
};

// Appends status line and fields, with the empty line. Line breaks in values become spaces: no
// value can add a field.
void append_head(std::string& out, const Response& response, const HeadContext& context);

// "Sun, 06 Nov 1994 08:49:37 GMT"; kept for the second, one for each thread.
std::string_view current_date(std::chrono::system_clock::time_point now);

}  // namespace assay::http
