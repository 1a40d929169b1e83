// What a run amounts to: the facts, and the verdict that follows from them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::runner {

// In the order in which one beats another when several are true (kInternal first).
enum class Verdict { kInternal, kMemory, kTime, kWall, kOutput, kSyscall, kSignal, kNonzero, kOk };

// "internal" "memory" "time" "wall" "output" "syscall" "signal" "nonzero" "ok": the words of the
// reports.
std::string_view word(Verdict verdict);

struct Outcome {
    Verdict verdict = Verdict::kInternal;
    std::optional<int> exit_code;  // of the program, when it exited
    std::optional<int> signal;     // that killed it, when one did
    std::string limit;             // the option whose limit fired ("cpu-limit"), empty if none
    std::string error;             // why it could not run, or a remark that explains the verdict
    int start_error = 0;           // errno of a failed exec (ENOENT -> exit code 127, else 126)

    std::chrono::nanoseconds cpu{0};
    std::chrono::nanoseconds user{0};
    std::chrono::nanoseconds system{0};
    std::chrono::nanoseconds wall{0};
    // The exec. With `wall` it tells which of two programs ended first.
    std::chrono::steady_clock::time_point started;
    std::string cpu_source;  // "cgroup" or "rusage"

    std::uint64_t memory_peak_bytes = 0;
    std::string memory_source;  // "cgroup", "sampled" or "max-rss"
    std::uint64_t max_rss_bytes = 0;
    std::uint64_t oom_kills = 0;

    std::optional<std::uint64_t> processes_peak;
    std::uint64_t leftover_processes = 0;
    std::uint64_t voluntary_switches = 0;
    std::uint64_t involuntary_switches = 0;
    std::optional<std::uint64_t> io_read_bytes;
    std::optional<std::uint64_t> io_written_bytes;
    std::uint64_t output_bytes = 0;  // collected by --output-limit, 0 when not collected

    std::string cgroup = "none";  // "v1" "v2" "none"
    std::vector<std::string>
        weaker_limits;  // one sentence per limit that holds only in part on this host
};

}  // namespace assay::runner
