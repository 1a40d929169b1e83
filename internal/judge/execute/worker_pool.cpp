#include "internal/judge/execute/worker_pool.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <exception>
#include <list>
#include <mutex>
#include <thread>
#include <utility>

#include "internal/judge/execute/cgroup_pool.hpp"
#include "internal/judge/execute/cpu_list.hpp"
#include "internal/judge/execute/job.hpp"
#include "internal/judge/execute/pool_thread.hpp"
#include "internal/judge/execute/request_run.hpp"
#include "internal/judge/execute/slot_stack.hpp"

namespace assay::judge {
namespace {

constexpr char kFull[] = "worker queue is full";
constexpr char kShuttingDown[] = "worker is shutting down";

using JobPtr = std::shared_ptr<Job>;
using Waker = std::shared_ptr<posix::UniqueFd>;  // shared, as a thread's work must be copyable

Result<Waker> make_waker() {
    posix::UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!event) return system_error("cannot make an eventfd", errno);
    return std::make_shared<posix::UniqueFd>(std::move(event));
}

// Two for each worker, as most requests of several commands are a solution and its interactor.
std::size_t most_kept(const PoolOptions& options) {
    const std::size_t workers = std::max(options.parallelism, options.cpu_sets.size());
    return 2 * std::max<std::size_t>(workers, 1) + options.pre_fork;
}

}  // namespace

std::uint64_t answer_limit_bytes(const PoolOptions& options) {
    return std::max(options.answer_limit_bytes, options.copy_out_limit_bytes);
}

// Shared with tickets, which may outlive the pool.
struct WorkerPool::State : std::enable_shared_from_this<WorkerPool::State> {
    const PoolOptions options;
    Metrics& metrics;
    SlotStack slots;
    CgroupPool cgroups;
    const RunSurroundings surroundings;

    std::mutex mutex;
    std::condition_variable work;  // something for a worker
    std::condition_variable idle;  // something has ended
    bool closing = false;
    bool over = false;  // workers go
    std::deque<JobPtr> waiting;
    std::vector<JobPtr> running;
    std::vector<std::thread> workers;
    std::list<std::thread> streams;
    std::vector<std::list<std::thread>::iterator> ended_streams;

    State(const PoolOptions& pool_options, sandbox::SlotKeeper& keeper,
          const cgroup::Hierarchy& hierarchy, FileStore& store, Metrics& pool_metrics)
        : options(pool_options),
          metrics(pool_metrics),
          slots(keeper, pool_metrics, most_kept(pool_options)),
          cgroups(hierarchy, options, most_kept(pool_options)),
          surroundings{options, slots, cgroups, store, metrics} {}

    JobPtr make_job(Request request, Done done);
    void dismiss(Job& job);
    void work_until_over(const std::string& cpu_set, int waker);
    void run(const JobPtr& job, const std::string& cpu_set, int waker, OnOutput on_output);
    static Response run_guarded(RequestRun& run);
    void begin(const JobPtr& job);
    void end(const JobPtr& job);
    void count(const Response& response);
    Result<void> start_stream(const JobPtr& job, OnOutput on_output);
    void join_ended_streams();
    Result<void> start_workers();
    void stop_workers();
};

JobPtr WorkerPool::State::make_job(Request request, Done done) {
    return std::make_shared<Job>(std::move(request), std::move(done),
                                 [pool = weak_from_this()](Job& job) {
                                     if (const auto state = pool.lock()) state->dismiss(job);
                                 });
}

// One that runs is woken by its control.
void WorkerPool::State::dismiss(Job& job) {
    JobPtr dismissed;
    {
        const std::lock_guard lock(mutex);
        const auto found =
            std::ranges::find_if(waiting, [&](const JobPtr& each) { return each.get() == &job; });
        if (found == waiting.end()) return;
        dismissed = std::move(*found);
        waiting.erase(found);
        metrics.queued.add(-1);
        begin(dismissed);
    }
    dismissed->refuse(Refusal::kCancelled, kCancelledBeforeExecute);
    end(dismissed);
}

void WorkerPool::State::begin(const JobPtr& job) {
    running.push_back(job);
    metrics.running.add(1);
}

void WorkerPool::State::end(const JobPtr& job) {
    const std::lock_guard lock(mutex);
    std::erase(running, job);
    metrics.running.add(-1);
    idle.notify_all();
}

void WorkerPool::State::count(const Response& response) {
    const bool cancelled = response.refusal == Refusal::kCancelled;
    if (!response.error.empty() && !cancelled) metrics.exec_errors.add();
    for (const CommandResult& result : response.results) metrics.count_result(result);
}

void WorkerPool::State::work_until_over(const std::string& cpu_set, int waker) {
    pin_thread(parse_cpu_list(cpu_set));
    for (;;) {
        std::unique_lock lock(mutex);
        work.wait(lock, [&] { return over || !waiting.empty(); });
        if (waiting.empty()) return;
        const JobPtr job = std::move(waiting.front());
        waiting.pop_front();
        metrics.queued.add(-1);
        begin(job);
        lock.unlock();
        const std::chrono::duration<double> waited =
            std::chrono::steady_clock::now() - job->accepted();
        metrics.queue_wait_seconds.observe(waited.count());
        run(job, cpu_set, waker, nullptr);
        end(job);
    }
}

// Memory may end anywhere; the request is answered all the same.
Response WorkerPool::State::run_guarded(RequestRun& run) {
    try {
        return run.run();
    } catch (const std::exception& error) {
        Response response;
        response.error = std::string("cannot run the request: ") + error.what();
        return response;
    }
}

