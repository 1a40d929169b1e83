#include "internal/judge/serve/rest.hpp"

#include <boost/asio/post.hpp>
#include <optional>
#include <utility>

#include "internal/judge/serve/upload.hpp"
#include "internal/judge/wire/json.hpp"
#include "pkg/http/content_type.hpp"
#include "pkg/http/file_response.hpp"
#include "pkg/http/multipart.hpp"

namespace assay::judge {
namespace {

constexpr std::string_view kBearer = "Bearer ";

// Decoding this much takes about a millisecond.
constexpr std::size_t kLargeBody = 256u << 10;

// Takes as long for a wrong token as for the right one.
bool equal_secrets(std::string_view given, std::string_view secret) {
    unsigned difference = given.size() == secret.size() ? 0 : 1;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const char wanted = secret[i % secret.size()];
        difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(wanted);
    }
    return difference == 0;
}

http::Response shutting_down() {
    http::Response response = json_response(503, wire::encode_string("server is shutting down"));
    response.headers.push_back({"Retry-After", "1"});
    response.close = true;
    return response;
}

// A request that was waiting, or came too late, when the drain began: it did not run, so the client
// may send it elsewhere.
bool is_turned_away(const Response& response) {
    return response.refusal == Refusal::kCancelled || response.refusal == Refusal::kShuttingDown;
}

// go-judge does not look at these and dies of them.
std::optional<std::int64_t> negative_pipe_end(const Request& request) {
    if (request.commands.size() < 2) return std::nullopt;
    for (const PipeMapping& pipe : request.pipes) {
        for (const PipeEnd& end : {pipe.in, pipe.out}) {
            if (end.index < 0) return end.index;
            if (end.fd < 0) return end.fd;
        }
    }
    return std::nullopt;
}

Result<Request> read_run_request(std::string_view body) {
    ASSAY_TRY(Request request, wire::decode_request(body, {}));
    if (request.commands.empty()) return usage_error("no cmd provided");
    if (const auto end = negative_pipe_end(request)) {
        return usage_error("pipe: index out of range " + std::to_string(*end));
    }
    return request;
}

http::Response run_response(const Response& response) {
    if (response.refusal == Refusal::kUnacceptable) {
        return json_response(400, wire::encode_string(response.error));
    }
    if (!response.error.empty()) return json_response(500, wire::encode_string(response.error));
    return json_response(200, wire::encode_results(response.results));
}

}  // namespace

Executor executor_of(WorkerPool& pool) {
    return {[&pool](Request request, WorkerPool::Done done) {
                return pool.submit(std::move(request), std::move(done));
            },
            [&pool](Request request, WorkerPool::OnOutput on_output, WorkerPool::Done done) {
                return pool.submit_stream(std::move(request), std::move(on_output),
                                          std::move(done));
            }};
}

Rest::Rest(event::Loop& loop, RestOptions options, Executor executor, FileStore& store,
           const Books& books, Upgrades upgrades)
    : loop_(loop),
      options_(std::move(options)),
      executor_(std::move(executor)),
      store_(store),
      books_(books),
      upgrades_(std::move(upgrades)) {}

Rest::~Rest() {
    decoder_.join();
}

bool Rest::is_authorized(const http::Request& head) const {
    if (options_.auth_token.empty()) return true;
    const std::string* given = head.header("Authorization");
    return given != nullptr && given->starts_with(kBearer) &&
           equal_secrets(std::string_view(*given).substr(kBearer.size()), options_.auth_token);
}

http::Admission Rest::admit(const http::Request& head) {
    const Match match = match_route(head.method, head.path);
    const auto refuse = [&](http::Response response) {
        Exchange exchange(books_, head, match.route ? match.route->pattern : std::string_view());
        exchange.refused(response);
        return http::Admission{std::move(response), nullptr};
    };
    if (draining_) return refuse(shutting_down());
    if (match.route == nullptr) {
        if (auto redirect = redirect_slash(head)) return refuse(std::move(*redirect));
    }
    if ((match.route == nullptr || !match.route->open) && !is_authorized(head)) {
        return refuse(empty_response(401));
    }
    if (match.route == nullptr) return refuse(page_not_found());
    if (match.route->name != RouteName::kAddFile) return {};

    const std::string* type = head.header("Content-Type");
    const auto boundary = type ? http::multipart_boundary(*type) : std::nullopt;
    if (!boundary) return refuse(empty_response(400));
    auto exchange = std::make_shared<Exchange>(books_, head, match.route->pattern);
    return {std::nullopt, receive_upload(store_, *boundary, std::move(exchange))};
}

