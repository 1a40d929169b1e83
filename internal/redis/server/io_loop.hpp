// A thread that reads, parses, executes and writes for its share of the connections.
//
// epoll(7), level-triggered: one call tells of all sockets that are ready, then one recv(2) and one
// send(2) per turn and connection. Measured against Asio's reactor, which asks each socket once
// more for the end of its data, this is the cheaper way to serve short requests. One receive buffer
// serves all connections of the loop.
//
// adopt(), wake() and stop() may be called by any thread; all else belongs to the loop's own.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "internal/redis/engine/engine.hpp"
#include "internal/redis/server/connection.hpp"
#include "pkg/posix/unique_fd.hpp"
#include "pkg/resp/request_parser.hpp"
#include "pkg/result/result.hpp"

namespace assay::redis {

class IoLoop {
  public:
    static Result<std::unique_ptr<IoLoop>> make(Engine& engine, const resp::RequestLimits& limits);
    ~IoLoop();
    IoLoop(const IoLoop&) = delete;
    IoLoop& operator=(const IoLoop&) = delete;

    // Returns after stop(); connections end with the loop.
    void run();
    void stop();

    // Takes a connected, non-blocking socket.
    void adopt(posix::UniqueFd socket, std::uint64_t id, Peer peer);
    // The connection is to be looked at: its session was woken or is to be closed.
    void wake(std::uint64_t id);

    Engine& engine() { return engine_; }
    const resp::RequestLimits& limits() const { return limits_; }
    std::span<char> scratch() { return {scratch_.get(), kScratchBytes}; }
    resp::RequestBatch& batch() { return batch_; }

  private:
    static constexpr std::size_t kScratchBytes = 64 * 1024;

    struct Arrival {
        posix::UniqueFd socket;
        std::uint64_t id = 0;
        Peer peer;
    };

    IoLoop(Engine& engine, const resp::RequestLimits& limits, posix::UniqueFd epoll,
           posix::UniqueFd doorbell);
    void ring();
    void take_messages();
    void add(Arrival arrival);
    void serve(std::uint64_t id, std::uint32_t events);
    void remove(std::uint64_t id);
    void watch(Connection& connection, std::uint64_t id);

    Engine& engine_;
    const resp::RequestLimits& limits_;
    posix::UniqueFd epoll_;
    posix::UniqueFd doorbell_;
    std::unique_ptr<char[]> scratch_;
    resp::RequestBatch batch_;
    std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;

    std::mutex mutex_;  // guards the three below
    std::vector<Arrival> arrivals_;
    std::vector<std::uint64_t> woken_;
    bool rung_ = false;
    std::atomic<bool> stopping_{false};
};

}  // namespace assay::redis
