// What has to be moved while programs run: output that is collected, input that is fed, bytes
// relayed from one program to another, a terminal.
//
// A pump waits for one thing at a time, which the loop of the running request polls for. It never
// blocks and never fails: a side that is gone is no longer written to, and what the other side
// still writes is dropped, so that no program is held up or killed by the end of another.
//
// Used by the thread that runs the request.
#pragma once

#include <poll.h>

#include <memory>
#include <string>

#include "internal/judge/execute/capture.hpp"
#include "pkg/posix/unique_fd.hpp"

namespace assay::judge {

class Pump {
  public:
    virtual ~Pump() = default;
    // What it waits for now; a descriptor of -1: nothing.
    virtual pollfd interest() const = 0;
    // That has come.
    virtual void advance() = 0;
    // Every program is dead: takes what is left in the pipes.
    virtual void finish() {}
};

// Reads a pipe to its end, whatever the capture still wants.
class PipeDrain : public Pump {
  public:
    PipeDrain(posix::UniqueFd from, std::shared_ptr<Capture> capture);
    pollfd interest() const override { return {from_.get(), POLLIN, 0}; }
    void advance() override;
    void finish() override;

  private:
    bool take();  // false: nothing there
    posix::UniqueFd from_;
    std::shared_ptr<Capture> capture_;
};

// Writes a text into a pipe and closes it.
class PipeFeed : public Pump {
  public:
    PipeFeed(posix::UniqueFd to, std::string text);
    pollfd interest() const override { return {to_.get(), POLLOUT, 0}; }
    void advance() override;

  private:
    posix::UniqueFd to_;
    std::string text_;
    std::size_t written_ = 0;
};

// Passes on what one program writes to another. While the capture has room, it gets a copy. By
// splice(2) and tee(2) the bytes stay in the kernel; without zero_copy they go through a buffer.
class Relay : public Pump {
  public:
    static constexpr std::size_t kBlockBytes = 64 * 1024;  // a pipe's capacity

    // The capture may be null.
    Relay(posix::UniqueFd from, posix::UniqueFd to, std::shared_ptr<Capture> capture,
          bool zero_copy);
    pollfd interest() const override;
    void advance() override;
    void finish() override;

  private:
    enum class Step { kMoved, kEmpty, kFull };
    Step step();
    Step move();    // splice and tee
    Step copy();    // read and write
    Step drop();    // the reader is gone
    Step stop();    // the writer is gone
    Step failed();  // errno of the last move
    void keep(std::size_t bytes);

    posix::UniqueFd from_;
    posix::UniqueFd to_;
    std::shared_ptr<Capture> capture_;
    bool zero_copy_;
    bool full_ = false;
    std::string held_;  // read and not yet written
};

void make_nonblocking(int fd);

}  // namespace assay::judge
