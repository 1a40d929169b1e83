// Figures compared with what is true by construction. A bound is the accuracy that the manual
// promises; the emulated guest, whose clock ticks in somebody else's time, gets more room.
#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cmath>

#include "internal/testing/attack_run.hpp"

namespace assay::testing {
namespace {

constexpr double kMiB = 1 << 20;
constexpr double kTick = 0.004;

double room() {
    return in_guest() ? 0.5 : 0;
}

TEST_CASE("accuracy: a spinner ends within 1.00 and 1.02 s of CPU time", "[accuracy]") {
    const AttackRun run = run_attack({"--cpu-limit", "1s", "--wall-limit", "20s"}, {"spin", "1"});
    INFO(describe(run));
    CHECK(run.verdict() == "time");
    CHECK(run.report.number("cpu_s") > 1.0);
    CHECK(run.report.number("cpu_s") <= 1.02 + room());
}

TEST_CASE("accuracy: more threads overshoot by at most a tick for each CPU", "[accuracy]") {
    if (!have_cgroup()) return;
    const auto cpus = static_cast<double>(::sysconf(_SC_NPROCESSORS_ONLN));
    for (const int threads : {2, 4}) {
        const AttackRun run = run_attack({"--cpu-limit", "1s", "--wall-limit", "20s"},
                                         {"spin", std::to_string(threads)});
        INFO(describe(run));
        CHECK(run.verdict() == "time");
        CHECK(run.report.number("cpu_s") > 1.0);
        CHECK(run.report.number("cpu_s") <= 1.02 + cpus * kTick + room());
    }
}

TEST_CASE("accuracy: fractions of a second are kept", "[accuracy]") {
    const AttackRun run =
        run_attack({"--cpu-limit", "100ms", "--wall-limit", "20s"}, {"spin", "1"});
    INFO(describe(run));
    CHECK(run.verdict() == "time");
    CHECK(run.report.number("cpu_s") > 0.1);
    CHECK(run.report.number("cpu_s") <= 0.12 + room());
}

TEST_CASE("accuracy: thousands of children shorter than a tick are counted within 1 %",
          "[accuracy]") {
    if (!have_cgroup()) return;
    const AttackRun run = run_attack({"--wall-limit", "30s"}, {"short-lived", "2000", "1"});
    INFO(describe(run));
    REQUIRE(run.verdict() == "ok");
    const double truth = static_cast<double>(run.figure("used_ns")) / 1e9;
    CHECK(truth >= 1.0);
    // Emulated, the end of a process costs ten times as much, and its parent never hears of that.
    CHECK(std::fabs(run.report.number("cpu_s") - truth) <= (in_guest() ? 0.06 : 0.01) * truth);
}

TEST_CASE("accuracy: an orphan's CPU time is counted", "[accuracy]") {
    if (!have_cgroup()) return;
    const AttackRun run = run_attack({"--wall-limit", "20s"}, {"daemon-burns", "200"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.report.number("cpu_s") >= 0.2);
    CHECK(run.report.number("cpu_s") <= 0.21 + room());
    CHECK(run.report.text("accuracy.cpu_s.source") != "");
}

TEST_CASE("accuracy: what the program burns is what is reported", "[accuracy]") {
    const AttackRun run = run_attack({"--wall-limit", "20s"}, {"burn", "100"});
    INFO(describe(run));
    CHECK(run.report.number("cpu_s") >= 0.1);
    CHECK(run.report.number("cpu_s") <= 0.105 + room());
}

// A page of every MiB touched would do for the kernel, but all of them make the caller as fat as it
// looks.
class FatCaller {
  public:
    FatCaller()
        : memory_(
              ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
        REQUIRE(memory_ != MAP_FAILED);
        auto* bytes = static_cast<volatile char*>(memory_);
        for (std::size_t i = 0; i < kBytes; i += 4096) bytes[i] = 1;
    }
    ~FatCaller() { ::munmap(memory_, kBytes); }
    FatCaller(const FatCaller&) = delete;
    FatCaller& operator=(const FatCaller&) = delete;

  private:
    static constexpr std::size_t kBytes = std::size_t{256} << 20;
    void* memory_;
};

TEST_CASE("accuracy: 64 MiB touched reads 64 to 65 MiB, whatever the caller's size", "[accuracy]") {
    if (!have_cgroup()) return;
    const auto check = [] {
        const AttackRun run = run_attack({"--wall-limit", "20s"}, {"take", "64"});
        INFO(describe(run));
        CHECK(run.verdict() == "ok");
        CHECK(run.report.number("memory_peak_bytes") >= 64 * kMiB);
        CHECK(run.report.number("memory_peak_bytes") <= 65 * kMiB);
        CHECK(run.report.number("max_rss_bytes") >= 64 * kMiB);
#ifndef __SANITIZE_ADDRESS__
        // The program inherits the init's peak across its exec: ASan's shadow memory is in that.
        CHECK(run.report.number("max_rss_bytes") <= 66 * kMiB);
#endif
    };
    check();
    const FatCaller caller;
    check();
}

TEST_CASE("accuracy: a small program reads small, whatever the caller's size", "[accuracy]") {
    const FatCaller caller;
    const AttackRun run = run_attack({"--wall-limit", "20s"}, {"exit", "0"});
    INFO(describe(run));
    CHECK(run.report.number("memory_peak_bytes") <= 4 * kMiB);
#ifndef __SANITIZE_ADDRESS__
    CHECK(run.report.number("max_rss_bytes") <= 4 * kMiB);
#endif
}

TEST_CASE("accuracy: memory that no process maps is in the figure", "[accuracy]") {
    if (!have_cgroup()) return;
    const Words attacks[] = {
        {"fill-file", "/tmp/fill", "64"}, {"fill-memfd", "64"}, {"fill-sysv", "64"}};
    for (const Words& attack : attacks) {
        const AttackRun run = run_attack({"--wall-limit", "20s"}, attack);
        INFO(describe(run));
        CHECK(run.verdict() == "ok");
        CHECK(run.report.number("memory_peak_bytes") >= 64 * kMiB);
        CHECK(run.report.number("memory_peak_bytes") <= 66 * kMiB);
    }
    const AttackRun pipes = run_attack({"--wall-limit", "20s"}, {"pipes", "16"});
    INFO(describe(pipes));
    CHECK(pipes.report.number("memory_peak_bytes") >= static_cast<double>(pipes.figure("held")));
    CHECK(pipes.report.number("memory_peak_bytes") <=
          static_cast<double>(pipes.figure("held")) + 2 * kMiB);
}

}  // namespace
}  // namespace assay::testing
