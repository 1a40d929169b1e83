// Threads of the pool: no signal is theirs, and a broken pipe is an error to them, never an end.
#pragma once

#include <functional>
#include <thread>

#include "pkg/result/result.hpp"

namespace assay::judge {

// Starts a thread; an error where the host has no room for one.
Result<void> start_thread(std::thread& thread, std::function<void()> work);

}  // namespace assay::judge
