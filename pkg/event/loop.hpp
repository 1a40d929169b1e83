// The event loop: one thread that waits for descriptors, timers and posted work.
//
// A Loop is one Asio io_context with a concurrency hint of 1: everything that belongs to it runs on
// the thread inside run(), so sessions need neither locks nor strands. Other threads reach it by
// post() alone. Rejected: a pool of threads on one io_context (every session would need a strand,
// and a judge's work is in its slots, not in its sockets).
//
// post(), stop() and is_current() are thread-safe, all else belongs to the loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <utility>

namespace assay::event {

class Loop {
  public:
    Loop() = default;
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    ~Loop() = default;

    // Runs until stop(), or until nothing is left that could happen.
    void run();
    // run() returns after the piece of work at hand; what waits is dropped with the loop.
    void stop() { context_.stop(); }

    // Runs `work`, which may be move-only, on the loop's thread, never inside post().
    template <class Work>
    void post(Work&& work) {
        boost::asio::post(context_, std::forward<Work>(work));
    }

    bool is_current() const { return context_.get_executor().running_in_this_thread(); }
    boost::asio::io_context& context() { return context_; }

  private:
    // get_executor() is not const though it changes nothing.
    mutable boost::asio::io_context context_{1};
};

}  // namespace assay::event
