#include "internal/judge/serve/access_log.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <ctime>

#include "internal/report/json.hpp"

namespace assay::judge {
namespace {

std::string_view name_of(LogLevel level) {
    switch (level) {
        case LogLevel::kInfo:
            return "info";
        case LogLevel::kWarning:
            return "warn";
        case LogLevel::kError:
            break;
    }
    return "error";
}

// "2026-11-21T04:07:01.123Z"
std::string timestamp() {
    const auto now = std::chrono::system_clock::now();
    const auto milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()) % 1000;
    const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 40> text{};
    const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    std::snprintf(text.data() + length, text.size() - length, ".%03dZ",
                  static_cast<int>(milliseconds.count()));
    return text.data();
}

bool needs_quotes(std::string_view value) {
    if (value.empty()) return true;
    for (const char c : value) {
        if (c <= ' ' || c == '"' || c == '=' || c == '\\' ||
            static_cast<unsigned char>(c) >= 0x7F) {
            return true;
        }
    }
    return false;
}

std::string text_line(std::string_view level, std::string_view message,
                      const AccessLog::Fields& fields) {
    std::string line = timestamp();
    line += ' ';
    line += level;
    line += ' ';
    line += message;
    for (const auto& [key, value] : fields) {
        line += ' ';
        line += key;
        line += '=';
        if (needs_quotes(value)) {
            report::append_json_string(line, value);
        } else {
            line += value;
        }
    }
    return line;
}

std::string json_line(std::string_view level, std::string_view message,
                      const AccessLog::Fields& fields) {
    std::string line = "{\"time\":\"" + timestamp() + "\",\"level\":\"";
    line += level;
    line += "\",\"msg\":";
    report::append_json_string(line, message);
    for (const auto& [key, value] : fields) {
        line += ",\"";
        line += key;
        line += "\":";
        report::append_json_string(line, value);
    }
    return line + "}";
}

std::string milliseconds(std::chrono::nanoseconds time) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3f", static_cast<double>(time.count()) / 1e6);
    return text.data();
}

// Of what clients chose: a line stays below PIPE_BUF, though JSON may take six bytes for one.
constexpr std::size_t kMostOfText = 240;
constexpr std::size_t kMostOfName = 48;

std::string cut(const std::string& value, std::size_t most) {
    return value.size() <= most ? value : value.substr(0, most) + "...";
}

// A pipe or a terminal takes no more now.
bool is_blocked(int fd) {
    pollfd entry{fd, POLLOUT, 0};
    return ::poll(&entry, 1, 0) == 0;
}

}  // namespace

bool AccessLog::wants(LogLevel level) const {
    return !options_.silent && (level != LogLevel::kInfo || !options_.warnings_only);
}

void AccessLog::access(const Access& access) {
    const LogLevel level = access.code >= 500 ? LogLevel::kWarning : LogLevel::kInfo;
    if (!wants(level)) return;
    Fields fields = {
        {"id", std::to_string(access.id)},
        {"peer", access.peer},
        {"method", cut(access.method, kMostOfName)},
        {"path", cut(access.path, kMostOfText)},
        {"code", std::to_string(access.code)},
        {"ms", milliseconds(access.time)},
        {"in", std::to_string(access.request_bytes)},
        {"out", std::to_string(access.response_bytes)},
    };
    if (!access.request_id.empty()) {
        fields.emplace_back("request_id", cut(access.request_id, kMostOfName));
    }
    if (!access.verdicts.empty()) fields.emplace_back("verdict", cut(access.verdicts, kMostOfText));
    if (!access.error.empty()) fields.emplace_back("error", cut(access.error, kMostOfText));
    write(level, "request", fields);
}

void AccessLog::event(LogLevel level, std::string_view message, const Fields& fields) {
    if (wants(level)) write(level, message, fields);
}

void AccessLog::write(LogLevel level, std::string_view message, const Fields& fields) {
    if (is_blocked(options_.descriptor)) {
        dropped_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    const auto print = options_.format == LogFormat::kJson ? json_line : text_line;
    std::string lines;
    if (const std::uint64_t dropped = dropped_.exchange(0, std::memory_order_relaxed)) {
        lines = print(name_of(LogLevel::kWarning), "log lines dropped",
                      {{"count", std::to_string(dropped)}}) +
                "\n";
    }
    lines += print(name_of(level), message, fields) + "\n";
    (void)!::write(options_.descriptor, lines.data(), lines.size());
}

std::string verdicts_of(const Response& response) {
    std::string verdicts;
    for (const CommandResult& result : response.results) {
        if (!verdicts.empty()) verdicts += ',';
        verdicts += name_of(result.status);
    }
    return verdicts;
}

}  // namespace assay::judge
