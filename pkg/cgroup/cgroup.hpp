// Control groups, version 1, 2 and hybrid, as one thing: a Group that limits and measures a set of
// processes.
//
// A Hierarchy is found once: from /proc/self/cgroup and /proc/self/mountinfo (paths are never
// hard-coded: containers, WSL and systemd move them), and proved by really making a directory,
// since a root user may find the file system read-only and a plain user may have a delegated
// subtree. Where groups are made, and what is done about v2's "no internal processes" rule, is in
// place.hpp. On v1 a group takes the memory, pids and cpuacct hierarchies, and cpu and cpuset when
// a limit asks for them. It takes no blkio (a sixth of the cost of a group, for figures that /proc
// gives too) and no freezer: a process limit of 0 stops a fork bomb as well while it is killed.
//
// A Group owns one directory per mount used. Its name carries nothing that must be trusted: the
// owner holds flock(2) on the first one, so a group whose lock can be taken belongs to nobody and
// is swept (killed and removed) by sweep(). Groups of a killed assay disappear with the next run
// that is started in the same group. The lock lives as long as any copy of its descriptor: all are
// close-on-exec, and a child that does not exec closes them (close_range) or ends by _exit(2). A
// record lock beside it dies with the owner itself, so that copies in its dying children can be
// told from an owner and waited for.
//
// Discovery and creation on the path of every run use system calls and descriptors opened once;
// libcgroup enables controllers and walks trees, and lists the host's controllers for `assay
// check`. Its discovery and creation alone would take 1.3 ms of a run, ours take 0.2 (library.hpp).
//
// Rejected: a keeper daemon (isolate), systemd-only scopes, one group for several runs (peaks carry
// over).
//
// Sources: Documentation/admin-guide/cgroup-v1, cgroup-v2.rst; memory.peak since Linux 5.19,
// cgroup.kill since 5.14, memory.oom.group since 4.19. Not thread-safe; no state but libcgroup's.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"

namespace assay::cgroup {

enum class Version { kNone, kV1, kV2 };  // kV1 also for hybrid hosts whose controllers are on v1
enum class Controller { kCpu, kCpuacct, kCpuset, kMemory, kPids, kIo, kFreezer };

std::string_view name_of(Version version);        // "none" "v1" "v2"
std::string_view name_of(Controller controller);  // the kernel's name, "io" for blkio too

// Where the kernel's files are; tests point it at a made-up tree.
struct Roots {
    std::string self_cgroup = "/proc/self/cgroup";
    std::string mountinfo = "/proc/self/mountinfo";
};

struct Limits {
    std::optional<std::uint64_t> memory_bytes = {};  // memory plus swap
    std::optional<std::uint64_t> processes = {};     // processes and threads
    std::optional<double> cpu_rate = {};             // CPUs' worth of time, 0.5 = half of one
    // In which the rate is kept, 1 ms to 1 s; empty: 20 ms, so that short programs are held to it
    // too. A rate that is less than the kernel's 1 ms of a period is kept in one of 1 s.
    std::optional<std::chrono::microseconds> cpu_period = {};
    std::string cpu_set = {};  // list as in cpuset.cpus, empty = the parent's
};

// Figures of a group; a member is empty when the kernel or the controller does not give it.
struct Usage {
    std::optional<std::chrono::nanoseconds> cpu;
    std::optional<std::chrono::nanoseconds> user;
    std::optional<std::chrono::nanoseconds> system;
    std::optional<std::uint64_t> memory_peak_bytes;
    std::optional<std::uint64_t> oom_kills;
    std::optional<std::uint64_t> processes_peak;
    std::optional<std::uint64_t>
        processes_refused;  // pids.events max: forks that failed by the limit
    std::optional<std::uint64_t> io_read_bytes;
    std::optional<std::uint64_t> io_written_bytes;
};

// Of several groups together; a member is empty when the kernel or the controller does not give it.
struct Totals {
    std::optional<std::chrono::nanoseconds> cpu;  // of groups that are gone, too
    std::optional<std::uint64_t> memory_bytes;
    std::optional<std::uint64_t> memory_peak_bytes;
};

// What a user can do who may not make groups, or whose groups lack a controller.
const char* remedy_for(Version version);

// A controller that the kernel has, wherever it is mounted and whoever may use it.
struct HostController {
    std::string name;         // the kernel's: "memory", "blkio", "hugetlb"
    std::string mount_point;  // empty: nowhere
    bool enabled = true;      // false: switched off by the kernel's command line
};
// For people who ask what their host has; half a millisecond, through libcgroup. Empty when no
// cgroup file system is mounted.
Result<std::vector<HostController>> host_controllers();

class Group;

class Hierarchy {
  public:
    // Never fails for want of cgroups: version() is then kNone and why_not() says in one sentence
    // why and what mends it. An error means that /proc itself could not be read.
    // Groups are called FAMILY-<16 hexadecimal digits>; sweep() touches those of its family only.
    static Result<Hierarchy> discover(const Roots& roots = {},
                                      const std::string& family = "assay-box");

