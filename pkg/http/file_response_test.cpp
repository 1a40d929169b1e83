#include "pkg/http/file_response.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "pkg/http/content_type.hpp"
#include "pkg/http/http_date.hpp"
#include "pkg/http/ranges.hpp"
#include "pkg/posix/files.hpp"

namespace assay::http {
namespace {

const auto kModified = *parse_date("Sun, 06 Nov 1994 08:49:37 GMT");

ServedFile ten_digits() {
    ServedFile file;
    file.file = posix::UniqueFd(::memfd_create("file", MFD_CLOEXEC));
    REQUIRE(posix::write_all(file.file.get(), "0123456789", "it").has_value());
    file.size_bytes = 10;
    file.modified = kModified + std::chrono::milliseconds(300);
    return file;
}

Response get(std::vector<Header> headers) {
    Request request;
    request.headers = std::move(headers);
    return respond_with_file(request, ten_digits());
}

std::string header(const Response& response, std::string_view name) {
    for (const Header& each : response.headers) {
        if (each.name == name) return each.value;
    }
    return {};
}

std::string content(const Response& response) {
    std::string text = response.body;
    if (!response.file) return text;
    for (const FilePiece& piece : response.file->pieces) {
        std::string bytes(piece.length, '\0');
        const ssize_t count = ::pread(response.file->file.get(), bytes.data(), bytes.size(),
                                      static_cast<off_t>(piece.offset));
        CHECK(count == static_cast<ssize_t>(piece.length));
        text += piece.before + bytes;
    }
    return text;
}

TEST_CASE("file response: all of a file", "[http]") {
    const Response response = get({});
    CHECK(response.status == 200);
    CHECK(header(response, "Content-Type") == "text/plain; charset=utf-8");
    CHECK(header(response, "Accept-Ranges") == "bytes");
    CHECK(header(response, "Last-Modified") == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(content(response) == "0123456789");
}

TEST_CASE("file response: one range", "[http]") {
    const Response response = get({{"Range", "bytes=2-4"}});
    CHECK(response.status == 206);
    CHECK(header(response, "Content-Range") == "bytes 2-4/10");
    CHECK(content(response) == "234");
}

TEST_CASE("file response: several ranges are parts", "[http]") {
    const Response response = get({{"Range", "bytes=0-0,-2"}});
    CHECK(response.status == 206);
    const std::string type = header(response, "Content-Type");
    REQUIRE(type.starts_with("multipart/byteranges; boundary="));
    const std::string line = "--" + type.substr(type.find('=') + 1);
    CHECK(content(response) ==
          line +
              "\r\nContent-Range: bytes 0-0/10\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
              "0\r\n" +
              line +
              "\r\nContent-Range: bytes 8-9/10\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
              "89\r\n" +
              line + "--\r\n");
    CHECK(response.file->size() == content(response).size());
}

TEST_CASE("file response: a range that cannot be served is 416", "[http]") {
    const Response outside = get({{"Range", "bytes=10-"}});
    CHECK(outside.status == 416);
    CHECK(header(outside, "Content-Range") == "bytes */10");
    CHECK(content(outside) == "invalid range: failed to overlap\n");
    const Response malformed = get({{"Range", "lines=1-2"}});
    CHECK(malformed.status == 416);
    CHECK(header(malformed, "Content-Range").empty());
    CHECK(content(malformed) == "invalid range\n");
}

TEST_CASE("file response: conditions", "[http]") {
    const std::string at = "Sun, 06 Nov 1994 08:49:37 GMT";
    const std::string before = "Sun, 06 Nov 1994 08:49:36 GMT";
    CHECK(get({{"If-Modified-Since", at}}).status == 304);
    CHECK(get({{"If-Modified-Since", before}}).status == 200);
    CHECK(get({{"If-Modified-Since", "yesterday"}}).status == 200);
    CHECK(get({{"If-Unmodified-Since", at}}).status == 200);
    CHECK(get({{"If-Unmodified-Since", before}}).status == 412);
    CHECK(get({{"If-None-Match", "*"}}).status == 304);
    CHECK(get({{"If-None-Match", "\"x\""}, {"If-Modified-Since", at}}).status == 200);
    CHECK(get({{"If-Match", "\"x\""}}).status == 412);
    CHECK(get({{"If-Match", "*"}}).status == 200);
    CHECK(get({{"Range", "bytes=0-0"}, {"If-Range", at}}).status == 206);
    CHECK(get({{"Range", "bytes=0-0"}, {"If-Range", before}}).status == 200);
    CHECK(get({{"Range", "bytes=0-0"}, {"If-Range", "\"etag\""}}).status == 200);
}

TEST_CASE("ranges: what is asked for", "[http]") {
    const auto parse = [](std::string_view value, std::uint64_t size = 10) {
        const Ranges ranges = parse_ranges(value, size);
        if (ranges.kind == Ranges::Kind::kAll) return std::string("all");
        if (ranges.kind == Ranges::Kind::kMalformed) return std::string("malformed");
        if (ranges.kind == Ranges::Kind::kOutside) return std::string("outside");
        std::string text;
        for (const ByteRange& range : ranges.ranges) text += content_range(range, size) + ";";
        return text;
    };
    CHECK(parse("") == "all");
    CHECK(parse("bytes=0-9") == "bytes 0-9/10;");
    CHECK(parse("bytes=5-") == "bytes 5-9/10;");
    CHECK(parse("bytes=5-100") == "bytes 5-9/10;");
    CHECK(parse("bytes=-3") == "bytes 7-9/10;");
    CHECK(parse("bytes=-100") == "bytes 0-9/10;");
    CHECK(parse("bytes= 1 - 2 , , 4-4") == "bytes 1-2/10;bytes 4-4/10;");
    CHECK(parse("bytes=1-2,10-20") == "bytes 1-2/10;");
    CHECK(parse("bytes=0-9,0-9") == "all");
    CHECK(parse("bytes=10-") == "outside");
    CHECK(parse("bytes=-0") == "outside");
    CHECK(parse("bytes=0-", 0) == "all");
    CHECK(parse("bytes=-5", 0) == "all");
    CHECK(parse("bytes=2-1") == "malformed");
    CHECK(parse("bytes=a-b") == "malformed");
    CHECK(parse("bytes=1") == "malformed");
    CHECK(parse("bytes=--1") == "malformed");
    CHECK(parse("bytes=1-99999999999999999999") == "malformed");
    CHECK(parse("items=1-2") == "malformed");
    std::string many = "bytes=";
    for (int i = 0; i < 300; ++i) many += "0-0,";
    CHECK(parse(many, 1000) == "malformed");
}

TEST_CASE("dates: three forms are read, one is written", "[http]") {
    CHECK(format_date(kModified) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(parse_date("Sunday, 06-Nov-94 08:49:37 GMT") == kModified);
    CHECK(parse_date("Sun Nov  6 08:49:37 1994") == kModified);
    CHECK(format_date(std::chrono::system_clock::time_point()) == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(format_date(*parse_date("Thu, 29 Feb 2024 23:59:59 GMT")) ==
          "Thu, 29 Feb 2024 23:59:59 GMT");
    for (const char* bad :
         {"", "x", "Thu, 30 Feb 2024 23:59:59 GMT", "Thu, 29 Feb 2024 24:00:00 GMT",
          "Thu, 29 Feb 2024 23:59:59 CET", "Thu, 29 Xyz 2024 23:59:59 GMT",
          "Thu, 29 Feb 20245 23:59:59 GMT", "Thu, 29 Jan 0994 23:59:59 GMT", "a b c d e f"}) {
        CHECK_FALSE(parse_date(bad).has_value());
    }
}

TEST_CASE("content types: by name", "[http]") {
    CHECK(content_type_of_name("a.html") == "text/html; charset=utf-8");
    CHECK(content_type_of_name("dir.d/a.PNG") == "image/png");
    CHECK(content_type_of_name("stdout").empty());
    CHECK(content_type_of_name("dir.png/stdout").empty());
    CHECK(content_type_of_name("a.no-such-extension").empty());
    const auto types = parse_mime_types(
        "# comment .x\ntext/x-a\t a aa\n\napplication/b b # bb\nalone\ntext/plain; txt\n");
    CHECK(types.at(".a") == "text/x-a; charset=utf-8");
    CHECK(types.at(".aa") == "text/x-a; charset=utf-8");
    CHECK(types.at(".b") == "application/b");
    CHECK_FALSE(types.contains(".bb"));
    CHECK_FALSE(types.contains(".x"));
}

TEST_CASE("content types: by bytes", "[http]") {
    using std::string_literals::operator""s;
    CHECK(content_type_of_bytes("") == "text/plain; charset=utf-8");
    CHECK(content_type_of_bytes("h\xC3\xA9llo\n\x1B[0m") == "text/plain; charset=utf-8");
    CHECK(content_type_of_bytes("a\0b"s) == "application/octet-stream");
    CHECK(content_type_of_bytes(" \n<!DOCTYPE HTML>") == "text/html; charset=utf-8");
    CHECK(content_type_of_bytes("<p>") == "text/html; charset=utf-8");
    CHECK(content_type_of_bytes("<pre>") == "text/plain; charset=utf-8");
    CHECK(content_type_of_bytes("<?xml version") == "text/xml; charset=utf-8");
    CHECK(content_type_of_bytes("%PDF-1.4") == "application/pdf");
    CHECK(content_type_of_bytes("\x89PNG\r\n\x1A\nxx") == "image/png");
    CHECK(content_type_of_bytes("GIF89a") == "image/gif");
    CHECK(content_type_of_bytes("\xFF\xD8\xFF\xE0") == "image/jpeg");
    CHECK(content_type_of_bytes("RIFF\x01\x02\x03\x04WEBPVP8") == "image/webp");
    CHECK(content_type_of_bytes("PK\x03\x04") == "application/zip");
    CHECK(content_type_of_bytes("\x1F\x8B\x08") == "application/x-gzip");
    CHECK(content_type_of_bytes("\0\0\0\x18"s + "ftypmp42\0\0\0\0isommp42"s) == "video/mp4");
    CHECK(content_type_of_bytes("\x7F"
                                "ELF\x02\x01\x01\0"s) == "application/octet-stream");
}

TEST_CASE("content disposition: names of all kinds", "[http]") {
    CHECK(attachment_disposition("a b.txt") == "attachment; filename=\"a b.txt\"");
    CHECK(attachment_disposition("a\"b\\c") == "attachment; filename=\"a\\\"b\\\\c\"");
    CHECK(attachment_disposition("\xC3\xA9 x.txt") == "attachment; filename*=UTF-8''%C3%A9+x.txt");
}

}  // namespace
}  // namespace assay::http
