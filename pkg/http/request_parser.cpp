#include "pkg/http/request_parser.hpp"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <initializer_list>
#include <utility>

#include "pkg/http/percent.hpp"

namespace assay::http {

namespace beast = boost::beast;

struct RequestParser::Codec final : beast::http::basic_parser<true> {
    Codec() {
        body_limit(boost::none);
        header_limit(static_cast<std::uint32_t>(kMaxHeadBytes));
    }

    Request request;
    State state = State::kHead;
    int status = 400;
    std::size_t head_bytes = 0;
    const OnBody* on_body = nullptr;

    std::size_t feed(std::string_view bytes);
    void end_head();
    void fail(int code) {
        state = State::kError;
        status = code;
    }

  private:
    using Code = beast::error_code;
    using View = beast::string_view;

    void on_request_impl(beast::http::verb, View method, View target, int version,
                         Code& error) override {
        request.method = std::string(method);
        request.http_1_1 = version == 11;
        if (!split_target({target.data(), target.size()}, request.path, request.query)) {
            error = beast::http::error::bad_target;
        }
    }
    // A trailer behind a chunked body must not pass for a field that was checked in the head.
    void on_field_impl(beast::http::field, View name, View value, Code&) override {
        if (state != State::kHead) return;
        request.headers.push_back({std::string(name), std::string(value)});
    }
    std::size_t on_body_impl(View bytes, Code& error) override { return take(bytes, error); }
    std::size_t on_chunk_body_impl(std::uint64_t, View bytes, Code& error) override {
        return take(bytes, error);
    }
    std::size_t take(View bytes, Code& error) {
        if (!(*on_body)({bytes.data(), bytes.size()})) error = beast::http::error::body_limit;
        return bytes.size();
    }

    void on_response_impl(int, View, int, Code&) override {}
    void on_header_impl(Code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, Code&) override {}
    void on_chunk_header_impl(std::uint64_t, View, Code&) override {}
    void on_finish_impl(Code&) override {}
};

namespace {

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kDigits = "0123456789";

bool consists_of(std::string_view text, std::initializer_list<std::string_view> sets) {
    return std::ranges::all_of(text, [&](char c) {
        return std::ranges::any_of(sets,
                                   [&](std::string_view set) { return set.find(c) != set.npos; });
    });
}

// uri-host [ ":" port ] of RFC 3986: its characters, not their order.
bool is_host(std::string_view value) {
    return consists_of(value, {kLetters, kDigits, "-._~%!$&'()*+,;=[]:"});
}

int status_of(const beast::error_code& error) {
    if (error == beast::http::error::header_limit) return 431;
    if (error == beast::http::error::body_limit) return 413;
    return 400;
}

}  // namespace

bool split_target(std::string_view target, std::string& path, std::string& query) {
    if (!target.starts_with('/')) {
        const std::size_t scheme = target.find("://");
        if (scheme == 0 || scheme == target.npos) return false;
        if (!consists_of(target.substr(0, scheme), {kLetters, kDigits, "+-."})) return false;
        target.remove_prefix(std::min(target.find_first_of("/?#", scheme + 3), target.size()));
    }
    target = target.substr(0, target.find('#'));
    const std::size_t question = std::min(target.find('?'), target.size());
    auto decoded = percent_decode(target.substr(0, question));
    if (!decoded) return false;
    path = decoded->empty() ? "/" : *std::move(decoded);
    query = target.substr(std::min(question + 1, target.size()));
    return true;
}

std::size_t RequestParser::Codec::feed(std::string_view bytes) {
    std::size_t consumed = 0;
    // Some clients send an empty line behind a body (RFC 9112, 2.2).
    if (!got_some()) consumed = std::min(bytes.find_first_not_of("\r\n"), bytes.size());
    const bool in_head = state == State::kHead;
    while (consumed < bytes.size()) {
        beast::error_code error;
        const auto rest = bytes.substr(consumed);
        const std::size_t taken = put(boost::asio::const_buffer(rest.data(), rest.size()), error);
        consumed += taken;
        if (in_head) head_bytes += taken;
        const std::size_t left = error ? rest.size() - taken : 0;
        if (in_head && head_bytes + left > kMaxHeadBytes) {
            fail(431);
        } else if (left > kMaxHeadBytes) {  // a chunk's head without an end
            fail(400);
        } else if (error && error != beast::http::error::need_more) {
            fail(status_of(error));
        } else if (in_head && is_header_done()) {
            end_head();
        } else if (is_done()) {
            state = State::kDone;
        } else if (!error) {
            continue;
        }
        break;
    }
    return consumed;
}

// A request of HTTP/1.1 names its host, none names two (RFC 9112, 3.2). An encoding that is not
// understood, or that HTTP/1.0 does not know, leaves the end of the body unknown: what follows
// could pass for a request (6.1).
void RequestParser::Codec::end_head() {
    state = is_done() ? State::kDone : State::kBody;
    if (const auto length = content_length(); length) request.content_length = *length;
    std::size_t hosts = 0;
    for (const Header& header : request.headers) {
        if (!equal_names(header.name, "Host")) continue;
        if (++hosts > 1 || !is_host(header.value)) return fail(400);
    }
    if (request.http_1_1 && hosts == 0) return fail(400);
    const std::string* encoding = request.header("Transfer-Encoding");
    if (encoding == nullptr) return;
    if (!request.http_1_1) return fail(400);
    if (!equal_names(*encoding, "chunked")) fail(501);
}

RequestParser::RequestParser() : codec_(std::make_unique<Codec>()) {}
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;
RequestParser::~RequestParser() = default;

RequestParser::State RequestParser::state() const {
    return codec_->state;
}

std::size_t RequestParser::feed(std::string_view bytes, const OnBody& on_body) {
    codec_->on_body = &on_body;
    return codec_->feed(bytes);
}

Request& RequestParser::request() {
    return codec_->request;
}

bool RequestParser::chunked() const {
    return codec_->chunked();
}

bool RequestParser::keep_alive() const {
    return codec_->keep_alive();
}

int RequestParser::status() const {
    return codec_->status;
}

}  // namespace assay::http
