// The cgroup namespace of a slot's programs.
//
// /proc/self/cgroup names groups relative to the root of the reader's cgroup namespace. For
// programs that root must be their own groups, or they would read where on the host they are. The
// zygote stays outside those groups, so a short-lived process joins them, makes the namespace, and
// the zygote enters it; its programs inherit it. That is done when the groups change, not for
// every run.
//
// Source: cgroup_namespaces(7).
#pragma once

#include <sys/types.h>

#include <span>
#include <vector>

#include "pkg/result/result.hpp"

namespace assay::sandbox {

class GroupNamespace {
  public:
    // `join`: descriptors by which a process joins the groups; `proc`: a directory of a proc file
    // system that shows the caller. True: there is a new namespace, and a process number was used;
    // cheap when they are the same groups as last time.
    Result<bool> enter(std::span<const int> join, int proc);

  private:
    struct Place {
        dev_t device = 0;
        ino_t file = 0;
        bool operator==(const Place&) const = default;
    };
    std::vector<Place> places_;
};

}  // namespace assay::sandbox
