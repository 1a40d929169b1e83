// A request and a response of HTTP, as plain values: what handlers read and write.
//
// Nothing here does I/O or knows a connection. Names of header fields compare in any case; a field
// that occurs twice stands in the list twice.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/net/address.hpp"
#include "pkg/posix/unique_fd.hpp"

namespace assay::http {

struct Header {
    std::string name;
    std::string value;
};

struct Request {
    std::string method;  // as sent: "GET"
    std::string path;    // decoded: "/file/a b"; always begins with a slash
    std::string query;   // as sent, without the question mark
    std::vector<Header> headers;
    std::optional<std::uint64_t> content_length;  // empty: none, or chunked
    bool http_1_1 = true;
    std::string body;
    net::Endpoint peer;

    // The first field of that name, nullptr when there is none.
    const std::string* header(std::string_view name) const;
};

// A stretch of a file, and what goes before it (the head of a part of a multi-range answer).
struct FilePiece {
    std::string before;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};
struct FileBody {
    posix::UniqueFd file;  // sent by sendfile(2), so regular and not truncated meanwhile
    std::vector<FilePiece> pieces;
    std::uint64_t size() const;
};

// Content-Length, Date and Connection are the server's to add.
struct Response {
    int status = 200;
    std::vector<Header> headers;
    std::string body;
    std::optional<FileBody> file;  // after the body
    bool close = false;            // the connection ends with this response
    bool chunked = false;          // the body goes out as one chunk, to clients of HTTP/1.1
};

bool equal_names(std::string_view a, std::string_view b);
// Whether a comma-separated field value has this token, in any case: "keep-alive, Upgrade".
bool has_token(std::string_view value, std::string_view token);
std::string_view reason_phrase(int status);  // "Not Found"; empty when unknown

}  // namespace assay::http
