// A daemon of assay under test: started, awaited until it says that it serves, stopped.
//
// It is killed with the thread that started it (PR_SET_PDEATHSIG), so that a test that is killed
// leaves none.
//
// Its stderr goes to a file, so that a log of any length never blocks it and nobody need read
// along; a pipe would also stay open in whatever it leaves behind, and hide that it has ended. For
// tests only: what cannot happen throws.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "internal/testing/process.hpp"

namespace assay::testing {

class Daemon {
  public:
    // Runs `assay ARGUMENTS…` in `directory` (empty: a fresh one) and waits for its line
    // "listening on …", whose last HOST:PORT is the address. Throws, with its stderr, when it ends
    // before that or stays silent for two minutes.
    explicit Daemon(std::vector<std::string> arguments, std::vector<std::string> variables = {},
                    const std::string& directory = {});
    // A daemon that was not stopped is killed.
    ~Daemon();
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    const std::string& address() const { return address_; }
    pid_t pid() const { return pid_; }
    // What it has written so far.
    std::string err() const;

    void signal(int number) const;
    // Sends the signal and waits for the end. At the deadline it is killed, and the output says
    // timed_out. `out` stays empty: a daemon has no results. A second call returns the first's.
    Output stop(int number = SIGTERM,
                std::chrono::milliseconds deadline = std::chrono::seconds(60));

  private:
    void await_address();
    bool has_ended();

    FreshDirectory fresh_;
    pid_t pid_ = -1;
    std::string address_;
    std::optional<int> status_;  // of waitpid, once it has ended
    std::optional<Output> output_;
};

}  // namespace assay::testing
