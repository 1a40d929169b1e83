// Passes the program's stdout and stderr on, counting, up to a limit on both together.
//
// Each stream is a pipe read here and written to the caller's descriptor in pieces that a ready
// pipe always takes (PIPE_BUF), so the loop never blocks and never holds more than one piece per
// stream: a slow reader slows the program, as it would without us.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>

#include "internal/runner/watcher.hpp"
#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"

namespace assay::runner {

class Collector {
  public:
    // Borrows the descriptors and the watcher. on_limit is called once, when more than the limit
    // came.
    static Result<std::unique_ptr<Collector>> create(Watcher& watcher, int stdout_fd, int stderr_fd,
                                                     std::uint64_t limit,
                                                     std::function<void()> on_limit);
    ~Collector();
    Collector(const Collector&) = delete;
    Collector& operator=(const Collector&) = delete;

    // The program's ends; the caller closes them with release_program_ends() once the program has
    // them.
    int program_stdout() const;
    int program_stderr() const;
    void release_program_ends();

    // Passes on what is left in the pipes; every writer is dead.
    void drain();

    std::uint64_t bytes() const { return bytes_; }
    bool over_limit() const { return bytes_ > limit_; }

  private:
    struct Stream {
        posix::UniqueFd read_end;
        posix::UniqueFd program_end;
        posix::UniqueFd destination;
        bool reading = false;
        std::array<char, 4096> piece;
        std::size_t held = 0;
    };

    Collector(Watcher& watcher, std::uint64_t limit, std::function<void()> on_limit);
    void await_input(Stream& stream);
    void await_room(Stream& stream);
    // False at the end of the stream or when nothing is there.
    bool take_piece(Stream& stream);
    void give_piece(Stream& stream);

    Watcher& watcher_;
    std::uint64_t limit_;
    std::function<void()> on_limit_;
    std::array<Stream, 2> streams_;
    std::uint64_t bytes_ = 0;
};

}  // namespace assay::runner
