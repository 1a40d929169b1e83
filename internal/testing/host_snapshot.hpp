// The host as a run must leave it: mounts, control groups, files, System V objects, processes.
//
// A snapshot is a set of facts, each a line of text, so that a difference can be read: "+ process
// 812 (attack) in another pid namespace". Others use the host at the same time and the kernel frees
// namespaces a moment after their last process, so only differences that last are told: the host is
// looked at again until they are gone or the patience ends. What a run leaks stays, and is found.
//
// Sources: proc(5), cgroups(7), sysvipc(7). One thread; reads only.
#pragma once

#include <chrono>
#include <set>
#include <string>
#include <vector>

namespace assay::testing {

class HostSnapshot {
  public:
    static HostSnapshot take();

    // What is there now and was not ("+ …"), and mounts that are gone ("- …"); empty: unchanged.
    std::vector<std::string> lasting_changes(
        std::chrono::milliseconds patience = std::chrono::seconds(15)) const;

    const std::set<std::string>& facts() const { return facts_; }

  private:
    std::set<std::string> facts_;
};

}  // namespace assay::testing
