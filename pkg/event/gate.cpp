#include "pkg/event/gate.hpp"

#include <cassert>

namespace assay::event {

Gate::~Gate() {
    assert(inside_ == 0 && "a gate is destroyed with sessions inside");
}

std::optional<Gate::Pass> Gate::enter() {
    if (closed_) return std::nullopt;
    ++inside_;
    return Pass(*this);
}

void Gate::close(std::chrono::steady_clock::time_point deadline, Done done) {
    assert(!closed_ && "a gate is closed twice");
    closed_ = true;
    done_ = std::move(done);
    timer_.expires_at(inside_ == 0 ? std::chrono::steady_clock::time_point::min() : deadline);
    timer_.async_wait([this](const boost::system::error_code&) { report(); });
}

// The last one out ends the wait early.
void Gate::leave() {
    if (--inside_ == 0 && closed_) timer_.cancel();
}

void Gate::report() {
    const Done done = std::exchange(done_, nullptr);
    if (done) done(inside_);
}

}  // namespace assay::event