    Version version() const;
    bool has(Controller controller) const;
    const std::string& why_not() const;
    // The same in parts: message and remedy. Empty when there is a version.
    const Error& refusal() const;
    // The directory in which groups are made, for messages; the memory controller's on v1.
    const std::string& directory() const;

    // Makes a group under the limits, empty of processes. A limit whose controller is missing is an
    // unsupported error that names the controller and the remedy.
    Result<Group> create(const Limits& limits) const;

    // A hierarchy of the same family, with a group around all groups that it makes, so that their
    // figures can be told together. It must outlive them. Not to be called by two threads at once
    // with create().
    Result<Hierarchy> nested() const;

    // Figures from the kernel, of a nested hierarchy: those of its groups, of the process itself
    // with what shares its own group, and of both. The last two are empty unless this process lives
    // in a group that was arranged for it (place.hpp): elsewhere its group is other processes' too.
    // From any thread.
    enum class Part { kGroups, kSelf, kAll };
    std::optional<Totals> totals(Part part) const;

    // Kills and removes groups left by owners that are gone; returns how many. Cheap when there are
    // none (one readdir), else it waits for the dead to be gone, at most some seconds for a group.
    // Groups of live owners are never touched.
    int sweep() const;
    // The same for the groups that had owners at the last look: one that was being killed then may
    // be dead now. Free when there were none.
    int sweep_again() const;
    // Removes what is left of groups whose first directory is gone, which a sweep does not see; on
    // v1 alone there is such a thing. One readdir for each hierarchy: for those who stay.
    int sweep_strays() const;

    Hierarchy(Hierarchy&&) noexcept;
    Hierarchy& operator=(Hierarchy&&) noexcept;
    ~Hierarchy();

  private:
    struct State;
    explicit Hierarchy(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

class Group {
  public:
    // Descriptors to join by: a process with one thread joins by writing "0" to each, which is
    // async-signal-safe and works after it has dropped its privileges, because the kernel checks
    // the opener's.
    std::span<const int> join_descriptors() const;

    // CPU time of all processes that are or were in the group; at most a tick old for a running
    // one. Hot path: one pread.
    Result<std::chrono::nanoseconds> cpu_time() const;
    // Kills by the out-of-memory killer so far. Hot path: one pread.
    Result<std::uint64_t> oom_kills() const;
    // Readable (POLLIN) when the group has run out of memory: then look at oom_kills(). v1 tells it
    // before it kills, and stays readable until oom_kills() has seen a kill; v2 tells other memory
    // events too (a full group that reclaims), and oom_kills() ends it. -1 where there is none: v1
    // without a memory limit, or no memory controller.
    int oom_event_descriptor() const;

    // Everything at once, for the end of a run.
    Usage usage() const;

    // Sends SIGKILL to every process in it until it is empty (cgroup.kill on v2, freeze and kill on
    // v1) or the deadline passes (an error then).
    Result<void> kill(std::chrono::milliseconds deadline) const;

    // Removes the directories; the group must be empty. The destructor kills and removes, ignoring
    // errors.
    Result<void> remove();

    Group(Group&&) noexcept;
    Group& operator=(Group&&) noexcept;
    ~Group();

  private:
    friend class Hierarchy;
    friend class ReusableGroup;
    struct State;
    explicit Group(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace assay::cgroup
