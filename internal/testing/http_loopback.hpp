// A server on a thread of its own, and a blocking client on the loopback.
//
// For tests only: what cannot happen throws.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "pkg/event/loop.hpp"
#include "pkg/http/server.hpp"
#include "pkg/posix/unique_fd.hpp"

namespace assay::testing {

class ServerThread {
  public:
    explicit ServerThread(http::Handler& handler, const http::Limits& limits = {});
    ~ServerThread();
    ServerThread(const ServerThread&) = delete;
    ServerThread& operator=(const ServerThread&) = delete;

    const net::Endpoint& endpoint() const { return endpoint_; }
    event::Loop& loop() { return loop_; }
    // Of the loop's thread.
    http::Server& server() { return *server_; }
    // Runs `work` on the loop's thread and waits for it.
    void run_there(const std::function<void()>& work);

  private:
    event::Loop loop_;
    std::unique_ptr<http::Server> server_;
    net::Endpoint endpoint_;
    std::thread thread_;
};

class HttpClient {
  public:
    explicit HttpClient(const net::Endpoint& endpoint);

    void send(std::string_view bytes);
    // Sends until the peer takes no more; false then.
    bool try_send(std::string_view bytes);
    // Until `end` was received; what is behind it stays for the next call.
    std::string receive_until(std::string_view end);
    // One response with its body, whose length is known or which has none.
    std::string receive_response();
    std::string receive_all();  // until the end of the stream
    void shut_down();           // its own side
    void reset();               // hangs up with RST
    int descriptor() const { return socket_.get(); }

  private:
    bool receive_more();
    posix::UniqueFd socket_;
    std::string received_;
};

// The part behind the head.
std::string body_of(const std::string& response);
// The value of a field of a response's head, "" when it is not there.
std::string field_of(const std::string& response, std::string_view name);

}  // namespace assay::testing
