// A file as the answer to GET: conditions, ranges, type and name (RFC 9110, 13 and 14).
//
// The answers are those of Go's http.ServeContent: Last-Modified and Accept-Ranges always, 304 for
// If-Modified-Since, 412 for If-Unmodified-Since, 206 for one or several ranges (the latter as
// multipart/byteranges), 416 for a bad or impossible one. There are no entity tags.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "pkg/http/message.hpp"
#include "pkg/posix/unique_fd.hpp"

namespace assay::http {

struct ServedFile {
    posix::UniqueFd file;  // read-only, regular
    std::uint64_t size_bytes = 0;
    std::chrono::system_clock::time_point modified;
    std::string content_type;  // empty: by the file's first bytes
};

Response respond_with_file(const Request& request, ServedFile file);

// `attachment; filename="a.txt"`; a name that is not ASCII as RFC 5987 has it, in the query form
// that Go's frameworks give (a space is "+").
std::string attachment_disposition(std::string_view filename);

}  // namespace assay::http
