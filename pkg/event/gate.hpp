// Shutdown as a first-class path: who is inside, no one new, wait for the rest.
//
// Every session of a server holds a Pass of the server's Gate. To stop, the server closes the gate:
// enter() gives no more passes, and the callback comes when the last one has left or the deadline
// has passed, whichever is first. The idea is seastar's gate; the deadline is ours.
//
// Belongs to one loop's thread. The gate outlives its passes.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <utility>

#include "pkg/event/loop.hpp"

namespace assay::event {

class Gate {
  public:
    // The right to be inside; destroying it leaves.
    class Pass {
      public:
        Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
        Pass& operator=(Pass&& other) noexcept {
            std::swap(gate_, other.gate_);
            return *this;
        }
        ~Pass() {
            if (gate_ != nullptr) gate_->leave();
        }

      private:
        friend class Gate;
        explicit Pass(Gate& gate) : gate_(&gate) {}
        Gate* gate_;
    };

    explicit Gate(Loop& loop) : timer_(loop.context()) {}
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;
    ~Gate();  // nobody may be inside

    // Empty once close() was called.
    std::optional<Pass> enter();

    // `done` gets the number of those still inside: 0, unless the deadline came first. It is called
    // once, from the loop and never from inside close(). To be called once.
    using Done = std::function<void(std::size_t left)>;
    void close(std::chrono::steady_clock::time_point deadline, Done done);

    bool closed() const { return closed_; }
    std::size_t inside() const { return inside_; }

  private:
    void leave();
    void report();

    boost::asio::steady_timer timer_;
    Done done_;
    std::size_t inside_ = 0;
    bool closed_ = false;
};

}  // namespace assay::event
