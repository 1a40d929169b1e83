// A Redis client that blocks, for tests and tools.
//
// One connection, over TCP or a unix socket; every wait ends at a deadline. Replies are whole trees
// (ReplyReader). For load see ReplyScanner: this client is simple, not fast.
//
// Belongs to one thread. After an error the connection is of no further use.
#pragma once

#include <chrono>
#include <deque>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/posix/unique_fd.hpp"
#include "pkg/resp/reply_reader.hpp"
#include "pkg/result/result.hpp"

namespace assay::resp {

// A command as an array of bulk strings, appended to `out`.
void append_command(std::string& out, std::span<const std::string_view> arguments);
void append_command(std::string& out, std::initializer_list<std::string_view> arguments);

class Client {
  public:
    using Duration = std::chrono::milliseconds;
    static constexpr Duration kPatience = std::chrono::seconds(30);

    // "127.0.0.1:6379", "localhost:6379" (all addresses are tried), or a path of a unix socket,
    // which has a slash. `patience` is how long any one call on the client waits.
    static Result<Client> connect(const std::string& address, Duration patience = kPatience);

    // One command, one reply. An error reply is a reply. Pushes that come before it are kept.
    Result<Reply> call(std::initializer_list<std::string_view> arguments);
    Result<Reply> call(std::span<const std::string_view> arguments);
    // The parts of a line that is split at spaces: for fixed commands.
    Result<Reply> call(std::string_view words);

    // Any bytes: several commands at once, or wrong ones.
    Result<void> send(std::string_view bytes);
    // The next reply or push, as it comes from the wire.
    Result<Reply> receive();
    // The next `count` replies; pushes are kept.
    Result<std::vector<Reply>> receive(std::size_t count);
    // All bytes up to the end of the connection.
    Result<std::string> receive_to_end();

    // Pushes that came while replies were awaited, oldest first; the caller empties it.
    std::deque<Reply>& pushes() { return pushes_; }
    // The bytes of the reply that came last; until the next call.
    std::string_view raw() const { return reader_.raw(); }

    int fd() const { return fd_.get(); }
    void close() { fd_.reset(); }

  private:
    using Clock = std::chrono::steady_clock;

    Client(posix::UniqueFd fd, std::string address, Duration patience)
        : fd_(std::move(fd)), address_(std::move(address)), patience_(patience) {}
    Result<void> wait_for(short events, Clock::time_point deadline, std::string_view what);
    // How many bytes came; 0: the end.
    Result<std::size_t> read_some(std::span<char> room, Clock::time_point deadline);
    Result<Reply> receive_until(Clock::time_point deadline);
    Result<Reply> receive_reply(Clock::time_point deadline);

    posix::UniqueFd fd_;
    std::string address_;
    Duration patience_;
    ReplyReader reader_;
    std::deque<Reply> pushes_;
};

}  // namespace assay::resp
