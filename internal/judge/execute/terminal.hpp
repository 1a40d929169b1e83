// A command's pseudo terminal, seen from our side, and the pumps of typed and streamed input.
//
// Sources: pty(7), ioctl_tty(2): TIOCGPTPEER opens the program's side without a path, so that it
// does not matter where devpts is mounted.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "internal/judge/execute/capture.hpp"
#include "internal/judge/execute/pump.hpp"
#include "internal/judge/execute/run_control.hpp"
#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"

namespace assay::judge {

struct Terminal {
    posix::UniqueFd master;  // non-blocking
    posix::UniqueFd slave;
};
Result<Terminal> open_terminal();

// Reads a terminal until the program's side is closed everywhere.
class TerminalDrain : public Pump {
  public:
    // Without a capture the output is dropped.
    TerminalDrain(posix::UniqueFd master, std::shared_ptr<Capture> capture);
    pollfd interest() const override { return {master_.get(), POLLIN, 0}; }
    void advance() override;
    void finish() override;

  private:
    bool take();
    posix::UniqueFd master_;
    std::shared_ptr<Capture> capture_;
};

// Types a text into a terminal, which stays open: it has no end of file.
class TerminalFeed : public Pump {
  public:
    TerminalFeed(posix::UniqueFd master, std::string text);
    pollfd interest() const override;
    void advance() override;

  private:
    posix::UniqueFd master_;
    std::string text_;
};

// Passes on what the client streams into a pipe or a terminal, until the end of the run.
class StreamFeed : public Pump {
  public:
    StreamFeed(posix::UniqueFd to, RunControl& control, std::size_t index, std::size_t fd);
    pollfd interest() const override;
    void advance() override;

  private:
    posix::UniqueFd to_;
    RunControl& control_;
    std::size_t index_;
    std::size_t fd_;
    std::string held_;
};

}  // namespace assay::judge
