// Publish and subscribe: who listens to which channel, pattern and shard channel.
//
// A message reaches the subscribers of its channel in the order in which they subscribed, then
// those of each matching pattern, as in Redis. Sessions note what they listen to themselves
// (Session::channels and the like), so leaving costs what a session holds, not what there is.
//
// Guarded by the engine's lock. Sessions leave before they are destroyed.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "internal/redis/engine/session.hpp"
#include "internal/redis/engine/session_line.hpp"

namespace assay::redis {

class Channels {
  public:
    enum class Kind : std::uint8_t { channel, pattern, shard };

    // What the session listens to.
    static std::set<std::string, std::less<>>& names_of(Session& session, Kind kind);

    // False when the session did so already, or did not.
    bool subscribe(Session& session, Kind kind, std::string_view name);
    bool unsubscribe(Session& session, Kind kind, std::string_view name);
    // From everything.
    void leave(Session& session);

    // Calls deliver(Session&, std::string_view pattern) for each receiver, the pattern empty for
    // subscribers of the channel itself; how many there were. Shard channels know no patterns.
    using Deliver = std::function<void(Session&, std::string_view pattern)>;
    std::size_t publish(std::string_view channel, Kind kind, const Deliver& deliver) const;

    // Of channels (or shard channels) with subscribers, those that match; an empty pattern: all.
    std::vector<std::string> names(Kind kind, std::string_view pattern) const;
    std::size_t subscribers(Kind kind, std::string_view name) const;
    std::size_t count(Kind kind) const { return map_of(kind).size(); }

  private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };
    using Map = std::unordered_map<std::string, SessionLine, Hash, std::equal_to<>>;

    Map& map_of(Kind kind) { return maps_[static_cast<std::size_t>(kind)]; }
    const Map& map_of(Kind kind) const { return maps_[static_cast<std::size_t>(kind)]; }

    Map maps_[3];
};

}  // namespace assay::redis
