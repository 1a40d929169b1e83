// Where groups are made: one Place per hierarchy, chosen from the mounts.
//
// v1: the process's own group, in every hierarchy that is writable.
//
// v2: a group can only have controllers that its parent passes on (cgroup.subtree_control), and a
// parent that passes on may hold no process itself, unless it is the root of the hierarchy. Tried
// in this order, for the memory controller:
//   1. the process's own group or the nearest group above it that is writable and passes it on
//      already: nothing of the host is changed. This serves root on a systemd host, a desktop user
//      (whose applications live below slices of his own), and every run after the first of 2 and 3.
//   2. the nearest one that is writable and could pass it on: it holds no process, or is the root.
//      Enabling a controller there adds accounting and limits nobody.
//   3. the own group, if it is ours to arrange: delegated by systemd (its delegate mark), the root
//      of a cgroup namespace (a container), or with no process but ourselves. Its processes then
//      move to a leaf of a fixed name, as container engines do when nested.
// A group with other processes that is not delegated is never arranged. Asking systemd's user
// manager for a scope over D-Bus is left to `systemd-run`, which the remedy names: it is one word
// more for the user, and does the same for any version of systemd.
//
// Further controllers (cpu, cpuset) are enabled when a limit asks for them and the file may be
// written.
//
// Moving and enabling happen at the first create(), not at discovery: to look changes nothing.
#pragma once

#include <string>
#include <vector>

#include "pkg/cgroup/controllers.hpp"
#include "pkg/cgroup/mounts.hpp"
#include "pkg/result/result.hpp"

namespace assay::cgroup {

// The leaf that takes the processes of a group that is arranged. It stays: processes live in it.
inline constexpr char kLeafName[] = "assay-self";

struct Place {
    Version version = Version::kNone;
    ControllerSet controllers;  // that groups made here can have
    ControllerSet enabled;      // of these, those that they have without more ado
    std::string mount_point;
    std::string directory;  // the parent of the groups
    bool occupied = false;  // v2: its processes must leave before controllers are enabled
};

// The places, the one whose lock and listing stand for a whole group first; the error says why
// there is none and what mends it.
Result<std::vector<Place>> find_places(const std::vector<Mount>& mounts);

// Makes `wanted`, as far as the place offers it, available to its groups; nothing to do on v1.
Result<void> enable(Place& place, ControllerSet wanted);

}  // namespace assay::cgroup
