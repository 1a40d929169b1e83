// The inside of a Group, shared by its maker (Hierarchy) and its methods.
//
// Life of a group's directories: the first one, in the first place, is made and locked (claim), the
// others follow under the same name, and it is removed last. So whoever finds a first
// directory and gets its lock has found everything that a dead owner left. The others are locked
// too: on v1 a process may see them and not the first one, which is below another group there.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/cgroup/cgroup.hpp"
#include "pkg/cgroup/place.hpp"
#include "pkg/posix/unique_fd.hpp"

namespace assay::cgroup {

// One directory of a group, removed with the object.
class Directory {
  public:
    // Makes parent/name; EEXIST is an error.
    static Result<Directory> create(const Place& place, const std::string& name);
    // Takes one that is there.
    static Result<Directory> adopt(const Place& place, const std::string& name);
    // Takes one that is there if it has no owner. Processes that a dead owner forked may hold
    // copies of its lock until they are dead too: that is waited for, so long.
    static std::optional<Directory> adopt_unowned(const Place& place, const std::string& name,
                                                  std::chrono::milliseconds patience);

    // Takes the locks that say that the group has an owner; false when another has them.
    bool lock() const;
    // Whether the process that took them lives.
    bool has_live_owner() const;
    Result<void> open_processes();
    Result<void> remove();

    int fd() const { return fd_.get(); }
    int processes_fd() const { return processes_.get(); }
    const std::string& path() const { return path_; }
    const std::string& name() const { return name_; }
    ControllerSet controllers() const { return controllers_; }
    const std::string& mount_point() const { return mount_point_; }

    Directory(Directory&& other) noexcept;
    Directory& operator=(Directory&& other) noexcept;
    ~Directory();

  private:
    Directory(const Place& place, const std::string& name);

    std::string path_;  // empty: removed or moved from
    std::string name_;
    std::string mount_point_;
    ControllerSet controllers_;
    posix::UniqueFd fd_;
    posix::UniqueFd processes_;
};

// Makes and locks the first directory of a new group, with a fresh name of that family.
Result<Directory> claim(const Place& place, const std::string& family);
// Makes and locks a further one under its name.
Result<Directory> join_claim(const Place& place, const std::string& name);
// Whether a name was made for a group of that family.
bool is_of_family(std::string_view name, std::string_view family);

struct Group::State {
    Version version = Version::kNone;
    std::vector<Directory> directories;  // the locked one first
    std::vector<int> join;
    posix::UniqueFd cpu;        // cpuacct.usage or cpu.stat
    posix::UniqueFd oom;        // memory.oom_control or memory.events
    posix::UniqueFd oom_event;  // v1: an eventfd; v2: an epoll around `oom`

    ~State();

    // The directory with this controller, nullptr without one.
    const Directory* with(Controller controller) const;
    Result<void> apply(const Limits& limits);
    Result<void> open_for_use(bool memory_limited);
    void watch_v2_oom();
    void watch_v1_oom(const Directory& memory);
    Result<void> kill(std::chrono::milliseconds deadline) const;
    Result<void> remove();
    // Kills and removes, groups below it included.
    Result<void> demolish(std::chrono::milliseconds deadline);
    Result<void> demolish_descendants(std::chrono::milliseconds deadline) const;
};

}  // namespace assay::cgroup
