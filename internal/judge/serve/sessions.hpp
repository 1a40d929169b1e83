// The WebSocket sessions that are open, so that the daemon can end them.
//
// Belongs to the loop's thread.
#pragma once

#include <memory>
#include <vector>

namespace assay::judge {

class Session {
  public:
    virtual ~Session() = default;
    // Ends its connection without a closing handshake, and what runs for it.
    virtual void drop() = 0;
};

class Sessions {
  public:
    void add(std::shared_ptr<Session> session) { open_.push_back(std::move(session)); }
    void remove(const Session* session) {
        std::erase_if(open_, [&](const auto& each) { return each.get() == session; });
    }
    // Each one removes itself.
    void drop_all() {
        const auto open = open_;
        for (const auto& session : open) session->drop();
    }
    std::size_t size() const { return open_.size(); }

  private:
    std::vector<std::shared_ptr<Session>> open_;
};

}  // namespace assay::judge
