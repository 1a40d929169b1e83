// One client's socket: bytes to commands, replies to bytes.
//
// Belongs to the IoLoop that owns it. What it reads is parsed into batches, a batch is executed
// under the engine's lock, and what came of it is sent when the lock is free again. Commands behind
// one that blocks are kept and go on when the session is woken.
//
// Other threads reach it through Outlet alone, and only while they hold the engine's lock.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "internal/redis/engine/engine.hpp"
#include "internal/redis/engine/session.hpp"
#include "pkg/posix/unique_fd.hpp"
#include "pkg/resp/request_parser.hpp"

namespace assay::redis {

class IoLoop;

// Where a client comes from.
struct Peer {
    std::string address;  // "127.0.0.1:41234", "/run/redis.sock:0"
    std::string local_address;
    bool is_local = true;
};

class Connection final : public Outlet {
  public:
    Connection(IoLoop& loop, posix::UniqueFd socket, std::uint64_t id, const Peer& peer);
    ~Connection() override;

    Session& session() { return session_; }
    int descriptor() const { return socket_.get(); }

    // The socket can be read, or written. False: the connection is over.
    bool read();
    bool write();
    // Somebody woke the session.
    bool resume();

    void wake() override;
    void close(Close when) override;

    bool wants_to_write() const { return waits_to_write_; }

  private:
    bool run_commands();
    bool run_kept();
    void keep_rest(std::size_t first);
    bool send();

    IoLoop& loop_;
    posix::UniqueFd socket_;
    Session session_;
    resp::RequestParser parser_;
    std::deque<KeptWords> kept_;  // parsed, but behind a command that blocks
    std::uint64_t unreported_in_ = 0;
    std::uint64_t unreported_out_ = 0;
    bool waits_to_write_ = false;
    bool ends_after_output_ = false;
    bool ends_now_ = false;
};

}  // namespace assay::redis
