#include "internal/redis/engine/channels.hpp"

#include "internal/redis/text/glob.hpp"

namespace assay::redis {

std::set<std::string, std::less<>>& Channels::names_of(Session& session, Kind kind) {
    switch (kind) {
        case Kind::channel:
            return session.channels;
        case Kind::pattern:
            return session.patterns;
        case Kind::shard:
            break;
    }
    return session.shard_channels;
}

bool Channels::subscribe(Session& session, Kind kind, std::string_view name) {
    if (!names_of(session, kind).emplace(name).second) return false;
    Map& map = map_of(kind);
    auto found = map.find(name);
    if (found == map.end()) found = map.emplace(name, SessionLine{}).first;
    return found->second.join(session);
}

bool Channels::unsubscribe(Session& session, Kind kind, std::string_view name) {
    auto& own = names_of(session, kind);
    const auto noted = own.find(name);
    if (noted == own.end()) return false;
    Map& map = map_of(kind);
    const auto found = map.find(name);
    found->second.leave(session);
    if (found->second.empty()) map.erase(found);
    own.erase(noted);  // last: `name` may be its text
    return true;
}

void Channels::leave(Session& session) {
    for (const Kind kind : {Kind::channel, Kind::pattern, Kind::shard}) {
        auto& own = names_of(session, kind);
        while (!own.empty()) unsubscribe(session, kind, *own.begin());
    }
}

std::size_t Channels::publish(std::string_view channel, Kind kind, const Deliver& deliver) const {
    std::size_t receivers = 0;
    const Map& map = map_of(kind);
    if (const auto found = map.find(channel); found != map.end()) {
        for (Session* session : found->second) deliver(*session, {});
        receivers += found->second.size();
    }
    if (kind == Kind::shard) return receivers;
    for (const auto& [pattern, line] : map_of(Kind::pattern)) {
        if (!matches_glob(pattern, channel)) continue;
        for (Session* session : line) deliver(*session, pattern);
        receivers += line.size();
    }
    return receivers;
}

std::vector<std::string> Channels::names(Kind kind, std::string_view pattern) const {
    std::vector<std::string> found;
    for (const auto& [name, line] : map_of(kind)) {
        if (pattern.empty() || matches_glob(pattern, name)) found.push_back(name);
    }
    return found;
}

std::size_t Channels::subscribers(Kind kind, std::string_view name) const {
    const auto found = map_of(kind).find(name);
    return found == map_of(kind).end() ? 0 : found->second.size();
}

}  // namespace assay::redis
