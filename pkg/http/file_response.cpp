#include "pkg/http/file_response.hpp"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "pkg/http/content_type.hpp"
#include "pkg/http/http_date.hpp"
#include "pkg/http/percent.hpp"
#include "pkg/http/ranges.hpp"

namespace assay::http {
namespace {

using std::chrono::system_clock;

std::string sniffed_type(int fd) {
    std::array<char, kSniffBytes> bytes{};
    const ssize_t count = ::pread(fd, bytes.data(), bytes.size(), 0);
    const std::size_t size = count > 0 ? static_cast<std::size_t>(count) : 0;
    return std::string(content_type_of_bytes({bytes.data(), size}));
}

// The time of a condition's field; empty when there is none that can be read.
std::optional<system_clock::time_point> time_in(const Request& request, std::string_view name) {
    const std::string* value = request.header(name);
    return value == nullptr ? std::nullopt : parse_date(*value);
}

// RFC 9110, 13.2.2, for a file that has a time and no entity tag: 0, 304 or 412.
int check_conditions(const Request& request, system_clock::time_point modified) {
    if (const std::string* match = request.header("If-Match")) {
        if (*match != "*") return 412;
    } else if (const auto since = time_in(request, "If-Unmodified-Since");
               since && modified > *since) {
        return 412;
    }
    if (const std::string* none = request.header("If-None-Match")) {
        return *none == "*" ? 304 : 0;
    }
    const auto since = time_in(request, "If-Modified-Since");
    return since && modified <= *since ? 304 : 0;
}

// If-Range with a time that is not exactly the file's: all of it.
std::string_view wanted_ranges(const Request& request, system_clock::time_point modified) {
    const std::string* range = request.header("Range");
    if (range == nullptr) return {};
    if (request.header("If-Range") == nullptr) return *range;
    const auto unchanged_since = time_in(request, "If-Range");
    return unchanged_since == modified ? std::string_view(*range) : std::string_view();
}

void refuse_range(Response& response, std::string_view why) {
    response.status = 416;
    std::erase_if(response.headers, [](const Header& header) {
        return header.name == "Content-Type" || header.name == "Last-Modified";
    });
    response.headers.push_back({"Content-Type", "text/plain; charset=utf-8"});
    response.headers.push_back({"X-Content-Type-Options", "nosniff"});
    response.body = std::string(why) + "\n";
}

std::string random_boundary() {
    std::array<unsigned char, 30> bytes{};
    (void)!::getrandom(bytes.data(), bytes.size(), 0);
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string boundary;
    for (const unsigned char byte : bytes) {
        boundary += kDigits[byte >> 4];
        boundary += kDigits[byte & 15];
    }
    return boundary;
}

void set_header(Response& response, std::string_view name, std::string value) {
    std::erase_if(response.headers, [&](const Header& header) { return header.name == name; });
    response.headers.push_back({std::string(name), std::move(value)});
}

void add_ranges(Response& response, ServedFile file, const std::vector<ByteRange>& ranges) {
    response.status = 206;
    FileBody body;
    body.file = std::move(file.file);
    if (ranges.size() == 1) {
        response.headers.push_back(
            {"Content-Range", content_range(ranges.front(), file.size_bytes)});
        body.pieces.push_back({{}, ranges.front().begin, ranges.front().length});
        response.file = std::move(body);
        return;
    }
    const std::string boundary = random_boundary();
    set_header(response, "Content-Type", "multipart/byteranges; boundary=" + boundary);
    for (const ByteRange& range : ranges) {
        std::string head = body.pieces.empty() ? "" : "\r\n";
        head += "--" + boundary + "\r\nContent-Range: " + content_range(range, file.size_bytes) +
                "\r\nContent-Type: " + file.content_type + "\r\n\r\n";
        body.pieces.push_back({std::move(head), range.begin, range.length});
    }
    body.pieces.push_back({"\r\n--" + boundary + "--\r\n", 0, 0});
    response.file = std::move(body);
}

}  // namespace

Response respond_with_file(const Request& request, ServedFile file) {
    const auto modified = std::chrono::floor<std::chrono::seconds>(file.modified);
    Response response;
    response.headers.push_back({"Last-Modified", format_date(modified)});
    response.status = check_conditions(request, modified);
    if (response.status != 0) return response;

    if (file.content_type.empty()) file.content_type = sniffed_type(file.file.get());
    response.status = 200;
    response.headers.push_back({"Content-Type", file.content_type});
    const Ranges ranges = parse_ranges(wanted_ranges(request, modified), file.size_bytes);
    if (ranges.kind == Ranges::Kind::kMalformed) {
        refuse_range(response, "invalid range");
        return response;
    }
    if (ranges.kind == Ranges::Kind::kOutside) {
        response.headers.push_back({"Content-Range", "bytes */" + std::to_string(file.size_bytes)});
        refuse_range(response, "invalid range: failed to overlap");
        return response;
    }
    response.headers.push_back({"Accept-Ranges", "bytes"});
    if (ranges.kind == Ranges::Kind::kSome) {
        add_ranges(response, std::move(file), ranges.ranges);
        return response;
    }
    FileBody body;
    body.file = std::move(file.file);
    body.pieces.push_back({{}, 0, file.size_bytes});
    response.file = std::move(body);
    return response;
}

std::string attachment_disposition(std::string_view filename) {
    const bool ascii = std::all_of(filename.begin(), filename.end(),
                                   [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    if (!ascii) return "attachment; filename*=UTF-8''" + query_escape(filename);
    std::string value = "attachment; filename=\"";
    for (const char c : filename) {
        if (c == '"' || c == '\\') value += '\\';
        value += c;
    }
    return value + "\"";
}

}  // namespace assay::http
