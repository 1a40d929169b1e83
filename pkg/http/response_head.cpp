#include "pkg/http/response_head.hpp"

#include "pkg/http/http_date.hpp"

namespace assay::http {
namespace {

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += ": ";
    const std::size_t begin = out.size();
    out += value;
    for (std::size_t i = begin; i < out.size(); ++i) {
        if (out[i] == '\r' || out[i] == '\n') out[i] = ' ';
    }
    out += "\r\n";
}

// RFC 9110, 8.6: these have neither a body nor its length.
bool has_length(int status) {
    return status != 101 && status != 204 && status != 304;
}

}  // namespace

void append_head(std::string& out, const Response& response, const HeadContext& context) {
    out += context.http_1_1 ? "HTTP/1.1 " : "HTTP/1.0 ";
    out += std::to_string(response.status);
    out += ' ';
    out += reason_phrase(response.status);
    out += "\r\n";
    for (const Header& header : response.headers) append_field(out, header.name, header.value);
    append_field(out, "Date", context.date);
    if (!context.content_length) {
        append_field(out, "Transfer-Encoding", "chunked");
    } else if (has_length(response.status)) {
        append_field(out, "Content-Length", std::to_string(*context.content_length));
    }
    if (!context.keep_alive) {
        append_field(out, "Connection", "close");
    } else if (!context.http_1_1) {
        append_field(out, "Connection", "keep-alive");
    }
    out += "\r\n";
}

std::string_view current_date(std::chrono::system_clock::time_point now) {
    thread_local std::chrono::sys_seconds second;
    thread_local std::string text;
    const auto floored = std::chrono::floor<std::chrono::seconds>(now);
    if (floored != second || text.empty()) {
        second = floored;
        text = format_date(now);
    }
    return text;
}

}  // namespace assay::http
