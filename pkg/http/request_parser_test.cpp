#include "pkg/http/request_parser.hpp"

#include <catch2/catch.hpp>

namespace assay::http {
namespace {

using State = RequestParser::State;

struct Parsed {
    State state = State::kHead;
    int status = 0;
    std::string body;
    std::size_t consumed = 0;
};

// Feeds `text` in pieces of at most `step` bytes, as a connection would.
Parsed parse(RequestParser& parser, std::string_view text, std::size_t step) {
    Parsed parsed;
    const auto on_body = [&](std::string_view bytes) {
        parsed.body += bytes;
        return true;
    };
    std::string pending;
    std::size_t given = 0;
    while (parser.state() != State::kDone && parser.state() != State::kError) {
        const std::size_t used = pending.empty() ? 0 : parser.feed(pending, on_body);
        pending.erase(0, used);
        parsed.consumed += used;
        if (used > 0) continue;
        if (given == text.size()) break;
        pending += text.substr(given, step);
        given = std::min(given + step, text.size());
    }
    parsed.state = parser.state();
    parsed.status = parser.state() == State::kError ? parser.status() : 0;
    return parsed;
}

Parsed parse(std::string_view text) {
    RequestParser parser;
    return parse(parser, text, text.size());
}

TEST_CASE("request parser: a request is the same in any pieces", "[http]") {
    constexpr std::string_view kRequest =
        "\r\nPOST /a%2Fb?q=1 HTTP/1.1\r\nHost: h\r\nX-One:  1 \r\nTransfer-Encoding: "
        "chunked\r\n\r\n"
        "5;e=\"x\"\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\nT: 1\r\n\r\n";
    constexpr std::string_view kBehind = "GET /next";
    for (std::size_t step = 1; step < kRequest.size() + kBehind.size(); ++step) {
        RequestParser parser;
        const Parsed parsed = parse(parser, std::string(kRequest) + std::string(kBehind), step);
        REQUIRE(parsed.state == State::kDone);
        REQUIRE(parsed.consumed == kRequest.size());
        REQUIRE(parsed.body == "hello0123456789abcdef");
        const Request& request = parser.request();
        REQUIRE(request.method == "POST");
        REQUIRE(request.path == "/a/b");
        REQUIRE(request.query == "q=1");
        REQUIRE(*request.header("x-one") == "1");
        REQUIRE(request.header("T") == nullptr);
        REQUIRE(parser.chunked());
        REQUIRE(parser.keep_alive());
    }
}

TEST_CASE("request parser: it stops between head and body", "[http]") {
    RequestParser parser;
    const std::string_view text = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
    std::string body;
    const auto on_body = [&](std::string_view bytes) {
        body += bytes;
        return true;
    };
    const std::size_t head = parser.feed(text, on_body);
    CHECK(parser.state() == State::kBody);
    CHECK(body.empty());
    CHECK(parser.request().content_length == 3);
    CHECK(parser.feed(text.substr(head), on_body) == 3);
    CHECK(parser.state() == State::kDone);
    CHECK(body == "abc");
}

TEST_CASE("request parser: what cannot be trusted is refused", "[http]") {
    CHECK(parse("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")
              .status == 400);
    CHECK(parse("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n").status == 400);
    CHECK(
        parse("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n").status ==
        400);
    CHECK(parse("GET / HTTP/1.1\r\nHost : h\r\n\r\n").status == 400);
    CHECK(parse("GET / HTTP/1.1\nHost: h\n\n").status == 400);
    for (const char* const host : {"Host: h\r\nHost: h", "Host: a b", "Host: a/b", "Host: a@b",
                                   "Host: a\"b", "Host: h\xC3\xA9"}) {
        INFO(host);
        CHECK(parse("GET / HTTP/1.1\r\n" + std::string(host) + "\r\n\r\n").status == 400);
        CHECK(parse("GET / HTTP/1.0\r\n" + std::string(host) + "\r\n\r\n").status == 400);
    }
    for (const char* const host : {"Host:", "Host: [::1]:80", "Host: a_b-c.d:5050", "Host: %41"}) {
        INFO(host);
        CHECK(parse("GET / HTTP/1.1\r\n" + std::string(host) + "\r\n\r\n").state == State::kDone);
    }
    CHECK(parse("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").status == 400);
    CHECK(parse("GET / HTTP/3.1\r\nHost: h\r\n\r\n").status == 400);
    CHECK(parse("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n").status ==
          400);
    CHECK(parse("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n").status ==
          501);
}

TEST_CASE("request parser: heads and chunk heads are bounded", "[http]") {
    std::string many = "GET / HTTP/1.1\r\nHost: h\r\n";
    while (many.size() <= kMaxHeadBytes) many += "A: 0123456789\r\n";
    for (const std::size_t step : {std::size_t{100}, std::size_t{5000}, many.size()}) {
        RequestParser parser;
        CHECK(parse(parser, many, step).status == 431);
    }
    const std::string chunk = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;" +
                              std::string(2 * kMaxHeadBytes, 'e');
    RequestParser parser;
    CHECK(parse(parser, chunk, 4096).status == 400);
}

TEST_CASE("request parser: who wants to go on", "[http]") {
    const auto keep_alive = [](const std::string& text) {
        RequestParser parser;
        REQUIRE(parse(parser, text, text.size()).state == State::kDone);
        return parser.keep_alive();
    };
    CHECK(keep_alive("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
    CHECK_FALSE(keep_alive("GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n"));
    CHECK_FALSE(keep_alive("GET / HTTP/1.0\r\n\r\n"));
    CHECK(keep_alive("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
}

TEST_CASE("request target: path and query", "[http]") {
    const auto split = [](std::string_view target) -> std::string {
        std::string path;
        std::string query;
        return split_target(target, path, query) ? path + "|" + query : "refused";
    };
    CHECK(split("/") == "/|");
    CHECK(split("/a%20b%C3%A9?x=%20&y") == "/a b\xC3\xA9|x=%20&y");
    CHECK(split("/a?b?c#d") == "/a|b?c");
    CHECK(split("http://host:80/a?b") == "/a|b");
    CHECK(split("http://host") == "/|");
    CHECK(split("http://host?a=/b") == "/|a=/b");
    CHECK(split("http://host#/b") == "/|");
    CHECK(split("a/b://host/c") == "refused");
    CHECK(split("/redirect?to=http://x") == "/redirect|to=http://x");
    CHECK(split("*") == "refused");
    CHECK(split("host:80") == "refused");
    CHECK(split("/%4") == "refused");
    CHECK(split("/%4g") == "refused");
}

}  // namespace
}  // namespace assay::http
