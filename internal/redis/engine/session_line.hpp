// Sessions in the order in which they came, each once; joining and leaving take constant time.
#pragma once

#include <list>
#include <unordered_map>

namespace assay::redis {

struct Session;

class SessionLine {
  public:
    // False when it is in the line, or is not.
    bool join(Session& session) {
        const auto [place, joined] = places_.try_emplace(&session);
        if (joined) place->second = order_.insert(order_.end(), &session);
        return joined;
    }
    bool leave(Session& session) {
        const auto place = places_.find(&session);
        if (place == places_.end()) return false;
        order_.erase(place->second);
        places_.erase(place);
        return true;
    }

    bool contains(Session& session) const { return places_.contains(&session); }
    bool empty() const { return order_.empty(); }
    std::size_t size() const { return places_.size(); }
    auto begin() const { return order_.begin(); }
    auto end() const { return order_.end(); }

  private:
    std::list<Session*> order_;
    std::unordered_map<Session*, std::list<Session*>::iterator> places_;
};

}  // namespace assay::redis
