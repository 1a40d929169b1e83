// Standard input that cannot be turned into an output.
//
// A descriptor opened for reading is also a name: /proc/self/fd/0 can be opened again, for writing,
// by whoever may write the file, and a program that has its caller's uid may. So a regular file is
// opened anew through a read-only mount of its own; the new descriptor leads back to that mount
// only.
#pragma once

#include <utility>

#include "pkg/posix/unique_fd.hpp"

namespace assay::sandbox {

class GuardedInput {
  public:
    GuardedInput() = default;
    // Needs the right to mount: runs in the init, while the host's tree is still there, or as root.
    // What is no regular file opened for reading, or cannot be reached by its path with the
    // caller's rights, is passed on as it is.
    explicit GuardedInput(int original);

    // What the program gets.
    int descriptor() const { return guarded_ ? guarded_.get() : original_; }
    // The new descriptor, for a caller who does not share its position; empty where there is none.
    posix::UniqueFd take() { return std::move(guarded_); }
    // Descriptors that must stay open for give_back_position(); -1 for none.
    int kept_original() const { return guarded_ ? original_ : -1; }
    int kept_guarded() const { return guarded_.get(); }

    // The caller goes on reading where the program stopped, as with a shared descriptor.
    void give_back_position() const;

  private:
    int original_ = -1;
    posix::UniqueFd guarded_;
};

}  // namespace assay::sandbox
