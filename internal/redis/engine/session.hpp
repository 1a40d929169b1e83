// What the server knows of one client, whatever it is connected by.
//
// A session is data: the engine and the handlers read and change it while they hold the engine's
// lock. It belongs to a connection (internal/redis/server), which gives it words and sends what was
// written into its buffers; tests own sessions without any socket.
//
// Replies go to two places. `out` is written by the thread that executes the session's own
// commands. What others have for it (messages, the answer to a blocking command) goes to `mail`,
// and the connection is woken through its Outlet; it moves the mail behind `out` when it next holds
// the lock. So no buffer is ever written by two threads, and nobody sends while holding the lock.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/resp/output_buffer.hpp"
#include "pkg/resp/reply_writer.hpp"

namespace assay::redis {

struct KnownCommand;
using Words = std::span<const std::string_view>;

// A command line that outlives the buffer it came in.
class KeptWords {
  public:
    KeptWords() = default;
    explicit KeptWords(Words words) : texts_(words.begin(), words.end()) {
        views_.assign(texts_.begin(), texts_.end());
    }
    KeptWords(KeptWords&&) noexcept = default;
    KeptWords& operator=(KeptWords&&) noexcept = default;

    Words words() const { return views_; }
    std::size_t bytes() const;

  private:
    std::vector<std::string> texts_;
    std::vector<std::string_view> views_;
};

// The way to the thread that owns a session's connection. Called under the engine's lock, from any
// thread; both are cheap and do nothing but post.
class Outlet {
  public:
    Outlet() = default;
    Outlet(const Outlet&) = delete;
    Outlet& operator=(const Outlet&) = delete;
    virtual ~Outlet() = default;

    // There is mail, or the session is no longer blocked or paused.
    virtual void wake() = 0;
    // The connection must end: at once, or when what is written has been sent.
    enum class Close : std::uint8_t { now, after_output };
    virtual void close(Close when) = 0;
};

// A command that MULTI has put off.
struct QueuedCommand {
    KnownCommand* command = nullptr;
    KeptWords words;
};

struct Transaction {
    bool open = false;
    bool refused = false;       // a queued command was wrong: EXEC answers EXECABORT
    bool watch_broken = false;  // a watched key has changed: EXEC does nothing
    std::vector<QueuedCommand> queue;
};

struct WatchedKey {
    std::size_t database = 0;
    std::string key;
};

// What a blocked session waits for. The command is run again when one of its keys may serve it.
struct Wait {
    enum class Kind : std::uint8_t { list, sorted_set, stream, replicas, paused };
    Kind kind = Kind::list;
    KnownCommand* command = nullptr;
    KeptWords words;
    std::size_t database = 0;
    std::vector<std::string> keys;
    bool on_removal = false;  // also when a key goes or is no longer of the kind: XREADGROUP
    std::optional<std::chrono::steady_clock::time_point> deadline;
    std::chrono::steady_clock::time_point since;
};

enum class ReplyMode : std::uint8_t { on, off, skip_next, skip };

struct Session {
    Session(std::uint64_t number, Outlet& way) : id(number), outlet(way) {}
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    bool in_channels() const {
        return !channels.empty() || !patterns.empty() || !shard_channels.empty();
    }
    bool resp3() const { return protocol == resp::Protocol::kResp3; }

    const std::uint64_t id;
    Outlet& outlet;

    // Who it is.
    std::string name;
    std::string library_name;
    std::string library_version;
    std::string user = "default";
    std::string address;        // "127.0.0.1:6379", a path and ":0" for unix sockets
    std::string local_address;  // the same of the server's side
    int descriptor = -1;
    bool is_local = true;  // a unix socket or a loopback address
    std::chrono::system_clock::time_point connected_at;
    std::chrono::steady_clock::time_point last_active;

    // How it speaks.
    resp::Protocol protocol = resp::Protocol::kResp2;
    ReplyMode reply_mode = ReplyMode::on;
    bool authenticated = true;
    std::size_t database = 0;

    // What it is doing.
    Transaction transaction;
    std::vector<WatchedKey> watched;
    std::optional<Wait> wait;
    std::set<std::string, std::less<>> channels;
    std::set<std::string, std::less<>> patterns;
    std::set<std::string, std::less<>> shard_channels;
    const KnownCommand* last_command = nullptr;
    bool is_monitor = false;
    bool no_evict = false;
    bool no_touch = false;
    bool closing = false;

    resp::OutputBuffer out;
    resp::OutputBuffer mail;
    std::optional<std::chrono::steady_clock::time_point> above_soft_limit_since;
    std::size_t query_bytes = 0;  // of incomplete commands, as the connection last said
    std::uint64_t commands = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
};

}  // namespace assay::redis
