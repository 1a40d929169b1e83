// `assay serve-judge` with a single slot, under attack.
//
// attack() runs a program of testdata/attacks in the slot and then an honest one, `look-around`:
// what that one sees must be, letter by letter, what it saw when the slot was new, the slot must
// not have been replaced, the figures must be its own, and neither the host nor the daemon may hold
// anything that it did not hold before the attack. The destructor stops the daemon and looks once
// more. All of this fails the running test case by itself, so no test can forget to.
//
// Every command gets the attack program, as `attack` in its working directory.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "internal/testing/attack_account.hpp"
#include "internal/testing/daemon.hpp"
#include "internal/testing/host_snapshot.hpp"
#include "internal/testing/judge_client.hpp"
#include "internal/testing/process.hpp"
#include "internal/testing/process_tree.hpp"

namespace assay::testing {

// A result with the attack's own account, its standard output.
struct JudgedRun : AttackAccount, JudgeResult {
    bool accepted() const { return status == "Accepted"; }
    // The message of the file error for NAME; empty when there is none.
    std::string file_error(const std::string& name) const;
    std::string file(const std::string& name) const;  // empty when it was not returned
};
std::string describe(const JudgedRun& run);

class JudgeUnderAttack {
  public:
    // Options beside those that every daemon gets, and NAME=VALUE variables.
    explicit JudgeUnderAttack(const Words& options = {}, const Words& variables = {});
    ~JudgeUnderAttack();
    JudgeUnderAttack(const JudgeUnderAttack&) = delete;
    JudgeUnderAttack& operator=(const JudgeUnderAttack&) = delete;

    // One attack and all that is to be true afterwards.
    JudgedRun attack(const Words& attack, JudgeCommand command = {});
    // `command` as it stands: any program, or none.
    JudgedRun attack_by(const JudgeCommand& command);

    // The same without the honest run and the looks at the host.
    std::vector<JudgedRun> run(std::vector<JudgeCommand> commands,
                               const std::vector<JudgePipe>& pipes = {});
    // Sends them and does not wait.
    HttpExchange begin(std::vector<JudgeCommand> commands);
    std::optional<HttpAnswer> ask(const HttpRequest& request);
    // What attack() does after the attack, for what was done by the members above: an honest run in
    // the same slot; in a new one, after the slot was broken on purpose; in any, after a request of
    // several commands made more slots.
    void check_honest_run();
    void check_honest_run_in_new_slot();
    void check_honest_run_in_any_slot();

    // "none", "v1" or "v2": what the daemon says of itself. have_cgroup() prints "skipped: …".
    std::string cgroup();
    bool have_cgroup();

    Daemon& daemon() { return *daemon_; }
    // Waits for the end of a daemon that was told to.
    Output end_of_daemon();
    // The processes of the slots, as the host sees them.
    std::vector<ProcessFacts> zygotes() const;
    std::vector<ProcessFacts> programs() const;
    // Waits until so many processes run the attack program.
    std::vector<ProcessFacts> await_programs(std::size_t count) const;
    // The most memory that the server itself, not its slots, has had so far.
    std::uint64_t peak_memory_of_daemon() const;

    // Starts a daemon in place of one that has ended, and has an honest run look around.
    void restart();

  private:
    std::string look_around();
    void start();
    void become_idle();
    Words slots() const;
    std::string stored_files();
    void check_sight();
    void check_nothing_left();

    Words options_;
    Words variables_;
    FreshDirectory scratch_;
    HostSnapshot untouched_;
    std::unique_ptr<Daemon> daemon_;
    std::string first_sight_;
    // While nothing runs: the slots, the host, and what the daemon holds.
    Words idle_slots_;
    HostSnapshot idle_;
    std::size_t idle_descriptors_ = 0;
    std::string idle_store_;
};

// For attacks that want to know that they are in a box: must_be_boxed() of attack.h.
std::string own_pid_namespace();

}  // namespace assay::testing
