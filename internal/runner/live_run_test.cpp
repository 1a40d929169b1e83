#include "internal/runner/live_run.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <sstream>
#include <utility>
#include <vector>

#include "pkg/posix/files.hpp"

namespace assay::runner {
namespace {

// The host's mounts without those of the v1 memory controller.
std::string mounts_without_memory() {
    std::istringstream all(posix::read_file("/proc/self/mountinfo").value());
    std::string kept;
    for (std::string line; std::getline(all, line);) {
        if (!line.ends_with(",memory")) kept += line + "\n";
    }
    return kept;
}

Outcome outcome_of(const Job& job, cgroup::Hierarchy hierarchy) {
    HostGroups groups(std::move(hierarchy));
    Watcher watcher;
    const auto run = LiveRun::start(job, groups, watcher).value();
    while (!run->over()) {
        watcher.poll_once(run->next_check());
        run->tick(LiveRun::Clock::now());
    }
    return run->finish();
}

TEST_CASE("live run: a memory limit without a memory controller is sampled", "[runner][root]") {
    const std::string mounts =
        std::filesystem::temp_directory_path() / ("live_run_test." + std::to_string(::getpid()));
    REQUIRE(posix::write_file(mounts, mounts_without_memory()).has_value());
    auto hierarchy = cgroup::Hierarchy::discover({.mountinfo = mounts});
    std::filesystem::remove(mounts);
    REQUIRE(hierarchy.has_value());
    if (hierarchy->version() != cgroup::Version::kV1 ||
        hierarchy->has(cgroup::Controller::kMemory)) {
        std::puts("skipped: needs v1 with a controller beside memory, and root");
        return;
    }
    Job job;
    job.command = {"sh", "-c", "x=$(head -c 100000000 /dev/zero | tr '\\0' x); sleep 60"};
    job.environment = {"PATH=/usr/bin:/bin"};
    job.limits.memory_bytes = 32u << 20;
    job.limits.wall = std::chrono::seconds(30);
    const Outcome outcome = outcome_of(job, *std::move(hierarchy));
    CHECK(outcome.verdict == Verdict::kMemory);
    CHECK(outcome.limit == "memory-limit");
    CHECK(outcome.memory_source == "sampled");
    REQUIRE(outcome.weaker_limits.size() == 1);
    CHECK(outcome.weaker_limits.front().starts_with("memory-limit is sampled"));
}

// The kernel hands the peak of the process that execs on to what it executes.
TEST_CASE("live run: the runner's own size is not the program's", "[runner]") {
    const std::vector<char> fat(std::size_t{64} << 20, 'x');
    auto nowhere = cgroup::Hierarchy::discover({.mountinfo = "/dev/null"});
    REQUIRE(nowhere.has_value());
    REQUIRE(nowhere->version() == cgroup::Version::kNone);
    Job job;
    job.command = {"true"};
    job.environment = {"PATH=/usr/bin:/bin"};
    job.limits.memory_bytes = 32u << 20;
    const Outcome outcome = outcome_of(job, *std::move(nowhere));
    INFO(outcome.error);
    CHECK(fat.back() == 'x');
    CHECK(outcome.verdict == Verdict::kOk);
    CHECK(outcome.memory_source == "sampled");
}

}  // namespace
}  // namespace assay::runner
