#include "pkg/event/signals.hpp"

#include <string>
#include <utility>

namespace assay::event {

Result<void> Signals::watch(std::initializer_list<int> numbers, OnSignal on_signal) {
    for (const int number : numbers) {
        boost::system::error_code error;
        set_.add(number, error);
        if (error) {
            return system_error("cannot watch for signal " + std::to_string(number), error.value());
        }
    }
    on_signal_ = std::move(on_signal);
    wait();
    return {};
}

void Signals::wait() {
    set_.async_wait([this](const boost::system::error_code& error, int number) {
        if (error) return;
        wait();
        on_signal_(number);
    });
}

}  // namespace assay::event
