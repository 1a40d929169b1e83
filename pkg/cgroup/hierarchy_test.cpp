// What concerns several groups at once, and the files that limits are written to, on the cgroups of
// this host. Without any that can be written every case says "skipped".
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>

#include "pkg/cgroup/cgroup.hpp"
#include "pkg/cgroup/mounts.hpp"
#include "pkg/posix/files.hpp"

namespace assay::cgroup {
namespace {

using std::chrono_literals::operator""ms;

constexpr std::uint64_t kMiB = 1 << 20;
constexpr char kFamily[] = "assay-test";

std::optional<Hierarchy> hierarchy_with(Controller controller) {
    auto hierarchy = Hierarchy::discover({}, kFamily);
    REQUIRE(hierarchy.has_value());
    if (hierarchy->version() != Version::kNone && hierarchy->has(controller)) {
        return *std::move(hierarchy);
    }
    std::printf("skipped: no %s controller: %s\n", std::string(name_of(controller)).c_str(),
                hierarchy->why_not().c_str());
    return std::nullopt;
}

Group create(const Hierarchy& hierarchy, const Limits& limits) {
    auto group = hierarchy.create(limits);
    if (!group) FAIL(to_string(group.error()));
    return *std::move(group);
}

// The directory in which groups have this controller, by the mounts of this process.
std::string place_of(const Hierarchy& hierarchy, Controller controller) {
    if (hierarchy.version() == Version::kV2) return hierarchy.directory();
    const auto mounts = find_mounts(posix::read_file("/proc/self/cgroup").value(),
                                    posix::read_file("/proc/self/mountinfo").value());
    for (const Mount& mount : mounts) {
        if (mount.version == Version::kV1 && mount.controllers.has(controller)) {
            return mount.own_directory;
        }
    }
    return "";
}

// The directory of a group with this controller: the one whose processes a child is among.
std::string directory_of(const Hierarchy& hierarchy, const Group& group, Controller controller) {
    const auto ready = posix::make_pipe().value();
    const pid_t child = ::fork();
    if (child == 0) {
        for (const int fd : group.join_descriptors()) {
            if (::write(fd, "0", 1) != 1) ::_exit(1);
        }
        if (::write(ready.write_end.get(), "x", 1) != 1) ::_exit(1);
        for (;;) ::pause();
    }
    char seen = 0;
    REQUIRE(::read(ready.read_end.get(), &seen, 1) == 1);
    const auto mounts =
        find_mounts(posix::read_file("/proc/" + std::to_string(child) + "/cgroup").value(),
                    posix::read_file("/proc/self/mountinfo").value());
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    for (const Mount& mount : mounts) {
        if (mount.version != hierarchy.version()) continue;
        if (mount.version == Version::kV2 || mount.controllers.has(controller)) {
            return mount.own_directory;
        }
    }
    return "";
}

std::string cpu_limit_of(const Hierarchy& hierarchy, const Limits& limits) {
    const Group group = create(hierarchy, limits);
    const std::string directory = directory_of(hierarchy, group, Controller::kCpu);
    if (hierarchy.version() == Version::kV2) {
        return posix::read_file(directory + "/cpu.max").value();
    }
    std::string quota = posix::read_file(directory + "/cpu.cfs_quota_us").value();
    quota.back() = ' ';
    return quota + posix::read_file(directory + "/cpu.cfs_period_us").value();
}

// A process of the group that uses so much and ends.
void run_in(const Group& group, std::chrono::milliseconds cpu, std::size_t bytes) {
    const pid_t child = ::fork();
    if (child == 0) {
        for (const int fd : group.join_descriptors()) {
            if (::write(fd, "0", 1) != 1) ::_exit(1);
        }
        void* const memory =
            ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) ::_exit(1);
        std::memset(memory, 1, bytes);
        timespec now{};
        do {
            ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        } while (now.tv_sec == 0 && now.tv_nsec < cpu.count() * 1'000'000);
        ::_exit(0);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    REQUIRE(status == 0);
}

}  // namespace

TEST_CASE("limits: a CPU rate is kept in the period that was asked for", "[cgroup][root]") {
    const auto hierarchy = hierarchy_with(Controller::kCpu);
    if (!hierarchy) return;
    CHECK(cpu_limit_of(*hierarchy, {.cpu_rate = 0.5}) == "10000 20000\n");
    CHECK(cpu_limit_of(*hierarchy, {.cpu_rate = 0.5, .cpu_period = 100ms}) == "50000 100000\n");
    CHECK(cpu_limit_of(*hierarchy, {.cpu_rate = 1.5, .cpu_period = 5ms}) == "7500 5000\n");
    // 0.2 ms of the period are less than the kernel takes.
    CHECK(cpu_limit_of(*hierarchy, {.cpu_rate = 0.04, .cpu_period = 5ms}) == "40000 1000000\n");
}

TEST_CASE("sweep: what is left of a group whose first directory is gone", "[cgroup][root]") {
    const auto hierarchy = hierarchy_with(Controller::kPids);
    if (!hierarchy) return;
    const std::string place = place_of(*hierarchy, Controller::kPids);
    if (hierarchy->version() != Version::kV1 || place == hierarchy->directory()) {
        std::puts("skipped: a group is one directory here");
        return;
    }
    const std::string stray = place + "/" + kFamily + "-00000000000000aa";
    REQUIRE(::mkdir(stray.c_str(), 0755) == 0);
    REQUIRE(::mkdir((stray + "/run").c_str(), 0755) == 0);
    const Group group = create(*hierarchy, {});
    // A group whose owner lives and whose first directory is out of sight.
    const posix::UniqueFd owned(::open(stray.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    REQUIRE(::flock(owned.get(), LOCK_EX) == 0);
    struct flock life {};
    life.l_type = F_RDLCK;
    REQUIRE(::fcntl(owned.get(), F_SETLK, &life) == 0);
    CHECK(hierarchy->sweep_strays() == 0);
    CHECK(::access(stray.c_str(), F_OK) == 0);
    REQUIRE(::flock(owned.get(), LOCK_UN) == 0);
    CHECK(hierarchy->sweep() == 0);
    CHECK(hierarchy->sweep_strays() == 1);
    CHECK(::access(stray.c_str(), F_OK) != 0);
    // A group that is whole is none.
    CHECK(::access(directory_of(*hierarchy, group, Controller::kPids).c_str(), F_OK) == 0);
}

TEST_CASE("nested: figures are those of all groups, of gone ones too", "[cgroup][root]") {
    const auto outer = hierarchy_with(Controller::kMemory);
    if (!outer) return;
    CHECK_FALSE(outer->totals(Hierarchy::Part::kGroups).has_value());
    auto hierarchy = outer->nested();
    if (!hierarchy) FAIL(to_string(hierarchy.error()));
    CHECK(hierarchy->version() == outer->version());
    CHECK(hierarchy->directory().starts_with(outer->directory() + "/" + kFamily + "-"));
    const auto figures = [&] { return hierarchy->totals(Hierarchy::Part::kGroups).value(); };
    CHECK(figures().cpu.value() == std::chrono::nanoseconds(0));
    {
        const Group first = create(*hierarchy, {.memory_bytes = 64 * kMiB, .processes = 5});
        run_in(first, 20ms, 24 * kMiB);
    }
    const Group second = create(*hierarchy, {.memory_bytes = 64 * kMiB});
    run_in(second, 30ms, 4 * kMiB);
    CHECK(figures().cpu.value() >= 50ms);
    CHECK(figures().cpu.value() >= second.cpu_time().value());
    if (figures().memory_peak_bytes) {
        CHECK(*figures().memory_peak_bytes >= 24 * kMiB);
        CHECK(*figures().memory_peak_bytes >= figures().memory_bytes.value());
    }
    CHECK(outer->sweep() == 0);
}

TEST_CASE("nested: limits hold, nothing is left", "[cgroup][root]") {
    const auto outer = hierarchy_with(Controller::kMemory);
    if (!outer) return;
    std::string directory;
    {
        auto hierarchy = outer->nested();
        if (!hierarchy) FAIL(to_string(hierarchy.error()));
        directory = hierarchy->directory();
        CHECK(hierarchy->has(Controller::kCpuset) == outer->has(Controller::kCpuset));
        if (hierarchy->has(Controller::kCpu)) {
            CHECK(cpu_limit_of(*hierarchy, {.cpu_rate = 0.5}) == "10000 20000\n");
        }
        if (hierarchy->has(Controller::kCpuset)) {
            const Group group = create(*hierarchy, {.cpu_set = "0"});
            run_in(group, 1ms, 1 * kMiB);
        }
        CHECK(::access(directory.c_str(), F_OK) == 0);
    }
    CHECK(::access(directory.c_str(), F_OK) != 0);
}

TEST_CASE("nested: a sweep takes the groups of an owner that was killed", "[cgroup][root]") {
    const auto hierarchy = hierarchy_with(Controller::kMemory);
    if (!hierarchy) return;
    const auto ready = posix::make_pipe().value();
    const pid_t owner = ::fork();
    if (owner == 0) {
        const auto own = Hierarchy::discover({}, kFamily);
        const auto nested = own->nested();
        const auto group = nested->create({.memory_bytes = 16 * kMiB});
        if (!group || ::write(ready.write_end.get(), "x", 1) != 1) ::_exit(1);
        for (;;) ::pause();
    }
    char seen = 0;
    REQUIRE(::read(ready.read_end.get(), &seen, 1) == 1);
    CHECK(hierarchy->sweep() == 0);
    ::kill(owner, SIGKILL);
    ::waitpid(owner, nullptr, 0);
    CHECK(hierarchy->sweep() >= 1);
    CHECK(hierarchy->sweep() == 0);
    CHECK(hierarchy->sweep_strays() == 0);
}

}  // namespace assay::cgroup
