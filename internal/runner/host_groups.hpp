// The control groups of this host, looked for when the first run asks for them.
//
// That is when its box exists and the box's init is busy with namespaces: to find the groups, to
// prove that they work and to sweep them costs about 0.2 ms, and nobody waits for it then.
#pragma once

#include <optional>
#include <utility>

#include "pkg/cgroup/cgroup.hpp"
#include "pkg/result/result.hpp"

namespace assay::runner {

class HostGroups {
  public:
    HostGroups() = default;
    explicit HostGroups(cgroup::Hierarchy found) : found_(std::move(found)) {}
    // A run that was just being killed when this one began is dead by now, and swept.
    ~HostGroups();
    HostGroups(const HostGroups&) = delete;
    HostGroups& operator=(const HostGroups&) = delete;

    // The first call discovers them and sweeps what killed runs left. Never null.
    Result<const cgroup::Hierarchy*> find();

  private:
    std::optional<cgroup::Hierarchy> found_;
};

}  // namespace assay::runner
