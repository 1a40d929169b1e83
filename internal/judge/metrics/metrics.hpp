// What the judge counts, and its text form for Prometheus.
//
// Every metric of the daemon is a member here, so that one page shows what there is; the parts
// count, the monitor port prints. Atomic and lock-free on the counting side. Names of metrics
// follow go-judge's where it has one. What clients choose (Host, method) is a label only as long as
// there are few of them: else a client could fill the memory with series.
//
// Source: Prometheus exposition formats, text version 0.0.4.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "internal/judge/model/model.hpp"

namespace assay::judge {

class Counter {
  public:
    void add(std::uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

class Gauge {
  public:
    void add(std::int64_t change) { value_.fetch_add(change, std::memory_order_relaxed); }
    std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::int64_t> value_{0};
};

// Counts of observations at or below each bound, as Prometheus wants them.
class Histogram {
  public:
    explicit Histogram(std::vector<double> bounds);
    void observe(double value);

  private:
    friend class MetricsText;
    std::vector<double> bounds_;                      // ascending
    std::vector<std::atomic<std::uint64_t>> counts_;  // one more than bounds
    std::atomic<double> sum_{0};
};

struct Metrics {
    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    // Of runs; called by the executor.
    void count_result(const CommandResult& result);
    Counter exec_errors;              // go_judge_exec_error_count: requests that failed as a whole
    std::deque<Histogram> exec_time;  // by Status, seconds; a deque, as atomics do not move
    std::deque<Histogram> exec_memory;  // by Status, bytes
    std::array<Counter, 14> verdicts;
    Gauge queued;   // go_judge_worker_queue_count
    Gauge running;  // go_judge_worker_running_count
    Histogram queue_wait_seconds;
    Counter slots_made;  // go_judge_environment_count
    Gauge slots_in_use;  // go_judge_environment_current_count
    Counter slots_broken;
    Histogram slot_reset_seconds;

    // Of the file store.
    Histogram file_size_bytes;

    // Of HTTP: gin_requests_total and its companions, by route pattern.
    void count_request(int code, std::string_view method, std::string_view host,
                       std::string_view route, double seconds, std::uint64_t request_bytes,
                       std::uint64_t response_bytes);

    // Figures that are read when the page is asked for.
    struct Now {
        std::uint64_t stored_files = 0;
        std::uint64_t stored_bytes = 0;
        // What the kernel does not tell of a group is empty and left out.
        struct Group {
            std::string type;  // "all", "controller", "containers"
            std::optional<double> cpu_seconds;
            std::optional<std::uint64_t> memory_bytes;
            std::optional<std::uint64_t> memory_max_bytes;
        };
        std::vector<Group> groups;
    };
    std::string text(const Now& now) const;

  private:
    struct RequestCounts;
    std::unique_ptr<RequestCounts> requests_;
};

}  // namespace assay::judge
