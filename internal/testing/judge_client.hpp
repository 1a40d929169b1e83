// A judge daemon from a client's side: HTTP over a plain socket, commands and results as values.
//
// An exchange has a connection of its own, which the server is asked to close, so that an answer is
// whatever came until then: nothing is shared between exchanges, and one that is dropped is a
// client that went away. What is no HTTP, or does not come within kPatience, throws: for tests
// only. A server that is killed under an exchange is no mistake of the test, so that has a value.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pkg/posix/unique_fd.hpp"

namespace assay::testing {

struct HttpAnswer {
    int code = 0;
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
};

struct HttpRequest {
    std::string method = "GET";
    std::string target = "/";
    std::string body = {};
    std::vector<std::string> headers = {};  // "Name: value", beside those that every request has
};

class HttpExchange {
  public:
    static constexpr std::chrono::seconds kPatience{120};

    // Connects to "HOST:PORT", an IPv4 address, and sends.
    HttpExchange(const std::string& address, const HttpRequest& request);

    // Waits for the whole answer; nothing when the server refused or closed the connection before.
    std::optional<HttpAnswer> answer();

  private:
    posix::UniqueFd socket_;
};

// One command of a POST /run. Limits are such that no honest program meets them on a slow machine.
struct JudgeCommand {
    std::vector<std::string> arguments = {};
    std::vector<std::string> environment = {"PATH=/usr/bin:/bin"};

    // Descriptors 0, 1 and 2.
    std::string input = {};                      // content, unless one of the next three is given
    std::optional<std::string> input_file = {};  // path on the host
    std::optional<std::string> input_id = {};    // in the file store
    bool pipe_in = false;                        // filled by a pipe mapping
    bool pipe_out = false;
    std::string output_name = "stdout";
    std::int64_t output_max_bytes = 1 << 20;  // of stdout and of stderr
    bool collect_by_pipe = false;             // else into files of the working directory
    bool terminal = false;

    std::map<std::string, std::string> copy_in = {};        // path inside -> path on the host
    std::map<std::string, std::string> copy_in_text = {};   // path inside -> content
    std::map<std::string, std::string> copy_in_links = {};  // path inside -> target
    std::vector<std::string> copy_out = {};
    std::vector<std::string> copy_out_cached = {};
    std::uint64_t copy_out_max_bytes = 0;

    std::chrono::milliseconds cpu_limit = std::chrono::seconds(20);
    std::chrono::milliseconds clock_limit = std::chrono::seconds(40);
    std::uint64_t memory_limit_bytes = 256u << 20;
    std::uint64_t process_limit = 50;
    std::uint64_t stack_limit_bytes = 0;
    bool limit_address_space = false;
    std::string cpu_set = {};
};

// What command `from` writes to its descriptor is what command `to` reads from its own.
struct JudgePipe {
    std::pair<int, int> from;  // index, descriptor
    std::pair<int, int> to;
    bool proxy = false;
};

struct JudgeFileError {
    std::string name;
    std::string type;
    std::string message;
};

// Of one command, as the wire has it; what is absent is empty or zero.
struct JudgeResult {
    std::string status;
    int exit_status = 0;
    std::string error;
    std::chrono::nanoseconds time{0};
    std::chrono::nanoseconds run_time{0};
    std::uint64_t memory_bytes = 0;
    std::uint64_t process_peak = 0;
    std::map<std::string, std::string> files;
    std::map<std::string, std::string> file_ids;
    std::vector<JudgeFileError> file_errors;
};

std::string to_json(const std::vector<JudgeCommand>& commands,
                    const std::vector<JudgePipe>& pipes = {});
// Throws when it is no array of results.
std::vector<JudgeResult> results_of(std::string_view text);

}  // namespace assay::testing
