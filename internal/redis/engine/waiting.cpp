#include "internal/redis/engine/waiting.hpp"

#include <algorithm>

namespace assay::redis {

void Waiting::add(Session& session) {
    const Wait& wait = *session.wait;
    for (const std::string& key : wait.keys) {
        lines_[{wait.database, key}].join(session);  // BLPOP a a waits once
    }
    if (!wait.keys.empty()) ++keyed_;
    if (wait.deadline) deadlines_.emplace(*wait.deadline, &session);
    ++sessions_;
}

void Waiting::remove(Session& session) {
    const Wait& wait = *session.wait;
    for (const std::string& key : wait.keys) {
        const auto found = lines_.find({wait.database, key});
        if (found == lines_.end()) continue;
        found->second.leave(session);
        if (found->second.empty()) lines_.erase(found);
    }
    if (!wait.keys.empty()) --keyed_;
    if (wait.deadline) {
        auto [at, end] = deadlines_.equal_range(*wait.deadline);
        while (at != end && at->second != &session) ++at;
        if (at != end) deadlines_.erase(at);
    }
    --sessions_;
    session.wait.reset();
}

void Waiting::mark_known(std::size_t database, std::string_view key) {
    Place place(database, key);
    if (lines_.find(place) == lines_.end()) return;
    if (std::find(marked_.begin(), marked_.end(), place) != marked_.end()) return;
    marked_.push_back(std::move(place));
}

void Waiting::mark_database(std::size_t database) {
    for (const auto& [place, line] : lines_) {
        if (place.first == database) mark_known(database, place.second);
    }
}

std::vector<Waiting::Place> Waiting::take_marked() {
    return std::exchange(marked_, {});
}

std::vector<Session*> Waiting::waiters(const Place& place) const {
    const auto found = lines_.find(place);
    if (found == lines_.end()) return {};
    return {found->second.begin(), found->second.end()};
}

bool Waiting::is_waiting_for(Session& session, const Place& place) const {
    const auto found = lines_.find(place);
    return found != lines_.end() && found->second.contains(session);
}

std::optional<Waiting::Time> Waiting::next_deadline() const {
    if (deadlines_.empty()) return std::nullopt;
    return deadlines_.begin()->first;
}

Session* Waiting::late(Time now) const {
    if (deadlines_.empty() || deadlines_.begin()->first > now) return nullptr;
    return deadlines_.begin()->second;
}

}  // namespace assay::redis
