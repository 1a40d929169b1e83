#include "internal/judge/serve/routes.hpp"

#include <algorithm>

#include "pkg/http/percent.hpp"

namespace assay::judge {
namespace {

constexpr Route kRoutes[] = {
    {RouteName::kRun, "POST", "/run"},
    {RouteName::kListFiles, "GET", "/file"},
    {RouteName::kAddFile, "POST", "/file"},
    {RouteName::kGetFile, "GET", "/file/:id"},
    {RouteName::kDeleteFile, "DELETE", "/file/:id"},
    {RouteName::kSocket, "GET", "/ws"},
    {RouteName::kStream, "GET", "/stream"},
    {RouteName::kVersion, "GET", "/version", true},
    {RouteName::kConfig, "GET", "/config", true},
};

bool matches(std::string_view pattern, std::string_view path, std::string_view& id) {
    const std::size_t colon = pattern.find(':');
    if (colon == pattern.npos) return pattern == path;
    if (!path.starts_with(pattern.substr(0, colon))) return false;
    id = path.substr(colon);
    return !id.empty() && id.find('/') == id.npos;
}

// Safe between the quotes of an attribute.
std::string html_text(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        switch (c) {
            case '&':
                escaped += "&amp;";
                break;
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            case '"':
                escaped += "&#34;";
                break;
            case '\'':
                escaped += "&#39;";
                break;
            default:
                escaped += c;
        }
    }
    return escaped;
}

}  // namespace

Match match_route(std::string_view method, std::string_view path) {
    for (const Route& route : kRoutes) {
        std::string_view id;
        if (route.method == method && matches(route.pattern, path, id)) return {&route, id};
    }
    return {};
}

std::optional<http::Response> redirect_slash(const http::Request& request) {
    std::string_view path = request.path;
    if (path.size() < 2 || !path.ends_with('/')) return std::nullopt;
    path.remove_suffix(1);
    if (match_route(request.method, path).route == nullptr) return std::nullopt;
    std::string location = http::path_escape(path);
    if (!request.query.empty()) location += "?" + request.query;

    const bool is_get = request.method == "GET";
    http::Response response;
    response.status = is_get ? 301 : 307;
    if (is_get) {
        response.headers.push_back({"Content-Type", "text/html; charset=utf-8"});
        response.body = "<a href=\"" + html_text(location) + "\">Moved Permanently</a>.\n\n";
    }
    response.headers.push_back({"Location", std::move(location)});
    return response;
}

http::Response page_not_found() {
    http::Response response;
    response.status = 404;
    response.headers.push_back({"Content-Type", "text/plain"});
    response.body = "404 page not found";
    return response;
}

}  // namespace assay::judge
