// A request from its slots to its response: all commands prepared, started together, and looked
// after in one loop of the calling thread until the last has ended.
//
// No wait is without an end: every program has a clock limit, a killed one has a few seconds to be
// gone, and a slot that dies tells so. A request that is cancelled before its programs start ends
// there, with kCancelledBeforeExecute.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "internal/judge/execute/command_run.hpp"
#include "internal/judge/execute/run_control.hpp"
#include "internal/judge/execute/stream_output.hpp"
#include "internal/judge/model/model.hpp"
#include "pkg/result/result.hpp"

namespace assay::judge {

class RequestRun {
  public:
    // All are borrowed. `waker` is an eventfd that the control wakes this run by.
    RequestRun(const Request& request, const RunSurroundings& surroundings, RunControl& control,
               int waker, std::string cpu_set);
    // Slots are given back, and reset, by the destructor: answer before.
    ~RequestRun();

    // Where streamed output goes; without it a StreamOut is a pipe that nobody reads.
    void stream_to(WorkerPool::OnOutput on_output);
    Response run();

  private:
    Result<void> check_sources() const;
    Result<void> check_descriptors() const;
    Result<void> open_inputs();
    Result<void> take_slots();
    Result<void> prepare_files();
    void copy_files();
    void start();
    void supervise();
    void wait();
    void look_at_programs();
    std::vector<CommandResult> collect();
    bool any_running() const;

    const Request& request_;
    const RunSurroundings& surroundings_;
    RunControl& control_;
    int waker_;
    std::string cpu_set_;
    std::vector<CachedInputs> inputs_;
    std::deque<CommandRun> runs_;
    std::unique_ptr<StreamOutputs> outputs_;
    std::vector<pollfd> events_;
    std::vector<Pump*> pumps_;  // in the order of events_, after those of waker and programs
};

}  // namespace assay::judge
