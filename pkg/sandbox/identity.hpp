// Who the program is: uids and gids inside and outside, the maps that join them.
// Sources: user_namespaces(7), mount_setattr(2) MOUNT_ATTR_IDMAP (Linux 5.12).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"

namespace assay::sandbox {

struct Ids {
    uid_t uid = 0;
    gid_t gid = 0;
};

struct IdRange {
    std::uint64_t first = 0;
    std::uint64_t length = 0;
};

struct Identity {
    // The caller may map any id: program and init have host ids of their own.
    bool own_uids = false;
    IdRange uids_to_give;  // from which these are taken
    IdRange gids_to_give;
    Ids program_inside;
    Ids program_outside;
    Ids init_inside;
    Ids init_outside;
};

// The part that does not depend on the box's pid: the ids inside. By default 1000 for a caller who
// may map any id, else the caller's own.
Identity choose_inside(std::optional<uid_t> uid, std::optional<gid_t> gid);

// With own_uids: picks the host ids of the box whose init is `init_pid`; no other live box of this
// host has them. They lie above every range that useradd(8), subuid(5) and systemd hand out, or at
// the end of what this user namespace maps.
void choose_outside(Identity& identity, pid_t init_pid);

// Writes uid_map, gid_map and setgroups of the user namespace whose first process is `pid`.
Result<void> write_maps(const Identity& identity, pid_t pid);

// A user namespace for id-mapped mounts: what the caller owns on disk appears as the program's.
Result<posix::UniqueFd> caller_to_program_namespace(const Identity& identity);

}  // namespace assay::sandbox
