// One group for several runs, on the cgroups of this host. Without any it says "skipped".
#include "pkg/cgroup/reusable_group.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <functional>

#include "pkg/cgroup/cgroup.hpp"

namespace assay::cgroup {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

// Runs work in the group, in a child process; its status as of waitpid(2).
int run_in(const ReusableGroup& group, const std::function<int()>& work) {
    const pid_t child = ::fork();
    if (child == 0) {
        for (const int fd : group.join_descriptors()) {
            if (::write(fd, "0", 1) != 1) ::_exit(99);
        }
        ::_exit(work());
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return status;
}

int touch(std::size_t bytes) {
    void* const memory =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return 98;
    std::memset(memory, 1, bytes);
    return 0;
}

int burn(std::chrono::nanoseconds cpu) {
    timespec now{};
    do {
        ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    } while (std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec) < cpu);
    return 0;
}

std::optional<Hierarchy> usable_hierarchy() {
    auto hierarchy = Hierarchy::discover();
    REQUIRE(hierarchy.has_value());
    const bool usable = hierarchy->has(Controller::kMemory) && hierarchy->has(Controller::kPids) &&
                        hierarchy->has(Controller::kCpuacct);
    if (usable) return *std::move(hierarchy);
    std::printf("skipped: no usable cgroups %s\n", hierarchy->why_not().c_str());
    return std::nullopt;
}

std::size_t directories_in(const std::string& path) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
        if (entry.is_directory()) ++count;
    }
    return count;
}

TEST_CASE("reusable group: the figures of a run are its own", "[cgroup]") {
    const auto hierarchy = usable_hierarchy();
    if (!hierarchy) return;
    auto group = ReusableGroup::create(*hierarchy, "");
    REQUIRE(group.has_value());
    REQUIRE(group->limit({.memory_bytes = 200 * kMiB, .processes = 10}).has_value());
    CHECK(run_in(*group, [] { return burn(std::chrono::milliseconds(40)) + touch(50 * kMiB); }) ==
          0);
    const Usage first = group->usage();
    CHECK(first.cpu.value() >= std::chrono::milliseconds(40));
    if (first.memory_peak_bytes) CHECK(*first.memory_peak_bytes >= 50 * kMiB);

    REQUIRE(group->renew().has_value());
    REQUIRE(group->limit({.memory_bytes = 200 * kMiB, .processes = 10}).has_value());
    CHECK(group->cpu_time().value() < std::chrono::milliseconds(40));
    CHECK(run_in(*group, [] { return touch(4 * kMiB); }) == 0);
    const Usage second = group->usage();
    CHECK(second.cpu.value() < first.cpu.value());
    if (second.memory_peak_bytes) CHECK(*second.memory_peak_bytes < 50 * kMiB);
}

TEST_CASE("reusable group: each run has its own limits", "[cgroup]") {
    const auto hierarchy = usable_hierarchy();
    if (!hierarchy) return;
    auto group = ReusableGroup::create(*hierarchy, "");
    REQUIRE(group.has_value());
    const auto forks = [] { return ::fork() < 0 ? 1 : 0; };
    const auto uses = [] { return touch(64 * kMiB); };

    REQUIRE(group->limit({.memory_bytes = 8 * kMiB, .processes = 0}).has_value());
    CHECK(WEXITSTATUS(run_in(*group, forks)) == 1);
    CHECK(WTERMSIG(run_in(*group, uses)) == SIGKILL);

    REQUIRE(group->renew().has_value());
    REQUIRE(group->limit({.memory_bytes = 256 * kMiB}).has_value());
    CHECK(run_in(*group, forks) == 0);
    CHECK(run_in(*group, uses) == 0);
}

TEST_CASE("reusable group: a limit can go up and down from run to run", "[cgroup]") {
    const auto hierarchy = usable_hierarchy();
    if (!hierarchy) return;
    auto group = ReusableGroup::create(*hierarchy, "");
    REQUIRE(group.has_value());
    const auto uses_24_mib = [] { return touch(24 * kMiB); };
    // 64 KiB: less than a run may leave behind, and than a process needs to begin.
    const std::optional<std::uint64_t> limits[] = {8 * kMiB,   64 * kMiB, 16 * kMiB,    16 * kMiB,
                                                   128 * kMiB, kMiB / 16, std::nullopt, 8 * kMiB};
    for (const auto& limit : limits) {
        INFO("limit " << limit.value_or(0));
        REQUIRE(group->limit({.memory_bytes = limit, .processes = 4}).has_value());
        const int status = run_in(*group, uses_24_mib);
        CHECK((status == 0) == (!limit || *limit > 24 * kMiB));
        REQUIRE(group->renew().has_value());
    }
}

TEST_CASE("reusable group: no run adds much to the figures of the next", "[cgroup]") {
    const auto hierarchy = usable_hierarchy();
    if (!hierarchy) return;
    auto group = ReusableGroup::create(*hierarchy, "");
    REQUIRE(group.has_value());
    for (int i = 0; i < 40; ++i) {
        REQUIRE(group->limit({.memory_bytes = 100 * kMiB, .processes = 4}).has_value());
        CHECK(run_in(*group, [] { return touch(16 * kMiB); }) == 0);
        const Usage usage = group->usage();
        if (usage.memory_peak_bytes) {
            CHECK(*usage.memory_peak_bytes >= 16 * kMiB);
            CHECK(*usage.memory_peak_bytes <= 18 * kMiB);
        }
        if (usage.processes_peak) CHECK(*usage.processes_peak == 1);
        REQUIRE(group->renew().has_value());
        CHECK(group->cpu_time().value() == std::chrono::nanoseconds(0));
    }
}

TEST_CASE("reusable group: a peak of processes is one run's alone", "[cgroup]") {
    const auto hierarchy = usable_hierarchy();
    if (!hierarchy) return;
    auto group = ReusableGroup::create(*hierarchy, "");
    REQUIRE(group.has_value());
    const auto forks = [] {
        const pid_t child = ::fork();
        if (child == 0) ::_exit(0);
        return child > 0 && ::waitpid(child, nullptr, 0) == child ? 0 : 1;
    };
    CHECK(run_in(*group, forks) == 0);
    const Usage first = group->usage();
    if (first.processes_peak) CHECK(*first.processes_peak == 2);
    REQUIRE(group->renew().has_value());
    CHECK(run_in(*group, [] { return 0; }) == 0);
    const Usage second = group->usage();
    if (second.processes_peak) CHECK(*second.processes_peak == 1);
}

TEST_CASE("reusable group: leaves no directory", "[cgroup]") {
    const auto hierarchy = usable_hierarchy();
    if (!hierarchy) return;
    const std::size_t before = directories_in(hierarchy->directory());
    {
        auto group = ReusableGroup::create(*hierarchy, "");
        REQUIRE(group.has_value());
        CHECK(run_in(*group, [] { return 0; }) == 0);
        REQUIRE(group->renew().has_value());
    }
    // The directory that proved the hierarchy was the group's first.
    CHECK(directories_in(hierarchy->directory()) < before);
}

}  // namespace
}  // namespace assay::cgroup
