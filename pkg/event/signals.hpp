// Signals as events of the loop: SIGTERM, SIGINT, SIGHUP.
//
// Owns the disposition of the signals it was given for as long as it lives; the default one is
// restored at the end. Programs that are executed meanwhile start with the default, because a
// handler does not survive execve(2). Rejected: signalfd(2), which needs the signals blocked in
// every thread and would hand that mask on to every program.
//
// Belongs to the loop's thread; it counts as something left to happen, so run() goes on.
#pragma once

#include <boost/asio/signal_set.hpp>
#include <functional>
#include <initializer_list>

#include "pkg/event/loop.hpp"
#include "pkg/result/result.hpp"

namespace assay::event {

class Signals {
  public:
    using OnSignal = std::function<void(int number)>;

    explicit Signals(Loop& loop) : set_(loop.context()) {}

    // Calls back for each signal that arrives, from now on. To be called once.
    Result<void> watch(std::initializer_list<int> numbers, OnSignal on_signal);

  private:
    void wait();

    boost::asio::signal_set set_;
    OnSignal on_signal_;
};

}  // namespace assay::event
