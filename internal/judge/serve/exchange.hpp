// One HTTP request on its way through the judge: what is measured and logged of it.
//
// Created when its head is known, ended by its one answer, from whatever thread. Everything that
// answers goes through here, so every request is counted and logged once.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "internal/judge/metrics/metrics.hpp"
#include "internal/judge/serve/access_log.hpp"
#include "pkg/http/server.hpp"

namespace assay::judge {

// Thread-safe.
std::uint64_t next_access_id();

// Where requests are counted; both are borrowed.
struct Books {
    Metrics& metrics;
    AccessLog& log;
};

class Exchange {
  public:
    // `route` is the pattern, empty for an unknown path.
    Exchange(const Books& books, const http::Request& request, std::string_view route);

    // Answered by others: with this, before it ran.
    void refused(const http::Response& response);
    // Sends the response, counted before and logged behind it. Thread-safe. Once.
    void answer(const http::Responder& responder, http::Response response,
                std::string verdicts = {}, std::string error = {});

    // The client went away: what is answered now is logged as 499, as by nginx.
    void abandon() { abandoned_ = true; }

    // The connection became another protocol's (101).
    void upgraded();

    Metrics& metrics() const { return books_.metrics; }
    // What is known of it so far; for the lines of requests that come over an upgraded connection.
    const Access& access() const { return access_; }

  private:
    void count(const http::Response& response);
    void count(int code, std::uint64_t response_bytes);

    Books books_;
    Access access_;
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
    std::atomic<bool> abandoned_{false};
};

// The connection of a WebSocket's opening request; none when it was refused, which is answered
// then, or when the client is gone.
std::optional<http::TakenOver> take_over(const http::Request& request,
                                         const http::Responder& responder, Exchange& exchange);

// `text` is the body as it is.
http::Response json_response(int status, std::string text);
http::Response empty_response(int status);

}  // namespace assay::judge
