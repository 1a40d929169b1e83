#include "pkg/http/percent.hpp"

#include <cstddef>

namespace assay::http {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_.~").find(c) != std::string_view::npos;
}

void append_escaped(std::string& out, char c) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        const int high = hex_digit(text[i + 1]);
        const int low = hex_digit(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        decoded += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return decoded;
}

std::string path_escape(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (is_unreserved(c) || c == '/') {
            escaped += c;
        } else {
            append_escaped(escaped, c);
        }
    }
    return escaped;
}

std::string query_escape(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (is_unreserved(c)) {
            escaped += c;
        } else if (c == ' ') {
            escaped += '+';
        } else {
            append_escaped(escaped, c);
        }
    }
    return escaped;
}

}  // namespace assay::http
