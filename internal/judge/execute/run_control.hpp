// What others want of a request that waits or runs: to end it, to type into it, to resize its
// terminals. The side that asks is any thread; the side that runs the request looks when it is
// woken.
//
// Unread input is bounded for the request as a whole: whoever sends must stop and try again.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "internal/judge/execute/worker_pool.hpp"
#include "internal/judge/model/model.hpp"
#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"

namespace assay::judge {

class RunControl {
  public:
    static constexpr std::size_t kMaxUnreadInput = 1u << 20;

    explicit RunControl(const Request& request);

    void cancel();
    bool cancelled() const;
    bool input(std::size_t index, std::size_t fd, std::string bytes);
    Result<void> resize(std::size_t index, std::size_t fd, const StreamTicket::Size& size);

    // For the running side. The waker is an eventfd that becomes readable when there is news; it
    // is borrowed until detach().
    void attach(int waker);
    void detach();
    bool has_input(std::size_t index, std::size_t fd) const;
    std::string take_input(std::size_t index, std::size_t fd);
    // The master side of a command's terminal; a size that was asked for before is set now.
    void attach_terminal(std::size_t index, posix::UniqueFd master);

  private:
    void wake() const;

    mutable std::mutex mutex_;
    int waker_ = -1;
    bool cancelled_ = false;
    std::vector<bool> has_terminal_;                                     // by command
    std::map<std::pair<std::size_t, std::size_t>, std::string> unread_;  // by streamIn
    std::size_t unread_bytes_ = 0;
    std::map<std::size_t, posix::UniqueFd> terminals_;
    std::map<std::size_t, StreamTicket::Size> sizes_;
};

}  // namespace assay::judge
