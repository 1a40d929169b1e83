// Groups on the cgroups of this host, whatever their version. Without any that can be written every
// case says "skipped".
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstring>
#include <functional>

#include "pkg/cgroup/cgroup.hpp"
#include "pkg/posix/files.hpp"

namespace assay::cgroup {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""us;
using std::chrono_literals::operator""ns;

constexpr std::uint64_t kMiB = 1 << 20;

// A child process that does `work` and exits with its result; killed and reaped at the latest with
// the object.
class Child {
  public:
    explicit Child(const std::function<int()>& work) : pid_(::fork()) {
        if (pid_ != 0) return;
        ::_exit(work());
    }
    Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
    ~Child() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        wait();
    }

    // As waitpid(2).
    int wait() {
        int status = -1;
        ::waitpid(std::exchange(pid_, -1), &status, 0);
        return status;
    }
    pid_t pid() const { return pid_; }

  private:
    pid_t pid_;
};

void join(const Group& group) {
    for (const int fd : group.join_descriptors()) {
        if (::write(fd, "0", 1) != 1) ::_exit(99);
    }
}

void touch(std::size_t bytes) {
    void* const memory =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) ::_exit(98);
    std::memset(memory, 1, bytes);
}

void burn(std::chrono::nanoseconds cpu) {
    timespec now{};
    do {
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    } while (std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec) < cpu);
}

// Empty, with the reason printed, when this host has no cgroups for us.
std::optional<Hierarchy> hierarchy_with(std::initializer_list<Controller> controllers) {
    auto hierarchy = Hierarchy::discover();
    REQUIRE(hierarchy.has_value());
    if (hierarchy->version() == Version::kNone) {
        std::printf("skipped: %s\n", hierarchy->why_not().c_str());
        return std::nullopt;
    }
    for (const Controller controller : controllers) {
        if (hierarchy->has(controller)) continue;
        std::printf("skipped: no %s controller\n", std::string(name_of(controller)).c_str());
        return std::nullopt;
    }
    return std::move(*hierarchy);
}

Group create(const Hierarchy& hierarchy, const Limits& limits) {
    auto group = hierarchy.create(limits);
    if (!group) FAIL(to_string(group.error()));
    return std::move(*group);
}

// A process of the group that outlives the owner, without the owner's descriptors.
[[noreturn]] void survive(const Group& group, int ready) {
    join(group);
    ::dup2(ready, 0);
    ::close_range(3, ~0u, 0);
    if (::write(0, "x", 1) != 1) ::_exit(1);
    for (;;) ::pause();
}

bool exists(const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0;
}

// v2 tells of a burst of events once more, up to 10 ms after it (kernel/cgroup/cgroup.c,
// cgroup_file_notify): one reading may be too early to be the last.
bool quiet_after_reading(const Group& group, pollfd event) {
    constexpr int kReadings = 10;
    for (int i = 0; i < kReadings; ++i) {
        if (::poll(&event, 1, 0) == 0) return true;
        if (!group.oom_kills()) return false;
    }
    return false;
}

