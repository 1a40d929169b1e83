// Percent-encoding of URLs and of header parameters (RFC 3986, 2.1). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace assay::http {

// Empty: a percent sign without two hexadecimal digits behind it.
std::optional<std::string> percent_decode(std::string_view text);

// All but letters, digits and "-_.~/" as %XX: a path for a URL.
std::string path_escape(std::string_view text);

// All but letters, digits and "-_.~" as %XX; a space as "+", as in a query.
std::string query_escape(std::string_view text);

}  // namespace assay::http
