// What is asked of libcgroup: the controllers of the host, enabling controllers down a
// v2 tree, walking a tree of groups.
//
// Not on the path of every run, on measured grounds (static -O2, Linux 6.18, v1, CPU time):
// cgroup_init() takes 450-620 µs, creating a group in three hierarchies with two limits 750-870 µs
// and deleting it 160 µs, because the library reads every mount's files, stats and chowns every
// file of the new directories and opens each task file; mkdir, openat and write directly take 100
// and 53 µs. A whole `assay run` is to take 1.5-2 ms.
//
// Its recursive deletion is not used: it moves processes that are still alive to the parent, out of
// all limits, where ours must be killed.
//
// The library has global state and is initialised on first use. Not thread-safe.
#pragma once

#include <string>
#include <vector>

#include "pkg/cgroup/controllers.hpp"
#include "pkg/result/result.hpp"

namespace assay::cgroup {

// Passes `controllers` on to the groups in `directory`, a v2 group to which all of them are
// offered. The library's own way, creating a group that has them, writes to every directory from
// the mount point down (2.0.2), which the owner of a delegated subtree may not.
Result<void> library_enable(const std::string& mount_point, const std::string& directory,
                            ControllerSet controllers);

// The groups below `group`, deepest first, without itself. Any of `controllers` names the
// hierarchy.
Result<std::vector<std::string>> library_descendants(const std::string& mount_point,
                                                     const std::string& group,
                                                     ControllerSet controllers);

}  // namespace assay::cgroup