// The directories of groups that are there now, in the place of the hierarchy that is listed.
std::vector<std::string> groups_of(const Hierarchy& hierarchy) {
    std::vector<std::string> names;
    const std::string listing = hierarchy.directory();
    DIR* const directory = ::opendir(listing.c_str());
    REQUIRE(directory != nullptr);
    while (const dirent* entry = ::readdir(directory)) {
        if (std::string_view(entry->d_name).starts_with("assay-box-")) {
            names.emplace_back(entry->d_name);
        }
    }
    ::closedir(directory);
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace

TEST_CASE("group: counts the CPU time of a process that joined and is gone", "[cgroup][root]") {
    const auto hierarchy = hierarchy_with({Controller::kCpuacct});
    if (!hierarchy) return;
    Group group = create(*hierarchy, {});
    CHECK(group.cpu_time().value() == 0ns);
    Child child([&] {
        join(group);
        burn(60ms);
        return 0;
    });
    CHECK(child.wait() == 0);
    CHECK(group.cpu_time().value() >= 50ms);
    CHECK(group.cpu_time().value() < 150ms);
    const Usage usage = group.usage();
    REQUIRE(usage.cpu);
    REQUIRE(usage.user);
    REQUIRE(usage.system);
    CHECK(*usage.cpu >= 50ms);
    // v2 rounds each of the three to microseconds.
    CHECK(std::chrono::abs(*usage.cpu - *usage.user - *usage.system) <= 2us);
    CHECK(group.remove().has_value());
}

TEST_CASE("group: counts a child that nobody waited for", "[cgroup][root]") {
    const auto hierarchy = hierarchy_with({Controller::kCpuacct});
    if (!hierarchy) return;
    Group group = create(*hierarchy, {});
    auto gate = posix::make_pipe().value();
    Child child([&] {
        join(group);
        if (::fork() == 0) {
            burn(50ms);
            ::_exit(0);
        }
        return 0;
    });
    CHECK(child.wait() == 0);
    // The orphan holds the write end until it is dead.
    gate.write_end.reset();
    char none = 0;
    CHECK(::read(gate.read_end.get(), &none, 1) == 0);
    CHECK(group.cpu_time().value() >= 45ms);
}

TEST_CASE("group: the memory peak is what was touched", "[cgroup][root]") {
    const auto hierarchy = hierarchy_with({Controller::kMemory});
    if (!hierarchy) return;
    Group group = create(*hierarchy, {});
    Child child([&] {
        join(group);
        touch(64 * kMiB);
        return 0;
    });
    CHECK(child.wait() == 0);
    const auto peak = group.usage().memory_peak_bytes;
    if (!peak) {
        std::puts("skipped: this kernel has no memory.peak");
        return;
    }
    CHECK(*peak >= 64 * kMiB);
    CHECK(*peak <= 66 * kMiB);
}

TEST_CASE("group: an out-of-memory kill is counted and announced", "[cgroup][root]") {
    const auto hierarchy = hierarchy_with({Controller::kMemory});
    if (!hierarchy) return;
    Group group = create(*hierarchy, {.memory_bytes = 16 * kMiB});
    pollfd event{group.oom_event_descriptor(), POLLIN, 0};
    REQUIRE(event.fd >= 0);
    CHECK(::poll(&event, 1, 0) == 0);
    CHECK(group.oom_kills().value() == 0);
    Child child([&] {
        join(group);
        touch(64 * kMiB);
        return 0;
    });
    const int status = child.wait();
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);
    CHECK(::poll(&event, 1, 0) == 1);
    CHECK((event.revents & POLLIN) != 0);
    CHECK(group.oom_kills().value() >= 1);
    CHECK(quiet_after_reading(group, event));
    CHECK(group.usage().oom_kills >= 1u);
}

TEST_CASE("group: memory within the limit is not killed", "[cgroup][root]") {
    const auto hierarchy = hierarchy_with({Controller::kMemory});
    if (!hierarchy) return;
    Group group = create(*hierarchy, {.memory_bytes = 64 * kMiB});
    Child child([&] {
        join(group);
        touch(32 * kMiB);
        return 0;
    });
    CHECK(child.wait() == 0);
    CHECK(group.oom_kills().value() == 0);
}

TEST_CASE("group: the process limit refuses forks and counts them", "[cgroup][root]") {
    const auto hierarchy = hierarchy_with({Controller::kPids});
    if (!hierarchy) return;
    Group group = create(*hierarchy, {.processes = 4});
    Child child([&] {
        join(group);
        int forked = 0;
        for (int i = 0; i < 8; ++i) {
            const pid_t pid = ::fork();
            if (pid == 0) {
                ::pause();
                ::_exit(0);
            }
            if (pid > 0) ++forked;
        }
        return forked;
    });
    const int status = child.wait();
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 3);
    const Usage usage = group.usage();
    CHECK(usage.processes_refused >= 1u);
    if (usage.processes_peak) CHECK(*usage.processes_peak == 4);
    CHECK(group.kill(2000ms).has_value());
    CHECK(group.remove().has_value());
}

TEST_CASE("group: kill ends a hundred sleeping processes", "[cgroup][root]") {
    const auto hierarchy = hierarchy_with({});
    if (!hierarchy) return;
    Group group = create(*hierarchy, {});
    auto started = posix::make_pipe().value();
    Child child([&] {
        join(group);
        ::signal(SIGTERM, SIG_IGN);
        for (int i = 0; i < 100; ++i) {
            if (::fork() == 0) {
                if (::write(started.write_end.get(), "x", 1) != 1) ::_exit(1);
                for (;;) ::pause();
            }
        }
        for (;;) ::pause();
        return 0;
    });
    char seen = 0;
    for (int i = 0; i < 100; ++i) REQUIRE(::read(started.read_end.get(), &seen, 1) == 1);
    const auto killed = group.kill(5000ms);
    CHECK(killed.has_value());
    const int status = child.wait();
    CHECK(WIFSIGNALED(status));
    started.write_end.reset();
    CHECK(::read(started.read_end.get(), &seen, 1) == 0);
    CHECK(group.remove().has_value());
}

