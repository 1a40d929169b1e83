// Debian's redis-server as the peer that a test compares with.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace assay::resp {

// Whether there is one; if not, says "skipped: …" for the test that asks.
bool has_redis_server();

// A redis-server of its own on a unix socket in a fresh directory, without persistence. It dies
// with the thread that started it. For tests only: what cannot happen throws.
class RedisPeer {
  public:
    // `arguments` are added to its command line. Waits until it answers.
    explicit RedisPeer(const std::vector<std::string>& arguments = {});
    ~RedisPeer();
    RedisPeer(const RedisPeer&) = delete;
    RedisPeer& operator=(const RedisPeer&) = delete;

    // For Client::connect.
    std::string address() const { return directory_ + "/socket"; }

  private:
    void start(const std::vector<std::string>& arguments);
    void await_socket() const;

    std::string directory_;
    pid_t pid_ = -1;
};

}  // namespace assay::resp
