// Runs jobs to their verdicts: one poll loop over any number of live boxes.
//
// The supervisor owns limits and measurements: it polls CPU time adaptively (it sleeps for the time
// that the program needs at least to reach its limit), kills on wall time, memory events and
// output, relays collected streams, and at the end reads the final figures. The verdict follows
// from those figures alone (verdict.hpp), never from who sent the kill.
//
// One loop, no threads: `run` starts one job, a pair starts two, a folder of cases keeps N in
// flight. Interrupts (TERM, INT, HUP) arrive through a signalfd: all boxes die, wait() returns what
// was learned, interrupted() says which signal. Every job that was started is returned by wait()
// exactly once.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "internal/runner/job.hpp"
#include "internal/runner/outcome.hpp"
#include "pkg/result/result.hpp"

namespace assay::runner {

using JobId = std::size_t;

struct Finished {
    JobId id = 0;
    Outcome outcome;
    std::vector<std::string> traced_syscalls;  // sorted names, with trace_syscalls
};

class Supervisor {
  public:
    // Blocks the signals it handles.
    static Result<Supervisor> create();

    // A job that cannot even be set up is not an error here: wait() returns it with the verdict
    // kInternal and the reason. An error is a usage error in the job itself (a bad --cpu-set, a
    // missing --rootfs).
    Result<JobId> start(const Job& job);

    // Blocks until a job ends. Empty when none is live.
    std::optional<Finished> wait();

    // Kills a live job, which wait() then returns as usual; one that has ended is left alone.
    void stop(JobId id);

    // Calls on_ready with the poll(2) events from inside wait() whenever the descriptor is ready.
    // It must stay open until unwatch(); callbacks may watch and unwatch, their own included.
    void watch(int fd, short events, std::function<void(short)> on_ready);
    void unwatch(int fd);

    // The signal that interrupted, 0 for none.
    int interrupted() const;

    Supervisor(Supervisor&&) noexcept;
    Supervisor& operator=(Supervisor&&) noexcept;
    ~Supervisor();  // kills what is still alive

  private:
    struct State;
    explicit Supervisor(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace assay::runner
