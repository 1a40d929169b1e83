#include "internal/judge/serve/exchange.hpp"

#include <utility>

#include "pkg/net/address.hpp"
#include "pkg/websocket/connection.hpp"

namespace assay::judge {
namespace {

constexpr int kClientClosedRequest = 499;

// Longer JSON comes in chunks, as clients know it.
constexpr std::size_t kMaxPlainBytes = 2048;

std::atomic<std::uint64_t> last_id{0};

}  // namespace

std::uint64_t next_access_id() {
    return ++last_id;
}

Exchange::Exchange(const Books& books, const http::Request& request, std::string_view route)
    : books_(books) {
    access_.id = next_access_id();
    access_.peer = net::to_string(request.peer);
    access_.method = request.method;
    access_.path = request.path;
    access_.route = route;
    if (const std::string* host = request.header("Host")) access_.host = *host;
    access_.request_bytes = request.content_length.value_or(request.body.size());
}

void Exchange::refused(const http::Response& response) {
    count(response);
    books_.log.access(access_);
}

// What is counted is there when the client asks for it; the log's reader can wait for its line, the
// client should not.
void Exchange::answer(const http::Responder& responder, http::Response response,
                      std::string verdicts, std::string error) {
    access_.verdicts = std::move(verdicts);
    access_.error = std::move(error);
    count(response);
    responder.respond(std::move(response));
    books_.log.access(access_);
}

void Exchange::upgraded() {
    count(101, 0);
    books_.log.access(access_);
}

void Exchange::count(const http::Response& response) {
    count(abandoned_ ? kClientClosedRequest : response.status,
          response.body.size() + (response.file ? response.file->size() : 0));
}

void Exchange::count(int code, std::uint64_t response_bytes) {
    access_.code = code;
    access_.time = std::chrono::steady_clock::now() - begin_;
    access_.response_bytes = response_bytes;
    books_.metrics.count_request(code, access_.method, access_.host, access_.route,
                                 std::chrono::duration<double>(access_.time).count(),
                                 access_.request_bytes, response_bytes);
}

std::optional<http::TakenOver> take_over(const http::Request& request,
                                         const http::Responder& responder, Exchange& exchange) {
    if (auto refusal = websocket::refuse_upgrade(request)) {
        exchange.answer(responder, std::move(*refusal));
        return std::nullopt;
    }
    auto taken = responder.take_over();
    if (taken) exchange.upgraded();
    return taken;
}

http::Response json_response(int status, std::string text) {
    http::Response response;
    response.status = status;
    response.headers.push_back({"Content-Type", "application/json; charset=utf-8"});
    response.body = std::move(text);
    response.chunked = response.body.size() > kMaxPlainBytes;
    return response;
}

http::Response empty_response(int status) {
    http::Response response;
    response.status = status;
    return response;
}

}  // namespace assay::judge
