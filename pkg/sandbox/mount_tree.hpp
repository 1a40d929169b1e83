// The file system of a box: which mounts, and how they are put together.
//
// Two steps on the two sides of the namespace border. prepare_tree() runs where the host's files
// can be reached (in the caller, or in the init of a caller without privilege, whose rights are the
// same) and returns detached mounts with their attributes set: private, nosuid, nodev, read-only
// unless asked. attach_tree() runs in the init: the skeleton (skeleton.hpp) becomes the root, the
// sources are attached to it by descriptor, and pivot_root drops the host's tree.
//
// One tmpfs carries the root directory and every writable place, so that the disk limit is one
// number for /tmp, /dev/shm and home together, and a box costs one super block. Its root mount is
// read-only; the writable directories are bind mounts of it that are not. With a rootfs it carries
// the upper layer of the overlay instead.
//
// Needs Linux 5.12 (mount_setattr). Sources: mount_setattr(2), move_mount(2), fsopen (Linux 5.2),
// Documentation/filesystems/overlayfs.rst (in user namespaces since 5.11).
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"
#include "pkg/sandbox/box.hpp"
#include "pkg/sandbox/identity.hpp"

namespace assay::sandbox {

struct Source {
    posix::UniqueFd tree;  // a detached mount
    std::string destination;
    bool directory = false;
    bool writable = false;
};

struct CopySource {
    posix::UniqueFd file;
    mode_t mode = 0;
    std::string name;  // for messages
    std::string destination;
};

struct Tree {
    posix::UniqueFd skeleton;  // furnished and limited by the caller; empty: the init does it
    posix::UniqueFd rootfs;    // the lower layer, empty without one
    std::vector<Source> binds;
    std::vector<Source> devices;  // only without a skeleton
    std::vector<CopySource> copies;
    std::vector<std::string> notes;  // what could not be done as asked, harmless
};

// Whether something of it is shown as the program's own (BindMount::owned, a rootfs).
bool wants_owner_map(const FilesystemSpec& spec);

// `in_caller`: on the caller's side, which must have privilege then (identity.own_uids).
// `owner_map`: empty where nothing can be shown as the program's own.
Result<Tree> prepare_tree(const FilesystemSpec& spec, const Identity& identity, bool in_caller,
                          bool terminal, OwnerMap& owner_map);

// How a tree travels to the init: as plain descriptors, in an order that follows from the spec.
std::vector<int> descriptors_of(const Tree& tree);
Result<Tree> adopt_tree(const FilesystemSpec& spec, std::vector<posix::UniqueFd> descriptors);

// Attaches everything, pivots, and leaves the root as current directory. Returns it opened; appends
// to the tree's notes.
Result<posix::UniqueFd> attach_tree(const FilesystemSpec& spec, Tree& tree,
                                    const Identity& identity, bool terminal);

}  // namespace assay::sandbox
