// A private directory for what a run leaves between its programs: collected outputs, built files.
//
// It lies in $TMPDIR (or /tmp) and goes with its owner. The owner holds flock(2) on it, so one
// whose lock can be taken belongs to a run that was killed: the next create() sweeps it, as with
// control groups. Programs may have filled it with anything, so removal neither recurses nor
// follows links.
#pragma once

#include <string>

#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"

namespace assay::runner {

class ScratchDirectory {
  public:
    // Mode 0700. Errors name the parent directory, with TMPDIR as the remedy.
    static Result<ScratchDirectory> create();
    static Result<ScratchDirectory> create_in(const std::string& parent);

    const std::string& path() const { return path_; }

    ScratchDirectory(ScratchDirectory&& other) noexcept;
    ScratchDirectory& operator=(ScratchDirectory&&) = delete;
    ~ScratchDirectory();  // removes it with all that is in it

  private:
    ScratchDirectory(std::string path, posix::UniqueFd lock);

    std::string path_;
    posix::UniqueFd lock_;
};

// Removes a directory with everything in it. Depth costs no stack and no descriptors: directories
// below are first moved up beside each other. Errors are ignored, what cannot be removed stays.
void remove_tree(const std::string& path);

}  // namespace assay::runner
