// The status of a command, decided from facts in go-judge's published order.
//
// The order is part of the wire contract: later rules overrule earlier ones, so that a program that
// exits 0 above its time limit exceeded it, and one above its memory limit exceeded that before
// anything else.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "internal/judge/model/model.hpp"

namespace assay::judge {

// What is known about a program that was, or should have been, run.
struct RunFacts {
    std::string failure;               // it could not be started or watched, and why; empty: it ran
    int wait_status = 0;               // as wait(2), when it ran
    bool killed_for_memory = false;    // the kernel did, whatever the figures say
    std::chrono::nanoseconds time{0};  // CPU
    std::chrono::nanoseconds wall{0};
    std::uint64_t memory_bytes = 0;   // peak
    std::uint64_t process_peak = 0;   // 0: unknown
    bool collector_exceeded = false;  // a collector got more than its maximum
    std::string copy_failure;         // another failure to bring files out; empty: none
};

// Fills in status, exit status, error and figures; the files are the caller's.
void decide(const Command& command, const RunFacts& facts, CommandResult& result);

}  // namespace assay::judge
