// What a connection has yet to write: texts and stretches of a file, in order.
//
// Writes as much as the socket takes, text by send(2), files by sendfile(2). One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pkg/http/message.hpp"

namespace assay::http {

class Outgoing {
  public:
    void push(std::string text);
    // One file at a time.
    void push(FileBody file);
    bool empty() const { return next_ == stretches_.size(); }

    enum class Progress {
        kDone,
        kBlocked,  // or enough for one turn of the loop (kMaxTurnBytes)
        kFailed,   // the peer is gone, or the file has become shorter
    };
    Progress write_to(int socket);
    void clear();

    // Long enough to be cheap, short enough that other connections do not wait.
    static constexpr std::size_t kMaxTurnBytes = 1u << 20;

  private:
    struct Stretch {
        std::string text;  // empty: of the file
        std::uint64_t offset = 0;
        std::uint64_t length = 0;
    };
    Progress write_one(int socket, Stretch& stretch, bool more, std::size_t& budget);

    std::vector<Stretch> stretches_;
    std::size_t next_ = 0;
    posix::UniqueFd file_;
};

}  // namespace assay::http
