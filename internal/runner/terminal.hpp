// The caller's side of a program's pseudo terminal: bytes both ways, window size, end of input.
//
// While one is alive and the caller's stdin is a terminal, that terminal is in raw mode; the
// destructor restores it. Sources: termios(3), pty(7).
#pragma once

#include <termios.h>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>

#include "internal/runner/watcher.hpp"
#include "pkg/posix/unique_fd.hpp"

namespace assay::runner {

class Terminal {
  public:
    // Borrows stdin, stdout and the watcher; owns the master side.
    Terminal(Watcher& watcher, posix::UniqueFd master, int stdin_fd, int stdout_fd);
    ~Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    // Passes on what the program wrote last.
    void drain();

  private:
    // Bytes on their way in one direction: a piece is read when the last one has been given.
    struct Direction {
        int from = -1;
        int to = -1;
        std::array<char, 4096> piece;
        std::size_t held = 0;
    };

    void enter_raw_mode();
    void copy_window_size();
    void watch_window_size();
    void await_input(Direction& direction);
    void await_room(Direction& direction);
    void end_input();

    Watcher& watcher_;
    posix::UniqueFd master_;
    posix::UniqueFd stdin_;
    posix::UniqueFd stdout_;
    posix::UniqueFd master_writer_;
    posix::UniqueFd resize_signal_;
    std::optional<termios> saved_;
    Direction in_;
    Direction out_;
};

}  // namespace assay::runner
