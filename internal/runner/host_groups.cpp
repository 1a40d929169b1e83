#include "internal/runner/host_groups.hpp"

namespace assay::runner {

HostGroups::~HostGroups() {
    if (found_) found_->sweep_again();
}

Result<const cgroup::Hierarchy*> HostGroups::find() {
    if (!found_) {
        ASSAY_TRY(found_, cgroup::Hierarchy::discover());
        if (found_->version() != cgroup::Version::kNone) found_->sweep();
    }
    return &*found_;
}

}  // namespace assay::runner
