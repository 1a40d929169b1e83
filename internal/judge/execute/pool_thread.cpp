#include "internal/judge/execute/pool_thread.hpp"

#include <signal.h>

#include <system_error>
#include <utility>

namespace assay::judge {

// A thread begins with the mask of the one that starts it.
Result<void> start_thread(std::thread& thread, std::function<void()> work) {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = 0;
    try {
        thread = std::thread(std::move(work));
    } catch (const std::system_error& error) {
        failed = error.code().value();
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (failed != 0) return system_error("cannot start a thread", failed);
    return {};
}

}  // namespace assay::judge