void Rest::handle(http::Request request, http::Responder responder) {
    const Match match = match_route(request.method, request.path);
    auto exchange = std::make_shared<Exchange>(books_, request, match.route->pattern);
    switch (match.route->name) {
        case RouteName::kVersion:
            return exchange->answer(responder, json_response(200, options_.version_document));
        case RouteName::kConfig:
            return exchange->answer(responder, json_response(200, options_.config_document));
        case RouteName::kRun:
            return run(std::move(request), responder, std::move(exchange));
        case RouteName::kSocket:
            return upgrades_.socket(std::move(request), std::move(responder), std::move(exchange));
        case RouteName::kStream:
            return upgrades_.stream(std::move(request), std::move(responder), std::move(exchange));
        case RouteName::kAddFile:  // a form without a body
        case RouteName::kListFiles:
        case RouteName::kGetFile:
        case RouteName::kDeleteFile:
            return exchange->answer(responder, file_answer(request, match));
    }
}

http::Response Rest::file_answer(const http::Request& request, const Match& match) {
    const std::string id(match.id);
    switch (match.route->name) {
        case RouteName::kListFiles: {
            const auto files = store_.list();
            if (!files.has_value()) {
                return json_response(500, wire::encode_string(files.error().message));
            }
            return json_response(200, wire::encode_strings(*files));
        }
        case RouteName::kGetFile:
            return get_file(request, id);
        case RouteName::kDeleteFile:
            return empty_response(store_.remove(id) ? 200 : 404);
        default:
            return empty_response(400);
    }
}

http::Response Rest::get_file(const http::Request& request, std::string_view id) {
    auto found = store_.get(std::string(id));
    if (!found.has_value()) return json_response(500, wire::encode_string(found.error().message));
    if (!*found) return empty_response(404);
    StoredFile& stored = **found;
    const std::string name = stored.name;
    http::Response response =
        http::respond_with_file(request, {std::move(stored.file), stored.size_bytes,
                                          stored.modified, http::content_type_of_name(name)});
    response.headers.push_back({"Content-Disposition", http::attachment_disposition(name)});
    return response;
}

void Rest::run(http::Request request, const http::Responder& responder, ExchangePtr exchange) {
    if (request.body.size() <= kLargeBody) {
        return submit(read_run_request(request.body), responder, exchange);
    }
    boost::asio::post(decoder_, [this, body = std::move(request.body), responder,
                                 exchange = std::move(exchange)]() mutable {
        auto decoded = read_run_request(body);
        body = {};
        loop_.post([this, decoded = std::move(decoded), responder, exchange]() mutable {
            submit(std::move(decoded), responder, exchange);
        });
    });
}

void Rest::submit(Result<Request> decoded, const http::Responder& responder,
                  const ExchangePtr& exchange) {
    if (!decoded.has_value()) {
        const std::string& why = decoded.error().message;
        return exchange->answer(responder, json_response(400, wire::encode_string(why)), {}, why);
    }
    const auto ticket = executor_.submit(
        std::move(*decoded), [this, exchange, responder](const Response& response) {
            const bool late = draining_ && is_turned_away(response);
            exchange->answer(responder, late ? shutting_down() : run_response(response),
                             verdicts_of(response), response.error);
        });
    if (!ticket) return;
    responder.on_gone([ticket, exchange] {
        exchange->abandon();
        ticket->cancel();
    });
}

void Rest::refused(const http::Request* head, int status) {
    static const http::Request unreadable;
    const http::Request& request = head != nullptr ? *head : unreadable;
    const Match match = match_route(request.method, request.path);
    Exchange exchange(books_, request, match.route ? match.route->pattern : std::string_view());
    exchange.refused(empty_response(status));
}

}  // namespace assay::judge