TEST_CASE("group: kill ends a fork bomb", "[cgroup][root]") {
    const auto hierarchy = hierarchy_with({Controller::kPids});
    if (!hierarchy) return;
    Group group = create(*hierarchy, {.processes = 64});
    auto full = posix::make_pipe().value();
    Child child([&] {
        join(group);
        for (;;) {
            if (::fork() < 0 && ::write(full.write_end.get(), "x", 1) != 1) ::_exit(1);
        }
        return 0;
    });
    char seen = 0;
    REQUIRE(::read(full.read_end.get(), &seen, 1) == 1);
    CHECK(group.kill(10000ms).has_value());
    CHECK(group.remove().has_value());
}

TEST_CASE("group: a CPU rate slows the program down", "[cgroup][root]") {
    const auto hierarchy = hierarchy_with({Controller::kCpu});
    if (!hierarchy) return;
    Group group = create(*hierarchy, {.cpu_rate = 0.25});
    const auto begin = std::chrono::steady_clock::now();
    Child child([&] {
        join(group);
        burn(100ms);
        return 0;
    });
    CHECK(child.wait() == 0);
    // A quarter of a CPU: 400 ms, less what the first and the last period give.
    CHECK(std::chrono::steady_clock::now() - begin >= 300ms);
}

TEST_CASE("group: a CPU set confines the program", "[cgroup][root]") {
    const auto hierarchy = hierarchy_with({Controller::kCpuset});
    if (!hierarchy) return;
    Group group = create(*hierarchy, {.cpu_set = "0"});
    Child child([&] {
        join(group);
        cpu_set_t cpus;
        CPU_ZERO(&cpus);
        ::sched_getaffinity(0, sizeof cpus, &cpus);
        return CPU_COUNT(&cpus) == 1 && CPU_ISSET(0, &cpus) ? 0 : 1;
    });
    CHECK(child.wait() == 0);
}

TEST_CASE("group: a CPU set that does not exist is a usage error", "[cgroup][root]") {
    const auto hierarchy = hierarchy_with({Controller::kCpuset});
    if (!hierarchy) return;
    const auto nonsense = hierarchy->create({.cpu_set = "zero"});
    REQUIRE(nonsense.has_error());
    CHECK(nonsense.error().kind == ErrorKind::kUsage);
    CHECK(nonsense.error().message.find("zero") != std::string::npos);
    const auto absurd = hierarchy->create({.cpu_rate = 0.00001});
    if (hierarchy->has(Controller::kCpu)) {
        REQUIRE(absurd.has_error());
        CHECK(absurd.error().kind == ErrorKind::kUsage);
    }
}

TEST_CASE("group: nothing is left of one that was removed or dropped", "[cgroup][root]") {
    const auto hierarchy = hierarchy_with({});
    if (!hierarchy) return;
    const auto before = groups_of(*hierarchy);
    {
        Group first = create(*hierarchy, {.memory_bytes = 16 * kMiB});
        Group second = create(*hierarchy, {});
        CHECK(first.remove().has_value());
        CHECK(first.remove().has_value());
        Child sleeper([&] {
            join(second);
            for (;;) ::pause();
            return 0;
        });
    }
    // The probe of the hierarchy was the first group.
    const auto after = groups_of(*hierarchy);
    CHECK(after.size() + 1 == before.size());
}

