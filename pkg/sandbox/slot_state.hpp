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
    Ids program;           // host ids of program_inside
    bool foreign = false;  // they are not the server's own
    posix::UniqueFd root;
    std::vector<std::string> notes;
    bool killed = false;
    bool work_is_mounted = false;  // since the slot is ready

    Result<void> wait_until_ready();
    // As the paths of the slot are resolved.
    std::string inside(const std::string& path) const;
    // What a call on the slot's files failed with: an internal error when the slot has ended.
    Error file_error(const std::string& what, int number) const;
    bool has_ended() const;
    bool is_work_unmounted() const;
    ~State();
};

}  // namespace assay::sandbox
