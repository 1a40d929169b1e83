#include "internal/judge/serve/monitor.hpp"

#include <string>
#include <utility>

#include "internal/judge/serve/routes.hpp"

namespace assay::judge {
namespace {

bool is_known(std::string_view path) {
    return path == "/metrics" || path == "/healthz" || path == "/readyz";
}

http::Response text_response(int status, std::string text, std::string type) {
    http::Response response;
    response.status = status;
    response.headers.push_back({"Content-Type", std::move(type)});
    response.body = std::move(text);
    return response;
}

}  // namespace

http::Admission Monitor::admit(const http::Request& head) {
    const bool reads = head.method == "GET" || head.method == "HEAD";
    if (!reads || !is_known(head.path)) return {page_not_found(), nullptr};
    return {};
}

void Monitor::handle(http::Request request, http::Responder responder) {
    if (request.path == "/metrics") {
        return responder.respond(text_response(200, metrics_.text(sources_.now()),
                                               "text/plain; version=0.0.4; charset=utf-8"));
    }
    const bool good = request.path == "/healthz" || sources_.ready();
    responder.respond(
        text_response(good ? 200 : 503, good ? "ok\n" : "draining\n", "text/plain; charset=utf-8"));
}

}  // namespace assay::judge
