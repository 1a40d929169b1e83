// What INFO counts, since the start or CONFIG RESETSTAT. Guarded by the engine's lock.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace assay::redis {

// A rate over the last sixteen looks, ten looks a second: INFO's instantaneous_….
class Rate {
  public:
    void look(std::uint64_t total, std::chrono::steady_clock::time_point now);
    double per_second() const;

  private:
    static constexpr std::size_t kLooks = 16;

    std::array<double, kLooks> rates_{};
    std::size_t next_ = 0;
    std::uint64_t last_total_ = 0;
    std::chrono::steady_clock::time_point last_look_;
};

struct Totals {
    std::uint64_t connections = 0;
    std::uint64_t rejected_connections = 0;
    std::uint64_t commands = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    std::uint64_t expired_keys = 0;
    std::uint64_t expired_fields = 0;
    std::uint64_t evicted_keys = 0;
    std::uint64_t evicted_clients = 0;
    std::uint64_t keyspace_hits = 0;
    std::uint64_t keyspace_misses = 0;
    std::uint64_t error_replies = 0;
    std::uint64_t output_limit_disconnections = 0;
    std::uint64_t query_limit_disconnections = 0;
    std::uint64_t changes = 0;  // of keys, rdb_changes_since_last_save
    std::size_t peak_memory = 0;
    std::map<std::string, std::uint64_t, std::less<>> errors;  // by the reply's first word

    Rate commands_rate;
    Rate in_rate;
    Rate out_rate;

    void count_error(std::string_view reply);
};

}  // namespace assay::redis
