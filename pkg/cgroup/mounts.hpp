// Where the kernel's cgroup file systems are mounted and where in them this process lives.
//
// Paths are read, never assumed: containers show a subtree as the root of the mount, WSL and
// systemd put prefixes in between. Pure functions of the two texts, so every layout is a test with
// made-up texts.
//
// Sources: cgroups(7), proc(5) on mountinfo; cgroup_namespaces(7) on paths that begin with "/..".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pkg/cgroup/controllers.hpp"

namespace assay::cgroup {

// One hierarchy that is mounted and holds this process in a directory that can be named.
struct Mount {
    Version version = Version::kNone;
    ControllerSet controllers;  // v1 only; v2 says them per directory
    std::string mount_point;
    std::string own_directory;  // mount_point, or below it
    bool read_only = false;
    bool namespace_root = false;  // the process is in the root of its cgroup namespace, or of all
};

// One Mount per hierarchy that has controllers of ours, and the cgroup2 one. When a hierarchy is
// mounted several times the first writable mount that shows the process's own group is taken.
std::vector<Mount> find_mounts(std::string_view self_cgroup, std::string_view mountinfo);

}  // namespace assay::cgroup