TEST_CASE("sweep: takes the group of an owner that was killed", "[cgroup][root]") {
    const auto hierarchy = hierarchy_with({});
    if (!hierarchy) return;
    const auto before = groups_of(*hierarchy);
    auto ready = posix::make_pipe().value();
    Child owner([&] {
        auto own = Hierarchy::discover();
        auto group = own->create({.memory_bytes = 16 * kMiB});
        if (!group) return 1;
        if (::fork() == 0) survive(*group, ready.write_end.get());
        for (;;) ::pause();
        return 0;
    });
    ready.write_end.reset();
    char seen = 0;
    REQUIRE(::read(ready.read_end.get(), &seen, 1) == 1);
    CHECK(groups_of(*hierarchy).size() == before.size() + 1);

    SECTION("not while the owner lives") {
        CHECK(hierarchy->sweep() == 0);
        CHECK(groups_of(*hierarchy).size() == before.size() + 1);
    }
    ::kill(owner.pid(), SIGKILL);
    owner.wait();
    CHECK(hierarchy->sweep() == 1);
    CHECK(groups_of(*hierarchy) == before);
    CHECK(hierarchy->sweep() == 0);
}

// A child of the owner that takes its time to die, with a copy of the owner's lock in its hands.
[[noreturn]] void die_slowly(pid_t owner, int ready) {
    if (::write(ready, "x", 1) != 1) ::_exit(1);
    while (::getppid() == owner) ::sched_yield();
    const timespec time_to_die{0, 100'000'000};
    ::nanosleep(&time_to_die, nullptr);
    ::_exit(0);
}

TEST_CASE("sweep: waits for the children of a dead owner to be dead too", "[cgroup][root]") {
    const auto hierarchy = hierarchy_with({});
    if (!hierarchy) return;
    const auto before = groups_of(*hierarchy);
    auto ready = posix::make_pipe().value();
    Child owner([&] {
        auto own = Hierarchy::discover();
        const auto group = own->create({.memory_bytes = 16 * kMiB});
        if (!group) return 1;
        const pid_t self = ::getpid();
        if (::fork() == 0) die_slowly(self, ready.write_end.get());
        for (;;) ::pause();
        return 0;
    });
    ready.write_end.reset();
    char seen = 0;
    REQUIRE(::read(ready.read_end.get(), &seen, 1) == 1);
    CHECK(groups_of(*hierarchy).size() == before.size() + 1);
    SECTION("at once") {
        ::kill(owner.pid(), SIGKILL);
        owner.wait();
        CHECK(hierarchy->sweep() == 1);
    }
    SECTION("or later, when the owner lived at first") {
        CHECK(hierarchy->sweep() == 0);
        ::kill(owner.pid(), SIGKILL);
        owner.wait();
        CHECK(hierarchy->sweep_again() == 1);
    }
    CHECK(groups_of(*hierarchy) == before);
    CHECK(hierarchy->sweep_again() == 0);
}

TEST_CASE("sweep: takes groups that a program made inside its own", "[cgroup][root]") {
    const auto hierarchy = hierarchy_with({});
    if (!hierarchy) return;
    const auto before = groups_of(*hierarchy);
    const std::string stale = hierarchy->directory() + "/assay-box-0000000000000000";
    REQUIRE(::mkdir(stale.c_str(), 0755) == 0);
    REQUIRE(::mkdir((stale + "/a").c_str(), 0755) == 0);
    REQUIRE(::mkdir((stale + "/a/b").c_str(), 0755) == 0);
    REQUIRE(::mkdir((stale + "/c").c_str(), 0755) == 0);
    Child sleeper([] {
        for (;;) ::pause();
        return 0;
    });
    REQUIRE(posix::write_kernel_file(stale + "/a/b/cgroup.procs", std::to_string(sleeper.pid()))
                .has_value());
    CHECK(hierarchy->sweep() == 1);
    CHECK_FALSE(exists(stale));
    CHECK(WIFSIGNALED(sleeper.wait()));
    CHECK(groups_of(*hierarchy) == before);
}

TEST_CASE("sweep: groups that are being made survive sweeps by others", "[cgroup][root]") {
    const auto hierarchy = hierarchy_with({});
    if (!hierarchy) return;
    Child sweeper([&] {
        for (;;) hierarchy->sweep();
        return 0;
    });
    for (int i = 0; i < 200; ++i) {
        Group group = create(*hierarchy, {.memory_bytes = 16 * kMiB});
        REQUIRE(group.cpu_time().has_value());
        REQUIRE(group.remove().has_value());
    }
}

