// A real redis-server beside a test, to compare bytes and sizes with.
//
// It listens on a Unix socket in a fresh directory and is killed with its owner. For tests only:
// what cannot happen throws.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/posix/unique_fd.hpp"

namespace assay::testing {

class RedisServer {
  public:
    // Prints "skipped: redis-server is not installed" and answers nullopt when that is so.
    static std::optional<RedisServer> start();

    RedisServer(RedisServer&&) = default;
    ~RedisServer();

    // One command. The reply's text: of a string or status its bytes, of a number its digits, of an
    // error "-…", nothing of null. Arrays are flattened, one element a line.
    std::string call(const std::vector<std::string>& arguments);

    // What DUMP has between the type byte and the footer, and the type byte itself.
    struct Dump {
        int type = -1;
        std::string body;
    };
    Dump dump(const std::string& key);

  private:
    RedisServer() = default;
    // Ends the server and removes its directory.
    struct Process;
    struct End {
        void operator()(Process* process) const;
    };
    std::string read_line();
    std::string read_bytes(std::size_t count);
    std::string read_reply();

    std::unique_ptr<Process, End> process_;
    posix::UniqueFd log_;
    posix::UniqueFd socket_;
    std::string received_;
};

// Reads the string at the front of a DUMP body (or the rest of one) and removes it: lengths of
// 6, 14 and 32 bits; LZF is off in the reference server.
std::string take_string(std::string_view& body);
std::size_t take_length(std::string_view& body);

}  // namespace assay::testing
