// Which paths there are, and what a path that is none of them is answered with. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pkg/http/message.hpp"

namespace assay::judge {

enum class RouteName {
    kVersion,
    kConfig,
    kRun,
    kListFiles,
    kAddFile,
    kGetFile,
    kDeleteFile,
    kSocket,
    kStream,
};

struct Route {
    RouteName name;
    std::string_view method;
    std::string_view pattern;  // "/file/:id"
    bool open = false;         // without a token
};

struct Match {
    const Route* route = nullptr;  // static; nullptr: unknown
    std::string_view id;           // of /file/:id, a part of the path
};
Match match_route(std::string_view method, std::string_view path);

// Where a path with a slash too many is sent on to: 301 for GET, 307 for others. Empty: not such a
// path.
std::optional<http::Response> redirect_slash(const http::Request& request);

// "404 page not found"
http::Response page_not_found();

}  // namespace assay::judge
