#include "pkg/sandbox/identity.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "pkg/posix/files.hpp"

namespace assay::sandbox {
namespace {

constexpr uid_t kDefaultUid = 1000;
// Two ids per pid from here on: 2^22 pids end well below 2^31.
constexpr std::uint64_t kFirstHostId = 0x60000000;
// With fewer there is no room for boxes beside what else uses them.
constexpr std::uint64_t kFewestIds = 4096;

// The longest run of ids that this user namespace maps, from a /proc/self/uid_map text.
IdRange longest_extent(const std::string& map) {
    IdRange longest;
    const char* at = map.c_str();
    for (;;) {
        char* end = nullptr;
        const std::uint64_t first = std::strtoull(at, &end, 10);
        if (end == at) return longest;
        std::strtoull(end, &end, 10);
        const std::uint64_t length = std::strtoull(end, &end, 10);
        if (length > longest.length) longest = IdRange{first, length};
        at = end;
    }
}

bool has_capabilities() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2] = {};
    if (::syscall(SYS_capget, &header, data) != 0) return false;
    const std::uint32_t wanted = (1u << CAP_SETUID) | (1u << CAP_SETGID) | (1u << CAP_SYS_ADMIN);
    return (data[0].effective & wanted) == wanted;
}

// Root in a container may have all capabilities and yet only its own uid to give.
IdRange ids_to_give(const char* map_path) {
    const Result<std::string> map = posix::read_file(map_path);
    return map.has_value() ? longest_extent(*map) : IdRange{};
}

// The first of two neighbouring ids for the box of `pid`.
std::uint32_t pair_of(pid_t pid, const IdRange& extent) {
    const std::uint64_t offset = 2 * static_cast<std::uint64_t>(pid);
    if (extent.first <= kFirstHostId && extent.first + extent.length > kFirstHostId + offset + 2) {
        return static_cast<std::uint32_t>(kFirstHostId + offset);
    }
    const std::uint64_t pairs = extent.length / 4;
    return static_cast<std::uint32_t>(extent.first + extent.length - 2 -
                                      2 * (static_cast<std::uint64_t>(pid) % pairs));
}

std::string map_line(std::uint64_t inside, std::uint64_t outside) {
    return std::to_string(inside) + " " + std::to_string(outside) + " 1\n";
}

Result<void> write_map_files(pid_t pid, const std::string& uids, const std::string& gids,
                             bool deny_setgroups) {
    const std::string directory = "/proc/" + std::to_string(pid);
    if (deny_setgroups) {
        ASSAY_CHECK(posix::write_kernel_file(directory + "/setgroups", "deny"));
    }
    ASSAY_CHECK(posix::write_kernel_file(directory + "/gid_map", gids));
    return posix::write_kernel_file(directory + "/uid_map", uids);
}

}  // namespace

Identity choose_inside(std::optional<uid_t> uid, std::optional<gid_t> gid) {
    Identity identity;
    if (has_capabilities()) {
        identity.uids_to_give = ids_to_give("/proc/self/uid_map");
        identity.gids_to_give = ids_to_give("/proc/self/gid_map");
        identity.own_uids = identity.uids_to_give.length >= kFewestIds &&
                            identity.gids_to_give.length >= kFewestIds;
    }
    const Ids fallback =
        identity.own_uids ? Ids{kDefaultUid, kDefaultUid} : Ids{::geteuid(), ::getegid()};
    identity.program_inside =
        Ids{uid.value_or(fallback.uid), gid.value_or(uid.value_or(fallback.gid))};
    identity.program_outside = Ids{::geteuid(), ::getegid()};
    identity.init_inside = identity.program_inside;
    identity.init_outside = identity.program_outside;
    if (identity.own_uids) {
        identity.init_inside.uid = identity.program_inside.uid == 0 ? 1 : 0;
        identity.init_inside.gid = identity.program_inside.gid == 0 ? 1 : 0;
    }
    return identity;
}

void choose_outside(Identity& identity, pid_t init_pid) {
    if (!identity.own_uids) return;
    const std::uint32_t uids = pair_of(init_pid, identity.uids_to_give);
    const std::uint32_t gids = pair_of(init_pid, identity.gids_to_give);
    identity.init_outside = Ids{uids, gids};
    identity.program_outside = Ids{uids + 1, gids + 1};
}

Result<void> write_maps(const Identity& identity, pid_t pid) {
    std::string uids = map_line(identity.program_inside.uid, identity.program_outside.uid);
    std::string gids = map_line(identity.program_inside.gid, identity.program_outside.gid);
    if (identity.own_uids) {
        uids += map_line(identity.init_inside.uid, identity.init_outside.uid);
        gids += map_line(identity.init_inside.gid, identity.init_outside.gid);
    }
    Result<void> written = write_map_files(pid, uids, gids, !identity.own_uids);
    if (!written.has_value() && written.error().os_error == EPERM && ::geteuid() == 0) {
        return unsupported_error(
            "cannot map root into a user namespace: the capability CAP_SETFCAP is missing",
            "run assay as an ordinary user, or leave root that capability");
    }
    return written;
}

// A process that waits to be killed. It shares our memory, so it costs no copy of it, but never
// returns and touches nothing but its own stack.
int wait_for_death(void* parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (::getppid() == *static_cast<const pid_t*>(parent)) ::pause();
    return 0;
}

Result<OwnerMap> OwnerMap::create() {
    alignas(16) static char stack[4096];
    static pid_t parent;
    parent = ::getpid();
    const pid_t child =
        ::clone(wait_for_death, stack + sizeof stack, CLONE_VM | CLONE_NEWUSER | SIGCHLD, &parent);
    if (child < 0)
        return system_error("cannot create a user namespace for id-mapped mounts", errno);
    return OwnerMap(child);
}

Result<posix::UniqueFd> OwnerMap::map(const Identity& identity) {
    ASSAY_CHECK(write_map_files(holder_, map_line(::geteuid(), identity.program_outside.uid),
                                map_line(::getegid(), identity.program_outside.gid), false));
    ASSAY_TRY(posix::UniqueFd handle,
              posix::open_file("/proc/" + std::to_string(holder_) + "/ns/user", O_RDONLY));
    ::kill(holder_, SIGKILL);
    return handle;
}

OwnerMap::~OwnerMap() {
    if (holder_ < 0) return;
    ::kill(holder_, SIGKILL);
    while (::waitpid(holder_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

}  // namespace assay::sandbox
