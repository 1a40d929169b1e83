#include "internal/redis/keyspace/lazy_free.hpp"

#include <signal.h>

#include <exception>
#include <utility>

namespace assay::redis {
namespace {

// While it lives threads start with all signals blocked: they are for the server's own.
class SignalsBlocked {
  public:
    SignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

  private:
    sigset_t before_{};
};

}  // namespace

LazyFree::~LazyFree() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    given_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void LazyFree::dispose(Entry* entry) noexcept {
    if (entry->effort() < kWorthwhile) {
        Entry::destroy(entry);
        return;
    }
    Gift gift;
    gift.entry = entry;
    give(std::move(gift));
}

void LazyFree::dispose(EntryTable table) noexcept {
    Gift gift;
    gift.table = std::move(table);
    give(std::move(gift));
}

void LazyFree::give(Gift gift) noexcept {
    if (gift.entries() == 0) return;
    if (enqueue(gift)) {
        given_.notify_one();
    } else {
        free(gift);
    }
}

bool LazyFree::enqueue(Gift& gift) noexcept {
    try {
        const std::lock_guard lock(mutex_);
        if (queue_.size() >= max_queue_) return false;
        if (!thread_.joinable()) {
            const SignalsBlocked blocked;
            thread_ = std::thread([this] { work(); });
        }
        const std::size_t entries = gift.entries();
        queue_.push_back(std::move(gift));
        pending_.fetch_add(entries, std::memory_order_relaxed);
        return true;
    } catch (const std::exception&) {
        return false;  // no memory for the queue, or no thread
    }
}

void LazyFree::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        given_.wait(lock, [this] { return is_stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        Gift gift = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        const std::size_t entries = gift.entries();
        free(gift);
        freed_.fetch_add(entries, std::memory_order_relaxed);
        lock.lock();
        pending_.fetch_sub(entries, std::memory_order_relaxed);
        if (queue_.empty()) idle_.notify_all();
    }
}

void LazyFree::free(Gift& gift) noexcept {
    Entry::destroy(std::exchange(gift.entry, nullptr));
    gift.table.clear();
}

void LazyFree::wait() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return pending() == 0; });
}

}  // namespace assay::redis
