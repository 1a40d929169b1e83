// What slot.cpp and slot_files.cpp know about a slot.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "pkg/posix/unique_fd.hpp"
#include "pkg/sandbox/slot.hpp"
#include "pkg/sandbox/slot_keeper.hpp"

namespace assay::sandbox {

struct Slot::State {
    std::shared_ptr<const SlotSpec> spec;
    posix::UniqueFd socket;
    posix::UniqueFd process;  // pidfd of the zygote
    pid_t pid = -1;
    Ids owner;             // host ids of root_inside
    bool foreign = false;  // they are not the server's own
    posix::UniqueFd root;
    std::vector<std::string> notes;
    bool killed = false;

    Result<void> wait_until_ready();
    // As the paths of the slot are resolved.
    std::string inside(const std::string& path) const;
    ~State();
};

}  // namespace assay::sandbox
