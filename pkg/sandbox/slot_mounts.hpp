// The file system of a slot: built once, and brought back to its first state between runs.
//
// Unlike a box (mount_tree.hpp), which has one layout, a slot is put together from a list of mounts
// in the order that its user wrote. Sources of bind mounts are cloned while the caller's rights
// still hold (clone_sources: in the keeper, or in the zygote of a caller without privilege), so
// that what lies below a 0700 directory can be shared. The rest happens after pivot_root(2), where
// every path resolves inside the slot and nothing hostile has run yet.
//
// The root is a tmpfs that ends up read-only. What a program can write is a tmpfs of the list, or a
// bind that is not read-only: there the host's permission bits decide against the program's host
// uid, as they do with go-judge; the slot's uids are nobody's on the host.
//
// Needs Linux 5.12 (mount_setattr). Sources: mount_setattr(2), open_tree, move_mount (Linux 5.2).
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <string>
#include <vector>

#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"
#include "pkg/sandbox/slot.hpp"

namespace assay::sandbox {

// Detached mounts with their attributes set.
struct SlotSources {
    std::vector<posix::UniqueFd> binds;  // one per mount of the spec; empty: no bind, or missing
    posix::UniqueFd null_device;
};

Result<SlotSources> clone_sources(const SlotSpec& spec);

// A detached mount of the calling process's pid namespace.
Result<posix::UniqueFd> new_proc();

class SlotTree {
  public:
    explicit SlotTree(const SlotSpec& spec) : spec_(spec) {}

    // Builds everything and leaves the root as current directory and the host's tree behind.
    // Returns the root; appends what could not be done, harmless, to `notes`.
    Result<posix::UniqueFd> build(SlotSources sources, std::vector<std::string>& notes);

    // From here on a tmpfs that is as it is now counts as untouched.
    Result<void> remember();

    // Replaces every tmpfs that a program changed, and puts back what is mounted in it. All
    // processes but the zygote are dead.
    Result<void> renew();

    // An error unless every tmpfs holds what it held when it was new.
    Result<void> prove_clean() const;

  private:
    // One entry of the spec that ends up somewhere in the tree.
    struct Step {
        enum class Kind { kBind, kTmpfs, kProc, kSymlink, kMask };
        Kind kind = Kind::kBind;
        std::string target;
        std::size_t index = 0;  // in its list of the spec
        std::string options;    // of a tmpfs, complete
        bool others_below = false;
        bool mounted = false;  // a bind, proc or mask that is there
        // Of a tmpfs: its root, and how it was when it was new.
        posix::UniqueFd root;
        struct statx first {};
        std::uint64_t inodes = 0;
        std::uint64_t blocks = 0;
        posix::UniqueFd kept;  // a clone of the mount while what lies around it is replaced
    };

    void list_steps();
    Result<void> enter_root();
    Result<void> attach_all(SlotSources sources);
    Result<void> make_target(const std::string& path, bool directory) const;
    Result<void> attach(const posix::UniqueFd& tree, const std::string& path) const;
    Result<void> mount_tmpfs(Step& step);
    Result<void> mount_proc(Step& step);
    Result<void> make_symlink(const Step& step) const;
    Result<void> mask(Step& step);
    Result<void> set_up_masks(const posix::UniqueFd& null_device);
    Result<void> remove_masks();
    Result<void> replace(std::size_t at);
    Result<void> put_back(Step& step);
    Result<bool> untouched(const Step& step) const;

    const SlotSpec& spec_;
    std::vector<Step> steps_;
    std::vector<posix::UniqueFd> proc_;  // one per kProc, made before the host's /proc is gone
    posix::UniqueFd root_;
};

}  // namespace assay::sandbox
