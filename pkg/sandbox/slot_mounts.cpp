#include "pkg/sandbox/slot_mounts.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "pkg/sandbox/skeleton.hpp"
#include "pkg/sandbox/tree_paths.hpp"

namespace assay::sandbox {
namespace {

using posix::UniqueFd;

// Where the two things that masks are clones of are kept while the slot is built.
constexpr const char* kMaskPlace = "/.masks";
constexpr const char* kEmptyDirectory = "/.masks/directory";
constexpr const char* kEmptyFile = "/.masks/file";

constexpr unsigned kRootBytes = 1u << 20;
constexpr unsigned kRootInodes = 1u << 14;

Result<void> set_attributes(const UniqueFd& tree, const std::string& path, std::uint64_t set) {
    mount_attr attributes{};
    attributes.attr_set = set;
    attributes.propagation = MS_PRIVATE;
    if (::mount_setattr(tree.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes,
                        sizeof attributes) != 0) {
        return system_error("cannot set the mount attributes of " + path, errno);
    }
    return {};
}

UniqueFd clone_tree(const std::string& path) {
    return UniqueFd(
        ::open_tree(AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));
}

Result<UniqueFd> clone_bind(const SlotMount& mount) {
    UniqueFd tree = clone_tree(mount.source);
    if (!tree && (errno == ENOENT || errno == ENOTDIR)) return tree;
    if (!tree) {
        Error error = system_error("cannot share " + mount.source, errno);
        if (errno == EACCES) error.kind = ErrorKind::kUsage;
        return error;
    }
    ASSAY_CHECK(set_attributes(tree, mount.source,
                               MOUNT_ATTR_NOSUID | (mount.read_only ? MOUNT_ATTR_RDONLY : 0)));
    return tree;
}

bool lies_below(const std::string& path, const std::string& directory) {
    return path.size() > directory.size() && path.starts_with(directory) &&
           (directory == "/" || path[directory.size()] == '/');
}

std::string absolute(const std::string& path) {
    return path.starts_with('/') ? path : "/" + path;
}

bool same_time(const statx_timestamp& a, const statx_timestamp& b) {
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

Result<struct statfs> usage_of(const UniqueFd& root, const std::string& path) {
    struct statfs usage {};
    if (::fstatfs(root.get(), &usage) != 0) return system_error("cannot examine " + path, errno);
    return usage;
}

Result<struct statx> status_of(const UniqueFd& root, const std::string& path) {
    struct statx status {};
    if (::statx(root.get(), "", AT_EMPTY_PATH, STATX_BASIC_STATS, &status) != 0) {
        return system_error("cannot examine " + path, errno);
    }
    return status;
}

}  // namespace

Result<UniqueFd> new_proc() {
    const UniqueFd context(::fsopen("proc", FSOPEN_CLOEXEC));
    if (!context || ::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
        return system_error("cannot open a proc file system", errno);
    }
    UniqueFd mount(::fsmount(context.get(), FSMOUNT_CLOEXEC,
                             MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC));
    if (!mount) return system_error("cannot mount a proc file system", errno);
    return mount;
}

Result<SlotSources> clone_sources(const SlotSpec& spec) {
    SlotSources sources;
    for (const SlotMount& mount : spec.mounts) {
        UniqueFd tree;
        if (mount.kind == SlotMountKind::kBind) {
            ASSAY_TRY(tree, clone_bind(mount));
        }
        sources.binds.push_back(std::move(tree));
    }
    sources.null_device = clone_tree("/dev/null");
    if (!sources.null_device) return system_error("cannot share /dev/null", errno);
    ASSAY_CHECK(set_attributes(sources.null_device, "/dev/null",
                               MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY));
    return sources;
}

void SlotTree::list_steps() {
    const auto add = [this](Step::Kind kind, const std::string& target, std::size_t index) {
        steps_.emplace_back();
        steps_.back().kind = kind;
        steps_.back().target = absolute(target);
        steps_.back().index = index;
    };
    constexpr Step::Kind kKinds[] = {Step::Kind::kBind, Step::Kind::kTmpfs, Step::Kind::kProc};
    for (std::size_t i = 0; i < spec_.mounts.size(); ++i) {
        const SlotMount& mount = spec_.mounts[i];
        add(kKinds[static_cast<int>(mount.kind)], mount.target, i);
        if (mount.kind != SlotMountKind::kTmpfs) continue;
        steps_.back().options = "uid=" + std::to_string(spec_.root_inside.uid) +
                                ",gid=" + std::to_string(spec_.root_inside.gid) +
                                (mount.options.empty() ? "" : "," + mount.options);
    }
    for (std::size_t i = 0; i < spec_.symlinks.size(); ++i) {
        add(Step::Kind::kSymlink, spec_.symlinks[i].path, i);
    }
    // The zygote is process 1: nothing of it can be seen.
    for (const SlotMount& mount : spec_.mounts) {
        if (mount.kind == SlotMountKind::kProc) add(Step::Kind::kMask, mount.target + "/1", 0);
    }
    for (const std::string& path : spec_.masked) add(Step::Kind::kMask, path, 0);
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        for (std::size_t j = i + 1; j < steps_.size(); ++j) {
            if (lies_below(steps_[j].target, steps_[i].target)) steps_[i].others_below = true;
        }
        if (lies_below(absolute(spec_.work_directory), steps_[i].target)) {
            steps_[i].others_below = true;
        }
    }
}

Result<UniqueFd> SlotTree::build(SlotSources sources, std::vector<std::string>& notes) {
    list_steps();
    for (const Step& step : steps_) {
        if (step.kind != Step::Kind::kProc) continue;
        Result<UniqueFd> proc = new_proc();
        if (!proc.has_value()) {
            // Inside a container whose own /proc is partly hidden the kernel refuses a fresh one.
            notes.push_back("no /proc in the slots: " + proc.error().message);
        }
        proc_.push_back(proc.has_value() ? std::move(*proc) : UniqueFd());
    }
    ASSAY_CHECK(enter_root());
    ASSAY_CHECK(set_up_masks(sources.null_device));
    ASSAY_CHECK(attach_all(std::move(sources)));
    ASSAY_CHECK(remove_masks());
    proc_.clear();
    ASSAY_CHECK(make_target(absolute(spec_.work_directory), true));
    mount_attr read_only{};
    read_only.attr_set = MOUNT_ATTR_RDONLY;
    if (::mount_setattr(root_.get(), "", AT_EMPTY_PATH, &read_only, sizeof read_only) != 0) {
        return system_error("cannot make the slot's root read-only", errno);
    }
    UniqueFd root(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root) return system_error("cannot open the slot's root", errno);
    return root;
}

Result<void> SlotTree::enter_root() {
    ASSAY_TRY(root_, new_tmpfs({kRootBytes, kRootInodes, "0755"}));
    // Attached over "/", where it hides nothing from us: our own root directory stays below it.
    // pivot_root(2) with "." twice stacks the host's root on ours.
    if (::move_mount(root_.get(), "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) != 0 ||
        ::fchdir(root_.get()) != 0 || ::syscall(SYS_pivot_root, ".", ".") != 0 ||
        ::umount2(".", MNT_DETACH) != 0) {
        return system_error("cannot enter the slot's root", errno);
    }
    struct stat here {};
    struct stat above {};
    if (::fstat(root_.get(), &here) != 0 || ::stat("/..", &above) != 0 || ::chdir("/") != 0) {
        return system_error("cannot examine the slot's root", errno);
    }
    if (here.st_dev == above.st_dev && here.st_ino == above.st_ino) return {};
    return Error{ErrorKind::kInternal, 0, "the host's tree is still above the slot's root", {}};
}

Result<void> SlotTree::attach_all(SlotSources sources) {
    for (Step& step : steps_) {
        switch (step.kind) {
            case Step::Kind::kBind: {
                const UniqueFd& tree = sources.binds[step.index];
                if (!tree) break;
                struct stat status {};
                if (::fstat(tree.get(), &status) != 0) {
                    return system_error("cannot examine the source of " + step.target, errno);
                }
                ASSAY_CHECK(make_target(step.target, S_ISDIR(status.st_mode)));
                ASSAY_CHECK(attach(tree, step.target));
                step.mounted = true;
                break;
            }
            case Step::Kind::kTmpfs:
                ASSAY_CHECK(make_target(step.target, true));
                ASSAY_CHECK(mount_tmpfs(step));
                break;
            case Step::Kind::kProc:
                ASSAY_CHECK(mount_proc(step));
                break;
            case Step::Kind::kSymlink:
                ASSAY_CHECK(make_symlink(step));
                break;
            case Step::Kind::kMask:
                ASSAY_CHECK(mask(step));
                break;
        }
    }
    return {};
}

// What is there already is taken as it is.
Result<void> SlotTree::make_target(const std::string& path, bool directory) const {
    if (::access(path.c_str(), F_OK) == 0) return {};
    if (path != "/") ASSAY_CHECK(make_target(parent_of(path), true));
    const bool made = directory ? ::mkdir(path.c_str(), 0755) == 0
                                : ::mknod(path.c_str(), S_IFREG | 0644, 0) == 0;
    if (made) return {};
    Error error = system_error("cannot make " + path + " in the slot", errno);
    error.kind = ErrorKind::kUsage;
    error.remedy = "what is mounted around it must have such an entry, or be mounted later";
    return error;
}

Result<void> SlotTree::attach(const UniqueFd& tree, const std::string& path) const {
    if (::move_mount(tree.get(), "", AT_FDCWD, path.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0) {
        return system_error("cannot mount on " + path + " in the slot", errno);
    }
    return {};
}

Result<void> SlotTree::mount_tmpfs(Step& step) {
    if (::mount("tmpfs", step.target.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOATIME,
                step.options.c_str()) != 0) {
        Error error = system_error("cannot mount a tmpfs on " + step.target, errno);
        if (errno == EINVAL) {
            error.kind = ErrorKind::kUsage;
            error.remedy = "its options are '" + step.options + "', see tmpfs(5)";
        }
        return error;
    }
    step.root.reset(::open(step.target.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!step.root) return system_error("cannot open " + step.target, errno);
    return {};
}

Result<void> SlotTree::mount_proc(Step& step) {
    const UniqueFd proc = std::move(proc_.front());
    proc_.erase(proc_.begin());
    ASSAY_CHECK(make_target(step.target, true));
    if (!proc) return {};
    ASSAY_CHECK(attach(proc, step.target));
    step.mounted = true;
    if (!spec_.mounts[step.index].read_only) return {};
    return set_attributes(proc, step.target, MOUNT_ATTR_RDONLY);
}

Result<void> SlotTree::make_symlink(const Step& step) const {
    ASSAY_CHECK(make_target(parent_of(step.target), true));
    const Symlink& link = spec_.symlinks[step.index];
    if (::symlink(link.target.c_str(), step.target.c_str()) != 0 && errno != EEXIST) {
        return system_error("cannot link " + step.target + " in the slot", errno);
    }
    return {};
}

Result<void> SlotTree::set_up_masks(const UniqueFd& null_device) {
    ASSAY_CHECK(make_target(kEmptyDirectory, true));
    ASSAY_CHECK(make_target(kEmptyFile, false));
    ASSAY_CHECK(attach(null_device, kEmptyFile));
    ASSAY_TRY(const UniqueFd empty, new_tmpfs({4096, 1, "0755"}));
    ASSAY_CHECK(set_attributes(empty, kEmptyDirectory, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV));
    return attach(empty, kEmptyDirectory);
}

Result<void> SlotTree::remove_masks() {
    if (::umount2(kEmptyDirectory, MNT_DETACH) != 0 || ::umount2(kEmptyFile, MNT_DETACH) != 0 ||
        ::rmdir(kEmptyDirectory) != 0 || ::unlink(kEmptyFile) != 0 || ::rmdir(kMaskPlace) != 0) {
        return system_error("cannot remove what the slot was built with", errno);
    }
    return {};
}

Result<void> SlotTree::mask(Step& step) {
    struct stat status {};
    if (::stat(step.target.c_str(), &status) != 0) return {};
    const UniqueFd empty = clone_tree(S_ISDIR(status.st_mode) ? kEmptyDirectory : kEmptyFile);
    if (!empty) return system_error("cannot mask " + step.target, errno);
    step.mounted = true;
    return attach(empty, step.target);
}

Result<void> SlotTree::remember() {
    for (Step& step : steps_) {
        if (step.kind != Step::Kind::kTmpfs) continue;
        ASSAY_TRY(step.first, status_of(step.root, step.target));
        ASSAY_TRY(const struct statfs usage, usage_of(step.root, step.target));
        step.inodes = usage.f_files - usage.f_ffree;
        step.blocks = usage.f_blocks - usage.f_bfree;
    }
    return {};
}

// Whatever is done to a directory changes its times, and nobody can set a change time back. Two
// acts within one tick of the clock may leave the same time behind; what they can leave else is
// compared by itself.
Result<bool> SlotTree::untouched(const Step& step) const {
    if (step.others_below) return false;
    ASSAY_TRY(const struct statx now, status_of(step.root, step.target));
    ASSAY_TRY(const struct statfs usage, usage_of(step.root, step.target));
    return same_time(now.stx_ctime, step.first.stx_ctime) &&
           same_time(now.stx_mtime, step.first.stx_mtime) &&
           same_time(now.stx_atime, step.first.stx_atime) && now.stx_mode == step.first.stx_mode &&
           now.stx_uid == step.first.stx_uid && now.stx_gid == step.first.stx_gid &&
           now.stx_nlink == step.first.stx_nlink && usage.f_files - usage.f_ffree == step.inodes &&
           usage.f_blocks - usage.f_bfree == step.blocks &&
           ::flistxattr(step.root.get(), nullptr, 0) <= 0;
}

Result<void> SlotTree::renew() {
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        if (steps_[i].kind != Step::Kind::kTmpfs) continue;
        ASSAY_TRY(const bool clean, untouched(steps_[i]));
        if (!clean) ASSAY_CHECK(replace(i));
    }
    return remember();
}

Result<void> SlotTree::replace(std::size_t at) {
    Step& outer = steps_[at];
    const auto inside = [&](const Step& step) { return lies_below(step.target, outer.target); };
    // The tmpfs inside go first, so that no clone takes an old one along.
    for (std::size_t i = steps_.size() - 1; i > at && outer.others_below; --i) {
        if (steps_[i].kind != Step::Kind::kTmpfs || !inside(steps_[i])) continue;
        steps_[i].root.reset();
        if (::umount2(steps_[i].target.c_str(), MNT_DETACH) != 0) {
            return system_error("cannot drop the tmpfs on " + steps_[i].target, errno);
        }
    }
    for (std::size_t i = at + 1; i < steps_.size() && outer.others_below; ++i) {
        Step& step = steps_[i];
        if (!step.mounted || !inside(step)) continue;
        step.kept = clone_tree(step.target);
        if (!step.kept) return system_error("cannot keep " + step.target, errno);
    }
    outer.root.reset();
    if (::umount2(outer.target.c_str(), MNT_DETACH) != 0) {
        return system_error("cannot drop the tmpfs on " + outer.target, errno);
    }
    ASSAY_CHECK(mount_tmpfs(outer));
    for (std::size_t i = at + 1; i < steps_.size() && outer.others_below; ++i) {
        if (inside(steps_[i])) ASSAY_CHECK(put_back(steps_[i]));
    }
    const std::string work = absolute(spec_.work_directory);
    return lies_below(work, outer.target) ? make_target(work, true) : Result<void>{};
}

Result<void> SlotTree::put_back(Step& step) {
    if (step.kind == Step::Kind::kSymlink) return make_symlink(step);
    if (step.kind == Step::Kind::kTmpfs) {
        ASSAY_CHECK(make_target(step.target, true));
        return mount_tmpfs(step);
    }
    const UniqueFd tree = std::move(step.kept);
    if (!tree) return {};
    struct stat status {};
    if (::fstat(tree.get(), &status) != 0) {
        return system_error("cannot examine " + step.target, errno);
    }
    ASSAY_CHECK(make_target(step.target, S_ISDIR(status.st_mode)));
    return attach(tree, step.target);
}

Result<void> SlotTree::prove_clean() const {
    for (const Step& step : steps_) {
        if (step.kind != Step::Kind::kTmpfs || step.others_below) continue;
        ASSAY_TRY(const struct statfs usage, usage_of(step.root, step.target));
        if (usage.f_files - usage.f_ffree > 1 || usage.f_blocks != usage.f_bfree) {
            return Error{
                ErrorKind::kInternal, 0, "the tmpfs on " + step.target + " is not empty", {}};
        }
    }
    return {};
}

}  // namespace assay::sandbox
