// Field values with parameters: `multipart/form-data; boundary="x"`, `form-data; name="file"`.
//
// Pure. Reads what RFC 2045 and RFC 6266 write: quoted values with backslashes before quotes and
// backslashes, and extended ones (filename*=UTF-8''%e2%82%ac), which replace the plain ones.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::http {

struct MediaType {
    std::string type;                                             // lower case: "form-data"
    std::vector<std::pair<std::string, std::string>> parameters;  // names in lower case

    // nullptr when there is none.
    const std::string* parameter(std::string_view name) const;
};

// Empty: malformed, or a parameter stands there twice.
std::optional<MediaType> parse_media_type(std::string_view value);

}  // namespace assay::http