void WorkerPool::State::run(const JobPtr& job, const std::string& cpu_set, int waker,
                            OnOutput on_output) {
    eventfd_t stale = 0;
    ::eventfd_read(waker, &stale);
    job->control().attach(waker);
    RequestRun request_run(job->request(), surroundings, job->control(), waker, cpu_set);
    if (on_output) request_run.stream_to(std::move(on_output));
    Response response = run_guarded(request_run);
    job->control().detach();
    count(response);
    job->answer(std::move(response));
    // The slots are reset here, when the client has its answer.
}

// Called with the lock held, so that the thread cannot end before it is known.
Result<void> WorkerPool::State::start_stream(const JobPtr& job, OnOutput on_output) {
    ASSAY_TRY(Waker waker, make_waker());
    const auto thread = streams.emplace(streams.end());
    auto stream = [this, job, thread, waker, wanted = std::move(on_output)] {
        run(job, "", waker->get(), wanted);
        {
            const std::lock_guard lock(mutex);
            ended_streams.push_back(thread);
        }
        end(job);
    };
    auto started = start_thread(*thread, std::move(stream));
    if (!started) streams.erase(thread);
    return started;
}

void WorkerPool::State::join_ended_streams() {
    std::vector<std::thread> ended;
    {
        const std::lock_guard lock(mutex);
        for (const auto& thread : std::exchange(ended_streams, {})) {
            ended.push_back(std::move(*thread));
            streams.erase(thread);
        }
    }
    for (std::thread& thread : ended) thread.join();
}

Result<void> WorkerPool::State::start_workers() {
    std::vector<std::string> cpu_sets = options.cpu_sets;
    if (cpu_sets.empty()) cpu_sets.resize(std::max<std::size_t>(options.parallelism, 1));
    for (const std::string& cpu_set : cpu_sets) {
        ASSAY_CHECK(cgroups.add(cpu_set));
        ASSAY_TRY(Waker waker, make_waker());
        std::thread thread;
        ASSAY_CHECK(start_thread(
            thread, [this, cpu_set, waker] { work_until_over(cpu_set, waker->get()); }));
        workers.push_back(std::move(thread));
    }
    return {};
}

void WorkerPool::State::stop_workers() {
    {
        const std::lock_guard lock(mutex);
        over = true;
        work.notify_all();
    }
    for (std::thread& worker : workers) worker.join();
    workers.clear();
}

WorkerPool::WorkerPool() = default;

WorkerPool::~WorkerPool() {
    if (!state_) return;
    drain(std::chrono::steady_clock::now());
    state_->stop_workers();
    state_->slots.clear();
    state_->cgroups.clear();
}

Result<std::unique_ptr<WorkerPool>> WorkerPool::start(const PoolOptions& options,
                                                      sandbox::SlotKeeper& keeper,
                                                      const cgroup::Hierarchy& hierarchy,
                                                      FileStore& store, Metrics& metrics) {
    std::unique_ptr<WorkerPool> pool(new WorkerPool);
    pool->state_ = std::make_shared<State>(options, keeper, hierarchy, store, metrics);
    ASSAY_CHECK(pool->state_->slots.fill(options.pre_fork));
    ASSAY_CHECK(pool->state_->start_workers());
    return pool;
}

std::shared_ptr<Ticket> WorkerPool::submit(Request request, Done done) {
    State& state = *state_;
    const JobPtr job = state.make_job(std::move(request), std::move(done));
    Refusal refusal = Refusal::kNone;
    {
        const std::lock_guard lock(state.mutex);
        if (state.closing) {
            refusal = Refusal::kShuttingDown;
        } else if (state.waiting.size() >= state.options.queue_limit) {
            refusal = Refusal::kQueueFull;
        } else {
            state.waiting.push_back(job);
            state.metrics.queued.add(1);
        }
    }
    if (refusal != Refusal::kNone) {
        state.metrics.exec_errors.add();
        job->refuse(refusal, refusal == Refusal::kQueueFull ? kFull : kShuttingDown);
    } else {
        state.work.notify_one();
    }
    return job;
}

std::shared_ptr<StreamTicket> WorkerPool::submit_stream(Request request, OnOutput on_output,
                                                        Done done) {
    State& state = *state_;
    state.join_ended_streams();
    const JobPtr job = state.make_job(std::move(request), std::move(done));
    Refusal refusal = Refusal::kNone;
    std::string why;
    {
        const std::lock_guard lock(state.mutex);
        if (state.closing) {
            refusal = Refusal::kShuttingDown;
            why = kShuttingDown;
        } else if (const auto started = state.start_stream(job, std::move(on_output)); !started) {
            why = started.error().message;
        } else {
            state.begin(job);
        }
    }
    if (!why.empty()) {
        state.metrics.exec_errors.add();
        job->refuse(refusal, std::move(why));
    }
    return job;
}

void WorkerPool::drain(std::chrono::steady_clock::time_point deadline) {
    State& state = *state_;
    std::deque<JobPtr> unstarted;
    {
        const std::lock_guard lock(state.mutex);
        state.closing = true;
        unstarted.swap(state.waiting);
        state.metrics.queued.add(-static_cast<std::int64_t>(unstarted.size()));
    }
    for (const JobPtr& job : unstarted) job->refuse(Refusal::kCancelled, kCancelledBeforeExecute);
    std::unique_lock lock(state.mutex);
    const auto nothing_runs = [&] { return state.running.empty(); };
    state.idle.wait_until(lock, deadline, nothing_runs);
    for (const JobPtr& job : state.running) job->control().cancel();
    state.idle.wait(lock, nothing_runs);
    lock.unlock();
    state.join_ended_streams();
}

}  // namespace assay::judge
