#include "pkg/sandbox/mount_tree.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "pkg/posix/files.hpp"
#include "pkg/sandbox/skeleton.hpp"
#include "pkg/sandbox/tree_paths.hpp"

namespace assay::sandbox {
namespace {

using posix::UniqueFd;

// Files of /proc that tell of the host and that everybody may read; the mount is read-only besides.
constexpr const char* kMaskedProcFiles[] = {"kallsyms", "keys", "timer_list"};
constexpr const char* kMaskedProcDirectories[] = {"acpi", "scsi"};

Result<void> attach(const UniqueFd& tree, const UniqueFd& target, const std::string& path) {
    if (::move_mount(tree.get(), "", target.get(), "",
                     MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0) {
        return system_error("cannot mount on " + path + " in the sandbox", errno);
    }
    return {};
}

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

Result<void> make_read_only(const UniqueFd& mount, const std::string& path, unsigned flags = 0) {
    mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_RDONLY;
    if (::mount_setattr(mount.get(), "", AT_EMPTY_PATH | flags, &attributes, sizeof attributes) !=
        0) {
        return system_error("cannot make " + path + " read-only", errno);
    }
    return {};
}

class TreeBuilder {
  public:
    TreeBuilder(const FilesystemSpec& spec, Tree& tree, const Identity& identity)
        : spec_(spec), tree_(tree), identity_(identity) {}

    Result<UniqueFd> build(bool terminal) {
        ASSAY_CHECK(make_root(terminal));
        ASSAY_CHECK(mount_writable_directories());
        ASSAY_CHECK(mount_binds_and_tmpfs());
        for (const Source& device : tree_.devices) ASSAY_CHECK(mount_source(device));
        if (terminal) ASSAY_CHECK(mount_terminals());
        ASSAY_CHECK(mount_proc());
        ASSAY_CHECK(copy_files_in());
        if (!tree_.skeleton) ASSAY_CHECK(limit_scratch(scratch_, spec_));
        ASSAY_CHECK(pivot());
        if (!has_rootfs()) ASSAY_CHECK(make_read_only(root_, "/"));
        return std::move(root_);
    }

  private:
    bool has_rootfs() const { return static_cast<bool>(tree_.rootfs); }

    Result<void> make_root(bool terminal) {
        if (tree_.skeleton) {
            scratch_.reset(::fcntl(tree_.skeleton.get(), F_DUPFD_CLOEXEC, 0));
        } else {
            ASSAY_TRY(scratch_, new_scratch());
        }
        // Attached over "/", where it hides nothing from us: our own root directory stays below it.
        if (::move_mount(scratch_.get(), "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) != 0) {
            return system_error("cannot attach the sandbox's root", errno);
        }
        if (has_rootfs()) {
            ASSAY_CHECK(make_overlay());
        } else {
            root_.reset(::fcntl(scratch_.get(), F_DUPFD_CLOEXEC, 0));
        }
        return tree_.skeleton ? Result<void>{}
                              : furnish(root_, spec_,
                                        {identity_.program_inside, tree_.binds, false, terminal});
    }

    Result<void> make_overlay() {
        for (const char* name : {"/lower", "/upper", "/work", "/root"}) {
            ASSAY_CHECK(make_directory(scratch_.get(), name));
        }
        ASSAY_TRY(const UniqueFd lower, make_directory(scratch_.get(), "/lower"));
        ASSAY_CHECK(attach(tree_.rootfs, lower, "/lower"));
        ASSAY_CHECK(own("/upper", scratch_.get()));
        if (::fchdir(scratch_.get()) != 0)
            return system_error("cannot enter the scratch space", errno);
        const UniqueFd context(::fsopen("overlay", FSOPEN_CLOEXEC));
        const auto set = [&](const char* key, const char* value) {
            return ::fsconfig(context.get(), FSCONFIG_SET_STRING, key, value, 0) == 0;
        };
        if (!context || !set("lowerdir", "lower") || !set("upperdir", "upper") ||
            !set("workdir", "work") ||
            ::fsconfig(context.get(), FSCONFIG_SET_FLAG, "userxattr", nullptr, 0) != 0 ||
            ::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
            return system_error("cannot lay an overlay over " + spec_.rootfs, errno);
        }
        root_.reset(
            ::fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
        if (!root_) return system_error("cannot mount the overlay", errno);
        ASSAY_TRY(const UniqueFd target, make_directory(scratch_.get(), "/root"));
        return attach(root_, target, "/root");
    }

    // With a rootfs the directories of the overlay are covered by ones of the scratch tmpfs.
    Result<UniqueFd> scratch_directory(const std::string& path) {
        ASSAY_TRY(UniqueFd directory, make_directory(scratch_.get(), "/writable" + path));
        ASSAY_CHECK(open_to_program(directory.get(), spec_, path, identity_.program_inside));
        return directory;
    }

    Result<void> mount_writable(const std::string& path) {
        ASSAY_TRY(const UniqueFd target, make_directory(root_.get(), path));
        UniqueFd elsewhere;
        if (has_rootfs()) {
            ASSAY_TRY(elsewhere, scratch_directory(path));
        }
        const UniqueFd tree(::open_tree((has_rootfs() ? elsewhere : target).get(), "",
                                        OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH));
        mount_attr attributes{};
        attributes.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
        if (!tree ||
            ::mount_setattr(tree.get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0) {
            return system_error("cannot clone " + path, errno);
        }
        return attach(tree, target, path);
    }

    Result<void> mount_writable_directories() {
        for (const char* path : kSharedWritable) ASSAY_CHECK(mount_writable(path));
        return mount_writable(spec_.home);
    }

    Result<void> own(const std::string& path, int root) {
        const UniqueFd file = open_in(root, path, O_PATH, RESOLVE_IN_ROOT);
        if (!file || ::fchownat(file.get(), "", identity_.program_inside.uid,
                                identity_.program_inside.gid, AT_EMPTY_PATH) != 0) {
            return system_error("cannot give " + path + " to the program", errno);
        }
        return {};
    }

    // The skeleton has the place, unless it lies inside another mount: that one must have it then.
    Result<void> mount_source(const Source& source) {
        const UniqueFd target = open_in(root_.get(), source.destination, O_PATH, RESOLVE_IN_ROOT);
        if (!target) {
            Error error =
                system_error("cannot mount on " + source.destination + " in the sandbox", errno);
            error.kind = ErrorKind::kUsage;
            error.remedy = "the directory around it is shown from the host and has no such entry";
            return error;
        }
        return attach(source.tree, target, source.destination);
    }

    Result<void> mount_tmpfs(const TmpfsMount& tmpfs) {
        ASSAY_TRY(const UniqueFd mount,
                  new_tmpfs({tmpfs.size_bytes.value_or(spec_.disk_bytes), spec_.inodes, "0755"}));
        ASSAY_TRY(const UniqueFd target, make_directory(root_.get(), tmpfs.destination));
        ASSAY_CHECK(attach(mount, target, tmpfs.destination));
        return own(tmpfs.destination, root_.get());
    }

    // Outer places before the ones inside them, else in the order asked.
    Result<void> mount_binds_and_tmpfs() {
        const auto depth = [](const std::string& path) { return std::ranges::count(path, '/'); };
        std::vector<const Source*> binds;
        for (const Source& source : tree_.binds) binds.push_back(&source);
        std::ranges::stable_sort(binds, {}, [&](const Source* s) { return depth(s->destination); });
        for (const TmpfsMount& tmpfs : spec_.tmpfs) {
            while (!binds.empty() &&
                   depth(binds.front()->destination) <= depth(tmpfs.destination)) {
                ASSAY_CHECK(mount_source(*binds.front()));
                binds.erase(binds.begin());
            }
            ASSAY_CHECK(mount_tmpfs(tmpfs));
        }
        for (const Source* bind : binds) ASSAY_CHECK(mount_source(*bind));
        return {};
    }

    Result<void> mount_proc() {
        ASSAY_TRY(const UniqueFd target, make_directory(root_.get(), "/proc"));
        Result<UniqueFd> proc = new_proc();
        if (!proc.has_value()) {
            // Inside a container whose own /proc is partly hidden the kernel refuses a fresh one.
            tree_.notes.push_back("no /proc: " + proc.error().message);
            return {};
        }
        ASSAY_CHECK(attach(*proc, target, "/proc"));
        for (const char* name : kMaskedProcFiles) ASSAY_CHECK(cover(*proc, name, "dev/null"));
        for (const char* name : kMaskedProcDirectories) ASSAY_CHECK(cover(*proc, name, "run"));
        return make_read_only(*proc, "/proc", AT_RECURSIVE);
    }

    // Mounts something empty of the root on an entry of /proc, if there is one.
    Result<void> cover(const UniqueFd& proc, const char* name, const char* with) {
        const UniqueFd entry(::openat(proc.get(), name, O_PATH | O_CLOEXEC));
        if (!entry) return {};
        const UniqueFd empty(::open_tree(root_.get(), with, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
        if (!empty) return system_error(std::string("cannot clone /") + with, errno);
        return attach(empty, entry, std::string("/proc/") + name);
    }

    Result<void> mount_terminals() {
        const UniqueFd context(::fsopen("devpts", FSOPEN_CLOEXEC));
        const auto set = [&](const char* key, const char* value) {
            return ::fsconfig(context.get(), FSCONFIG_SET_STRING, key, value, 0) == 0;
        };
        if (!context || !set("ptmxmode", "0666") || !set("mode", "0600") || !set("max", "64") ||
            ::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
            return system_error("cannot open a devpts file system", errno);
        }
        const UniqueFd mount(
            ::fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC));
        if (!mount) return system_error("cannot mount a devpts file system", errno);
        ASSAY_TRY(const UniqueFd target, make_directory(root_.get(), "/dev/pts"));
        return attach(mount, target, "/dev/pts");
    }

    Result<void> copy_files_in() {
        for (const CopySource& source : tree_.copies) {
            if (Result<void> copied = copy_in(source); !copied.has_value()) {
                Error error = std::move(copied).error();
                return Error{ErrorKind::kUsage, error.os_error,
                             "cannot copy " + source.name + " to " + source.destination +
                                 " in the sandbox: " + error.message,
                             "choose a place below /tmp or " + spec_.home};
            }
        }
        return {};
    }

    Result<void> copy_in(const CopySource& source) {
        constexpr std::uint64_t kStrict =
            RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
        const UniqueFd parent =
            open_in(root_.get(), parent_of(source.destination), O_PATH | O_DIRECTORY, kStrict);
        if (!parent) return system_error("cannot open its directory", errno);
        ASSAY_TRY(const UniqueFd file,
                  posix::open_at(parent.get(), last_of(source.destination),
                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
        ASSAY_CHECK(copy_content(source.file, file));
        if (::fchown(file.get(), identity_.program_inside.uid, identity_.program_inside.gid) != 0 ||
            ::fchmod(file.get(), source.mode | S_IRUSR) != 0) {
            return system_error("cannot give it to the program", errno);
        }
        return {};
    }

    // pivot_root(2) with "." twice stacks the host's root on ours; with a rootfs the scratch tmpfs
    // lies on top of that.
    Result<void> pivot() {
        if (::fchdir(root_.get()) != 0)
            return system_error("cannot enter the sandbox's root", errno);
        if (::syscall(SYS_pivot_root, ".", ".") != 0) return system_error("cannot pivot", errno);
        for (int stacked = has_rootfs() ? 2 : 1; stacked > 0; --stacked) {
            if (::umount2(".", MNT_DETACH) != 0) {
                return system_error("cannot drop the host's tree", errno);
            }
        }
        return check_nothing_above();
    }

    // ".." of a root on which something is still mounted leads there.
    static Result<void> check_nothing_above() {
        struct stat here {};
        struct stat above {};
        if (::stat(".", &here) != 0 || ::stat("..", &above) != 0) {
            return system_error("cannot examine the sandbox's root", errno);
        }
        if (here.st_dev == above.st_dev && here.st_ino == above.st_ino) return {};
        return Error{
            ErrorKind::kInternal, 0, "the host's tree is still above the sandbox's root", {}};
    }

    const FilesystemSpec& spec_;
    Tree& tree_;
    const Identity& identity_;
    UniqueFd scratch_;
    UniqueFd root_;
};

}  // namespace

Result<UniqueFd> attach_tree(const FilesystemSpec& spec, Tree& tree, const Identity& identity,
                             bool terminal) {
    return TreeBuilder(spec, tree, identity).build(terminal);
}

}  // namespace assay::sandbox
