#include "pkg/sandbox/group_namespace.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "pkg/posix/unique_fd.hpp"

namespace assay::sandbox {
namespace {

struct Scout {
    std::span<const int> join;
    int proc = -1;
    int cgroup_namespace = -1;  // opened by the scout, in the table of descriptors that we share
    int error = 0;
};

// Makes system calls only. It shares our memory and we wait for its end, as after vfork(2): nothing
// but its own few kernel objects is charged to the groups, and what runs out of memory in a group
// spares a process in this state, with which we would die.
int scout_groups(void* argument) {
    Scout& scout = *static_cast<Scout*>(argument);
    for (const int group : scout.join) {
        if (::write(group, "0", 1) != 1) scout.error = errno;
    }
    if (scout.error == 0 && ::unshare(CLONE_NEWCGROUP) != 0) scout.error = errno;
    if (scout.error == 0) {
        scout.cgroup_namespace = ::openat(scout.proc, "self/ns/cgroup", O_RDONLY | O_CLOEXEC);
        if (scout.cgroup_namespace < 0) scout.error = errno;
    }
    return 0;
}

}  // namespace

Result<bool> GroupNamespace::enter(std::span<const int> join, int proc) {
    std::vector<Place> places;
    for (const int group : join) {
        struct stat status {};
        if (::fstat(group, &status) != 0) {
            return system_error("cannot examine a control group", errno);
        }
        places.push_back({status.st_dev, status.st_ino});
    }
    if (places == places_) return false;

    Scout scout;
    scout.join = join;
    scout.proc = proc;
    alignas(16) static char stack[16384];
    const pid_t child = ::clone(scout_groups, stack + sizeof stack,
                                CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, &scout);
    if (child < 0) return system_error("cannot create a process", errno);
    const posix::UniqueFd made(scout.cgroup_namespace);
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
    if (scout.error != 0) return system_error("cannot join the control groups", scout.error);
    if (::setns(made.get(), CLONE_NEWCGROUP) != 0) {
        return system_error("cannot enter the program's cgroup namespace", errno);
    }
    places_ = std::move(places);
    return true;
}

}  // namespace assay::sandbox
