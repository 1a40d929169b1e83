#include "internal/redis/engine/slow_log.hpp"

#include <algorithm>

namespace assay::redis {
namespace {

constexpr std::size_t kMostWords = 32;
constexpr std::size_t kMostBytes = 128;

std::vector<std::string> shortened(Words words) {
    std::vector<std::string> kept;
    const std::size_t count = std::min(words.size(), kMostWords);
    for (std::size_t i = 0; i < count; ++i) {
        if (i + 1 == kMostWords && words.size() > kMostWords) {
            kept.push_back("... (" + std::to_string(words.size() - kMostWords + 1) +
                           " more arguments)");
        } else if (words[i].size() > kMostBytes) {
            kept.push_back(std::string(words[i].substr(0, kMostBytes)) + "... (" +
                           std::to_string(words[i].size() - kMostBytes) + " more bytes)");
        } else {
            kept.emplace_back(words[i]);
        }
    }
    return kept;
}

}  // namespace

void SlowLog::add(std::int64_t time_s, std::uint64_t duration_us, Words words,
                  const Session& session, std::size_t keep) {
    entries_.push_front(
        {next_id_++, time_s, duration_us, shortened(words), session.address, session.name});
    shorten(keep);
}

void SlowLog::shorten(std::size_t keep) {
    if (entries_.size() > keep) entries_.resize(keep);
}

void LatencyEvents::add(std::string_view event, std::int64_t time_s, std::uint32_t latency_ms) {
    auto found = events_.find(event);
    if (found == events_.end()) found = events_.emplace(event, Event{}).first;
    Event& known = found->second;
    known.max_ms = std::max(known.max_ms, latency_ms);
    if (!known.samples.empty() && known.samples.back().time_s == time_s) {
        Sample& last = known.samples.back();
        last.latency_ms = std::max(last.latency_ms, latency_ms);
        return;
    }
    known.samples.push_back({time_s, latency_ms});
    if (known.samples.size() > kHistory) known.samples.pop_front();
}

std::size_t LatencyEvents::reset(std::string_view event) {
    const auto found = events_.find(event);
    if (found == events_.end()) return 0;
    events_.erase(found);
    return 1;
}

std::size_t LatencyEvents::reset_all() {
    const std::size_t count = events_.size();
    events_.clear();
    return count;
}

}  // namespace assay::redis
