// The file system of a box: which mounts, and how they are put together.
//
// Two steps on the two sides of the namespace border. clone_sources() runs where the host's files can
// be reached (in the caller, or in the init of a caller without privilege, whose rights are the same) and
// returns detached mounts with their attributes set: private, nosuid, nodev, read-only unless asked.
// build_root() runs in the init: one tmpfs carries the root directory and every writable place, the
// sources are attached by descriptor, and pivot_root drops the host's tree.
//
// One tmpfs, so that the disk limit is one number for /tmp, /dev/shm and home together, and a box costs
// one super block. Its root mount is read-only, the writable directories are bind mounts of it that are not.
//
// Needs Linux 5.12 (mount_setattr). Sources: mount_setattr(2), move_mount(2), fsopen (Linux 5.2),
// openat2(2) RESOLVE_IN_ROOT, Documentation/filesystems/overlayfs.rst (user namespaces since 5.11).
#pragma once

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

struct Sources {
    std::vector<Source> binds;
    std::vector<Source> devices;
    posix::UniqueFd rootfs;  // the lower layer, empty without one
    std::vector<CopySource> copies;
    std::vector<std::string> notes;  // what could not be done as asked, harmless
};

Result<Sources> clone_sources(const FilesystemSpec& spec, const Identity& identity);

// How the sources travel to the init: as plain descriptors, in the order of the spec.
std::vector<int> descriptors_of(const Sources& sources);
Result<Sources> adopt_sources(const FilesystemSpec& spec, std::vector<posix::UniqueFd> descriptors);

// Builds, pivots, and leaves the root as current directory. Returns it opened; appends notes.
Result<posix::UniqueFd> build_root(const FilesystemSpec& spec, const Sources& sources,
                                   const Identity& identity, bool terminal,
                                   std::vector<std::string>& notes);

}  // namespace assay::sandbox
