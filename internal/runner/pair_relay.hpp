// One direction of a dialogue passed on through us, and the transcript of both.
//
// A relay holds one block at most: it reads only when it holds nothing. What one side closes, the
// relay closes towards the other, at once: the end of input becomes an end of input, a reader that
// went away becomes EPIPE for the writer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "internal/runner/pair_closings.hpp"
#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"

namespace assay::runner {

inline constexpr std::uint64_t kMaxTranscriptBytes = std::uint64_t{64} << 20;

// The dialogue as text. A line from the program begins with "> ", one from the interactor with "<
// ". A line that was interrupted by the other side ends there and goes on in one that begins with
// ">+" or "<+". Lines with
// "# " are remarks. The bytes themselves are kept as they are. After kMaxTranscriptBytes
// it says so and ends.
class Transcript {
  public:
    static Result<Transcript> create(const std::string& path);

    void add(Side from, std::string_view bytes);
    void remark(std::string_view text);

    // Why it is not complete: a failed write or its own limit. Empty when it is complete.
    const std::string& error() const { return error_; }

  private:
    Transcript(posix::UniqueFd file, std::string path);
    void append(std::string_view text);
    void end_line();

    posix::UniqueFd file_;
    std::string path_;
    std::uint64_t written_ = 0;
    std::string error_;
    bool in_line_ = false;  // the last line of the file is open, and is speaker_'s
    Side speaker_ = Side::kProgram;
    std::array<bool, 2> unfinished_ = {};  // the side's last line had no newline yet
};

// The loop's hooks, as Supervisor::watch and unwatch.
struct Watching {
    std::function<void(int fd, short events, std::function<void(short)> on_ready)> watch;
    std::function<void(int fd)> unwatch;
};

class Relay {
  public:
    static constexpr std::size_t kBlockBytes = 64 * 1024;

    // Non-blocking ends of two pipes. The transcript is borrowed and must outlive the relay.
    Relay(Watching loop, posix::UniqueFd from, posix::UniqueFd to, Side side,
          Transcript& transcript);
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    // Begins to relay.
    void start();
    bool over() const { return !from_; }

  private:
    void await_input();
    void await_room();
    void take();
    void give();
    void close();

    Watching loop_;
    posix::UniqueFd from_;
    posix::UniqueFd to_;
    Side side_;
    Transcript& transcript_;
    std::array<char, kBlockBytes> block_;
    std::string_view held_;  // of block_
};

}  // namespace assay::runner
