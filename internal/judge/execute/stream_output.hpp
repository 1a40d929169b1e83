// What streamed programs write, on its way to the client, on a thread of its own: a client that
// does not read holds its programs back, but not the one who looks after their limits.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

#include "internal/judge/execute/command_files.hpp"
#include "internal/judge/execute/worker_pool.hpp"
#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"

namespace assay::judge {

class StreamOutputs {
  public:
    static constexpr std::size_t kChunkBytes = 32 * 1024;

    // on_gone is called, from that thread, when the client wants no more; programs are then read
    // on, for nobody.
    StreamOutputs(WorkerPool::OnOutput on_output, std::function<void()> on_gone);
    ~StreamOutputs();

    void add(std::size_t index, std::vector<StreamOutput> outputs);
    Result<void> start();
    // Every program is dead: passes on what is left, and returns when the client has it.
    void finish();

  private:
    struct Source {
        std::size_t index = 0;
        StreamOutput output;
    };
    void run();
    bool take(Source& source);
    void wait() const;

    WorkerPool::OnOutput on_output_;
    std::function<void()> on_gone_;
    bool wanted_ = true;
    std::vector<Source> sources_;
    posix::UniqueFd finishing_;  // an eventfd
    std::thread thread_;
};

}  // namespace assay::judge
