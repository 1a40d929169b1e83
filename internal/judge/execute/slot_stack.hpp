// The slots that wait for work: the one used last is used first, because its caches are warm.
//
// Slots are made on demand, and so many are kept as the usual work needs: a request of many
// commands does not fill the host with slots for ever. One that is dead, or cannot be proved clean
// after a run, is dropped and counted; the next request that needs it makes another.
//
// Every slot may carry variables for its programs in /.env, which is read once, when it is made.
// Thread-safe.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

#include "internal/judge/metrics/metrics.hpp"
#include "pkg/result/result.hpp"
#include "pkg/sandbox/slot.hpp"

namespace assay::judge {

struct ReadySlot {
    sandbox::Slot slot;
    std::vector<std::string> environment;  // of /.env
};

class SlotStack {
  public:
    // Both are borrowed. No more than most_kept wait.
    SlotStack(sandbox::SlotKeeper& keeper, Metrics& metrics, std::size_t most_kept);

    // Makes slots until so many wait.
    Result<void> fill(std::size_t count);
    Result<ReadySlot> take();
    // After a run: resets the slot and keeps it, ends one that is not needed, drops a broken one.
    void give_back(ReadySlot slot);
    // Instead of give_back() when the slot failed.
    void drop(ReadySlot slot);
    // Ends those that wait.
    void clear();

  private:
    Result<ReadySlot> make();

    sandbox::SlotKeeper& keeper_;
    Metrics& metrics_;
    const std::size_t most_kept_;
    std::mutex mutex_;
    std::vector<ReadySlot> waiting_;
};

// The lines of a /.env: trimmed, without blank ones and those that begin with '#'. A line without
// '=' is an error.
Result<std::vector<std::string>> parse_environment_file(std::string_view text);

}  // namespace assay::judge