TEST_CASE("discover: a read-only cgroup file system is told, with the remedy", "[cgroup][root]") {
    if (!hierarchy_with({})) return;
    if (::geteuid() != 0) {
        std::puts("skipped: needs root to remount");
        return;
    }
    Child child([] {
        if (::unshare(CLONE_NEWNS) != 0) return 77;
        if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return 77;
        const auto mountinfo = posix::read_file("/proc/self/mountinfo");
        std::size_t at = 0;
        while ((at = mountinfo->find(" - cgroup", at + 1)) != std::string::npos) {
            const std::size_t line = mountinfo->rfind('\n', at) + 1;
            std::string fields = mountinfo->substr(line, at - line);
            for (int i = 0; i < 4; ++i) fields.erase(0, fields.find(' ') + 1);
            const std::string point = fields.substr(0, fields.find(' '));
            if (::mount(nullptr, point.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY,
                        nullptr) != 0) {
                return 77;
            }
        }
        const auto hierarchy = Hierarchy::discover();
        if (!hierarchy || hierarchy->version() != Version::kNone) return 1;
        if (hierarchy->why_not().find("Read-only file system") == std::string::npos) return 2;
        return hierarchy->refusal().remedy.empty() ? 3 : 0;
    });
    const int status = child.wait();
    REQUIRE(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        std::puts("skipped: no private mounts");
        return;
    }
    CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("host controllers: those that groups have are among them", "[cgroup][root]") {
    const auto hierarchy = hierarchy_with({Controller::kMemory, Controller::kPids});
    if (!hierarchy) return;
    const auto controllers = host_controllers();
    REQUIRE(controllers.has_value());
    for (const char* name : {"memory", "pids"}) {
        const auto found =
            std::find_if(controllers->begin(), controllers->end(),
                         [&](const HostController& controller) { return controller.name == name; });
        REQUIRE(found != controllers->end());
        CHECK(found->enabled);
        CHECK(hierarchy->directory().starts_with(found->mount_point.substr(0, 5)));
    }
}

// What a container engine does, in the least number of steps: a group of its own that is the root
// of a cgroup namespace, with two processes in it.
TEST_CASE("create: the root of a cgroup namespace is arranged with a leaf", "[cgroup][root]") {
    const auto hierarchy = hierarchy_with({Controller::kMemory});
    if (!hierarchy) return;
    if (hierarchy->version() != Version::kV2 || ::geteuid() != 0) {
        std::puts("skipped: needs v2 and root");
        return;
    }
    // The outer group passes controllers on once it has made a group.
    { const Group enables = create(*hierarchy, {}); }
    const std::string unified = hierarchy->directory();
    if (exists(unified + "/cgroup.type")) {
        std::puts("skipped: not in the root of the hierarchy");
        return;
    }
    const std::string container = unified + "/assay-test-container";
    const std::string leaf = container + "/assay-self";
    REQUIRE(::mkdir(container.c_str(), 0755) == 0);
    auto ready = posix::make_pipe().value();
    Child sibling([&] {
        const auto joined = posix::write_kernel_file(container + "/cgroup.procs", "0");
        if (!joined || ::write(ready.write_end.get(), "x", 1) != 1) return 1;
        for (;;) ::pause();
        return 0;
    });
    char seen = 0;
    REQUIRE(::read(ready.read_end.get(), &seen, 1) == 1);
    Child inside([&] {
        if (!posix::write_kernel_file(container + "/cgroup.procs", "0")) return 1;
        if (::unshare(CLONE_NEWCGROUP | CLONE_NEWNS) != 0) return 2;
        if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return 3;
        if (::umount2(unified.c_str(), MNT_DETACH) != 0) return 4;
        if (::mount("cgroup2", unified.c_str(), "cgroup2", 0, nullptr) != 0) return 4;
        for (int round = 0; round < 2; ++round) {
            const auto own = Hierarchy::discover();
            if (!own || own->version() != Version::kV2) return 5;
            const auto group = own->create({.memory_bytes = 16 * kMiB});
            if (!group) return 6;
            Child program([&] {
                join(*group);
                touch(64 * kMiB);
                return 0;
            });
            program.wait();
            if (group->oom_kills().value() < 1) return 7;
        }
        return 0;
    });
    const int status = inside.wait();
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    CHECK(posix::read_file(leaf + "/cgroup.procs").value() == std::to_string(sibling.pid()) + "\n");
    ::kill(sibling.pid(), SIGKILL);
    sibling.wait();
    CHECK(::rmdir(leaf.c_str()) == 0);
    CHECK(::rmdir(container.c_str()) == 0);
}

}  // namespace assay::cgroup
