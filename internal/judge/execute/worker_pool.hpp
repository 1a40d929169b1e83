// Requests in, responses out: the queue, the workers, the slots.
//
// N workers (threads) take requests from one queue of 512. A request occupies one worker and as
// many slots as it has commands. Slots wait in a stack, the last used first (its caches are warm);
// they are made on demand, reset after use outside the request's answer time, and replaced when a
// reset cannot prove them clean. Streamed requests run at once, outside the queue, each on a thread
// of its own.
//
// Every member is thread-safe. Callbacks come from the pool's threads, or from inside the call that
// ends a request before it runs, and must not block, except on_output, which holds the program back
// while it does.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "internal/judge/metrics/metrics.hpp"
#include "internal/judge/model/model.hpp"
#include "internal/judge/store/file_store.hpp"
#include "pkg/cgroup/cgroup.hpp"
#include "pkg/result/result.hpp"
#include "pkg/sandbox/slot.hpp"

namespace assay::judge {

struct PoolOptions {
    std::size_t parallelism = 1;
    std::size_t pre_fork = 1;           // slots made at the start
    std::size_t queue_limit = 512;      // requests that wait
    std::vector<std::string> cpu_sets;  // one worker each, in place of parallelism, when not empty
    bool enable_cpu_rate = false;
    std::chrono::nanoseconds cpu_period = std::chrono::milliseconds(100);  // of the CPU rate
    std::uint64_t copy_out_limit_bytes = 256u << 20;
    std::uint64_t output_limit_bytes = 256u << 20;  // RLIMIT_FSIZE
    std::uint64_t extra_memory_bytes = 16u << 10;
    std::uint64_t open_file_limit = 256;
    std::chrono::nanoseconds check_interval = std::chrono::milliseconds(100);  // at most
    // Of the host, where a `src` may lie when its links are resolved; empty: anywhere.
    std::vector<std::string> source_prefixes;
    // Of all texts in one response together: they are in memory. More is a file error.
    std::uint64_t answer_limit_bytes = 256u << 20;
    bool compat_copy_in = false;  // a copyIn target that cannot be opened is left out silently
};

// answer_limit_bytes, or what one file of an answer may have when that is more.
std::uint64_t answer_limit_bytes(const PoolOptions& options);

// The error of a request that was cancelled before its programs were started.
inline constexpr char kCancelledBeforeExecute[] = "request cancelled before execute";

// A request that was accepted. Dropping it changes nothing.
class Ticket {
  public:
    virtual ~Ticket() = default;
    // Waiting: it ends with "request cancelled before execute", from inside this call. Running: it
    // is killed, and ends with its normal response.
    virtual void cancel() = 0;
};

// A streamed request. Input and resizing that name no stream are refused.
class StreamTicket : public Ticket {
  public:
    // False: no streamIn there, or the queue of unread input (1 MiB) is full.
    virtual bool input(std::size_t index, std::size_t fd, std::string bytes) = 0;
    struct Size {
        std::uint16_t rows = 0;
        std::uint16_t columns = 0;
        std::uint16_t x_pixels = 0;
        std::uint16_t y_pixels = 0;
    };
    // An error reads as clients know it: "stream is not a tty".
    virtual Result<void> resize(std::size_t index, std::size_t fd, const Size& size) = 0;
};

class WorkerPool {
  public:
    using Done = std::function<void(Response)>;
    // Up to 32 KiB of what a streamOut descriptor got. False: nobody wants it any more.
    using OnOutput = std::function<bool(std::size_t index, std::size_t fd, std::string_view bytes)>;

    // All are borrowed until the pool is gone. The hierarchy's version may be kNone.
    static Result<std::unique_ptr<WorkerPool>> start(const PoolOptions& options,
                                                     sandbox::SlotKeeper& keeper,
                                                     const cgroup::Hierarchy& hierarchy,
                                                     FileStore& store, Metrics& metrics);

    // `done` is called exactly once, also for "worker queue is full" and "worker is shutting down",
    // then from inside submit().
    std::shared_ptr<Ticket> submit(Request request, Done done);
    std::shared_ptr<StreamTicket> submit_stream(Request request, OnOutput on_output, Done done);

    // No new requests; waiting ones end as cancelled, running ones go on until the deadline and are
    // killed then. Returns when nothing runs.
    void drain(std::chrono::steady_clock::time_point deadline);

    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;
    ~WorkerPool();  // drains at once

  private:
    WorkerPool();
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace assay::judge
