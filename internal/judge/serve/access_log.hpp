// The daemon's log on stderr: one line for every request, and what happens to the daemon itself.
//
// Text lines read "TIME LEVEL MESSAGE key=value …", JSON lines are one object each with the members
// time, level, msg and the same keys. Values that clients chose are quoted or escaped, so a line
// stays one line. What must stay secret (the token) is never handed to the log.
//
// A line that the reader of stderr does not take at once is dropped and counted; the next one that
// gets through says how many. A log must not stop a server: writes up to PIPE_BUF go to a pipe
// whole and without waiting (pipe(7)), so long values are cut. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "internal/judge/model/model.hpp"
#include "internal/judge/serve/daemon.hpp"

namespace assay::judge {

enum class LogLevel { kInfo, kWarning, kError };

// One answered request.
struct Access {
    std::uint64_t id = 0;    // counted from the start of the server
    std::string request_id;  // the client's own, of /ws
    std::string peer;
    std::string method;
    std::string path;
    std::string route;  // "/file/:id"; empty: unknown
    std::string host;
    int code = 0;
    std::chrono::nanoseconds time{0};
    std::uint64_t request_bytes = 0;
    std::uint64_t response_bytes = 0;
    std::string verdicts;  // "Accepted,Time Limit Exceeded"
    std::string error;     // of a request that failed as a whole
};

class AccessLog {
  public:
    struct Options {
        LogFormat format = LogFormat::kText;
        bool silent = false;  // nothing at all
        bool warnings_only = false;
        int descriptor = 2;  // borrowed
    };
    explicit AccessLog(const Options& options) : options_(options) {}

    // Server errors (5xx) are warnings.
    void access(const Access& access);

    using Fields = std::vector<std::pair<std::string_view, std::string>>;
    void event(LogLevel level, std::string_view message, const Fields& fields = {});

  private:
    bool wants(LogLevel level) const;
    void write(LogLevel level, std::string_view message, const Fields& fields);

    const Options options_;
    std::atomic<std::uint64_t> dropped_{0};
};

// Of all commands, with commas.
std::string verdicts_of(const Response& response);

}  // namespace assay::judge
