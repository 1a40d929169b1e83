// The last commands that took long, as SLOWLOG shows them, and the events of LATENCY.
//
// Guarded by the engine's lock.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "internal/redis/engine/session.hpp"

namespace assay::redis {

class SlowLog {
  public:
    struct Entry {
        std::uint64_t id = 0;
        std::int64_t time_s = 0;  // since the epoch
        std::uint64_t duration_us = 0;
        std::vector<std::string> words;  // at most 32, each cut at 128 bytes, and the rest counted
        std::string address;
        std::string name;
    };

    void add(std::int64_t time_s, std::uint64_t duration_us, Words words, const Session& session,
             std::size_t keep);
    void shorten(std::size_t keep);
    void clear() { entries_.clear(); }

    const std::deque<Entry>& entries() const { return entries_; }  // the newest first

  private:
    std::deque<Entry> entries_;
    std::uint64_t next_id_ = 0;
};

class LatencyEvents {
  public:
    static constexpr std::size_t kHistory = 160;

    struct Sample {
        std::int64_t time_s = 0;
        std::uint32_t latency_ms = 0;
    };
    struct Event {
        std::deque<Sample> samples;  // the newest last; one per second, its worst
        std::uint32_t max_ms = 0;
    };

    void add(std::string_view event, std::int64_t time_s, std::uint32_t latency_ms);
    // How many there were: all of them without a name.
    std::size_t reset(std::string_view event);
    std::size_t reset_all();

    const std::map<std::string, Event, std::less<>>& events() const { return events_; }

  private:
    std::map<std::string, Event, std::less<>> events_;
};

}  // namespace assay::redis
