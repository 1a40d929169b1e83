#include "pkg/http/message.hpp"

#include <algorithm>
#include <utility>

namespace assay::http {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr std::pair<int, std::string_view> kReasons[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {412, "Precondition Failed"},
    {413, "Request Entity Too Large"},
    {416, "Requested Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {426, "Upgrade Required"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
};

}  // namespace

bool equal_names(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

bool has_token(std::string_view value, std::string_view token) {
    while (!value.empty()) {
        const std::size_t comma = std::min(value.find(','), value.size());
        std::string_view part = value.substr(0, comma);
        value.remove_prefix(std::min(comma + 1, value.size()));
        part.remove_prefix(std::min(part.find_first_not_of(" \t"), part.size()));
        part = part.substr(0, part.find_last_not_of(" \t") + 1);
        if (equal_names(part, token)) return true;
    }
    return false;
}

std::string_view reason_phrase(int status) {
    for (const auto& [code, reason] : kReasons) {
        if (code == status) return reason;
    }
    return {};
}

const std::string* Request::header(std::string_view name) const {
    for (const Header& one : headers) {
        if (equal_names(one.name, name)) return &one.value;
    }
    return nullptr;
}

std::uint64_t FileBody::size() const {
    std::uint64_t total = 0;
    for (const FilePiece& piece : pieces) total += piece.before.size() + piece.length;
    return total;
}

}  // namespace assay::http
