// A pool with real slots for tests: the host's /usr, tmpfs on /w and /tmp, cgroups where there are.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "internal/judge/execute/worker_pool.hpp"
#include "internal/judge/metrics/metrics.hpp"
#include "internal/judge/model/model.hpp"
#include "internal/judge/store/file_store.hpp"
#include "pkg/cgroup/cgroup.hpp"
#include "pkg/sandbox/slot.hpp"

namespace assay::judge {

class PoolFixture {
  public:
    // The mounts come after the usual ones.
    explicit PoolFixture(const PoolOptions& options = {},
                         const std::vector<sandbox::SlotMount>& mounts = {});
    ~PoolFixture();

    // False, with the reason printed, where this host lets nobody make slots.
    bool usable() const { return pool_ != nullptr; }
    bool has_memory_groups() const;
    WorkerPool& pool() { return *pool_; }
    FileStore& store() { return *store_; }
    Metrics& metrics() { return metrics_; }
    pid_t keeper() const { return keeper_->pid(); }

    // Submits and waits.
    Response run(Request request);
    // Of a request with one command; it must have been run.
    CommandResult run(const Command& command);

  private:
    std::string directory_;
    std::unique_ptr<sandbox::SlotKeeper> keeper_;
    std::unique_ptr<cgroup::Hierarchy> hierarchy_;
    std::unique_ptr<FileStore> store_;
    Metrics metrics_;
    std::unique_ptr<WorkerPool> pool_;
};

// A shell script with empty input, collectors stdout and stderr, and limits that it does not meet.
Command shell(const std::string& script);
Request request_of(std::vector<Command> commands);
// The command's descriptor `fd`, others in between are holes.
void put(Command& command, std::size_t fd, DescriptorFile file);

}  // namespace assay::judge
