// Frees large values and whole databases on a thread of its own, so that no command waits for it.
//
// What is given here belongs to nobody else any more: an entry taken out of its table, or a table
// moved out of its database. The thread starts with the first such gift. The queue is bounded: when
// it is full, or there is no thread to be had, the giver frees in place, so memory cannot pile up
// behind a thread that does not keep pace.
//
// All functions may be called by any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>

#include "internal/redis/keyspace/entry.hpp"
#include "internal/redis/table/linear_table.hpp"

namespace assay::redis {

using EntryTable = LinearTable<EntryPolicy>;

class LazyFree {
  public:
    // From how many blocks on freeing is worth handing over.
    static constexpr std::size_t kWorthwhile = 64;

    explicit LazyFree(std::size_t max_queue = 65536) : max_queue_(max_queue) {}
    // Frees what is left.
    ~LazyFree();
    LazyFree(const LazyFree&) = delete;
    LazyFree& operator=(const LazyFree&) = delete;

    // Entries of little effort are freed at once. `entry` is not null.
    void dispose(Entry* entry) noexcept;
    void dispose(EntryTable table) noexcept;

    // Entries given and not yet freed, and entries freed by the thread since the start.
    std::size_t pending() const noexcept { return pending_.load(std::memory_order_relaxed); }
    std::uint64_t freed() const noexcept { return freed_.load(std::memory_order_relaxed); }

    // Returns when nothing is pending.
    void wait();

  private:
    struct Gift {
        Entry* entry = nullptr;
        EntryTable table;

        std::size_t entries() const { return entry != nullptr ? 1 : table.size(); }
    };

    void give(Gift gift) noexcept;
    bool enqueue(Gift& gift) noexcept;
    void work();
    static void free(Gift& gift) noexcept;

    const std::size_t max_queue_;
    std::atomic<std::size_t> pending_{0};
    std::atomic<std::uint64_t> freed_{0};
    std::mutex mutex_;
    std::condition_variable given_;
    std::condition_variable idle_;
    std::deque<Gift> queue_;
    bool is_stopping_ = false;
    std::thread thread_;
};

}  // namespace assay::redis
