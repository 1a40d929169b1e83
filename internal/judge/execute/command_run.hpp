// One command of a request on one slot, from its files to its result.
//
// The order of calls: prepare(), set_files(), copy_files(), start(); while running(), check() at
// next_check() and end() when event_descriptor() is readable; collect(). A step that fails decides
// the result, and the later ones then do nothing but what the contract still wants of them.
//
// Used by the thread that runs the request. Everything is borrowed but the slot and the files.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "internal/judge/execute/cgroup_pool.hpp"
#include "internal/judge/execute/command_files.hpp"
#include "internal/judge/execute/run_control.hpp"
#include "internal/judge/execute/slot_stack.hpp"
#include "internal/judge/execute/verdict.hpp"
#include "internal/judge/execute/worker_pool.hpp"
#include "internal/judge/model/model.hpp"
#include "internal/judge/store/file_store.hpp"

namespace assay::judge {

// What all runs of a pool share.
struct RunSurroundings {
    const PoolOptions& options;
    SlotStack& slots;
    CgroupPool& cgroups;
    FileStore& store;
    Metrics& metrics;
};

class CommandRun {
  public:
    using Clock = std::chrono::steady_clock;

    CommandRun(const Command& command, std::size_t index, const RunSurroundings& surroundings,
               ReadySlot slot, CachedInputs cached);
    ~CommandRun();  // the slot goes back to the stack, or is dropped
    CommandRun(const CommandRun&) = delete;
    CommandRun& operator=(const CommandRun&) = delete;

    // Opens the descriptors; the error is the answer to the whole request.
    Result<CommandFiles> prepare(RunControl& control, std::size_t descriptors,
                                 const SharedRoom& captures);
    void set_files(CommandFiles files) { files_ = std::move(files); }
    // Ends early when the request is cancelled.
    void copy_files(const RunControl& control);
    // `cpu_set` is the worker's, for a command that has none of its own.
    void start(const std::string& cpu_set);

    bool running() const { return running_; }
    int event_descriptor() const { return slot_.slot.event_descriptor(); }
    CommandFiles& files() { return files_; }
    Clock::time_point next_check() const { return next_check_; }
    // Ends the program when it is over a limit; gives up when it does not end.
    void check(Clock::time_point now);
    void kill();
    // The program has ended, or the slot died: takes its figures.
    void end();

    // answer_room is what the response can still hold, in bytes; it gets less.
    CommandResult collect(std::uint64_t& answer_room);

  private:
    Result<void> execute(const std::string& worker_cpus);
    std::string start_failure(const sandbox::SlotStart& start) const;
    std::vector<sandbox::ResourceLimit> resource_limits() const;
    void fail(std::string why);
    void break_slot(std::string why);
    void measure(const sandbox::ProgramExit& exit);
    void measure_group();
    Clock::time_point clock_end() const;
    void look_again_after(Clock::time_point now, std::chrono::nanoseconds cpu_left,
                          std::chrono::nanoseconds clock_left);

    const Command& command_;
    std::size_t index_;
    const RunSurroundings& surroundings_;
    ReadySlot slot_;
    CachedInputs cached_;
    CommandFiles files_;
    std::optional<PooledCgroup> group_;
    RunFacts facts_;
    CommandResult result_;
    bool files_failed_ = false;  // before the program was started: the result is complete
    bool running_ = false;
    bool slot_broken_ = false;
    Clock::time_point started_;
    Clock::time_point next_check_;
    std::optional<Clock::time_point> killed_;
};

}  // namespace assay::judge
