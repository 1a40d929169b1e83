// Who the program is: uids and gids inside and outside, the maps that join them.
// Sources: user_namespaces(7), mount_setattr(2) MOUNT_ATTR_IDMAP (Linux 5.12).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <utility>

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

// A user namespace for id-mapped mounts, in which what the caller owns on disk is the program's.
// In two steps, because the program's ids follow from the pid of a box that is made in between.
class OwnerMap {
  public:
    static Result<OwnerMap> create();
    // Gives the namespace its map; the descriptor holds it from here on.
    Result<posix::UniqueFd> map(const Identity& identity);

    OwnerMap() = default;
    OwnerMap(OwnerMap&& other) noexcept : holder_(std::exchange(other.holder_, -1)) {}
    OwnerMap& operator=(OwnerMap&& other) noexcept {
        std::swap(holder_, other.holder_);
        return *this;
    }
    ~OwnerMap();
    explicit operator bool() const { return holder_ > 0; }

  private:
    explicit OwnerMap(pid_t holder) : holder_(holder) {}

    pid_t holder_ = -1;  // the process that holds the namespace until a descriptor does
};

}  // namespace assay::sandbox
