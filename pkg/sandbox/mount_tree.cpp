#include "pkg/sandbox/mount_tree.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string_view>

#include "pkg/posix/files.hpp"

namespace assay::sandbox {
namespace {

using posix::UniqueFd;

// Files of /proc that tell of the host or of other users, as container engines mask them too. What
// remains is world-readable by the kernel's own judgement, and the mount is read-only.
constexpr const char* kMaskedProcFiles[] = {"kcore", "kallsyms", "keys", "timer_list", "sysrq-trigger"};

// A tmpfs that starts without limits can never get one; this start is large and can be lowered.
constexpr std::uint64_t kUnlimited = std::uint64_t{1} << 40;

UniqueFd open_in(int root, const std::string& path, std::uint64_t flags, std::uint64_t resolve) {
    open_how how{};
    how.flags = flags | O_CLOEXEC;
    how.resolve = resolve;
    const char* relative = path.c_str();
    while (*relative == '/') ++relative;
    return UniqueFd(static_cast<int>(
        ::syscall(SYS_openat2, root, *relative == '\0' ? "." : relative, &how, sizeof how)));
}

std::string parent_of(const std::string& path) {
    const std::size_t slash = path.find_last_of('/');
    return slash == std::string::npos || slash == 0 ? "/" : path.substr(0, slash);
}

std::string last_of(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

// The directory, made with its parents where missing. Symbolic links resolve inside the root.
Result<UniqueFd> make_directory(int root, const std::string& path, mode_t mode = 0755) {
    UniqueFd found = open_in(root, path, O_PATH | O_DIRECTORY, RESOLVE_IN_ROOT);
    if (found) return found;
    if (errno != ENOENT || path == "/") return system_error("cannot make " + path, errno);
    ASSAY_TRY(const UniqueFd parent, make_directory(root, parent_of(path)));
    const std::string name = last_of(path);
    if (::mkdirat(parent.get(), name.c_str(), mode) != 0 && errno != EEXIST) {
        return system_error("cannot make " + path + " in the sandbox", errno);
    }
    found = open_in(root, path, O_PATH | O_DIRECTORY, RESOLVE_IN_ROOT);
    if (!found) return system_error("cannot open " + path + " in the sandbox", errno);
    return found;
}

Result<UniqueFd> make_file(int root, const std::string& path) {
    UniqueFd found = open_in(root, path, O_PATH, RESOLVE_IN_ROOT);
    if (found) return found;
    ASSAY_TRY(const UniqueFd parent, make_directory(root, parent_of(path)));
    ASSAY_TRY(UniqueFd file, posix::open_at(parent.get(), last_of(path), O_CREAT | O_RDONLY, 0644));
    return file;
}

Result<void> attach(const UniqueFd& tree, const UniqueFd& target, const std::string& path) {
    if (::move_mount(tree.get(), "", target.get(), "",
                     MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0) {
        return system_error("cannot mount on " + path + " in the sandbox", errno);
    }
    return {};
}

struct TmpfsOptions {
    std::uint64_t bytes = 0;
    std::uint64_t inodes = 0;
    const char* mode = "0755";
};

// A detached tmpfs.
Result<UniqueFd> new_tmpfs(const TmpfsOptions& options) {
    const UniqueFd context(::fsopen("tmpfs", FSOPEN_CLOEXEC));
    if (!context) return system_error("cannot open a tmpfs", errno);
    const auto set = [&](const char* key, const std::string& value) {
        return ::fsconfig(context.get(), FSCONFIG_SET_STRING, key, value.c_str(), 0) == 0;
    };
    if (!set("source", "assay") || !set("mode", options.mode) ||
        !set("size", std::to_string(options.bytes)) ||
        !set("nr_inodes", std::to_string(options.inodes)) ||
        ::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
        return system_error("cannot configure a tmpfs", errno);
    }
    UniqueFd mount(
        ::fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
    if (!mount) return system_error("cannot mount a tmpfs", errno);
    return mount;
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

Result<void> make_read_only(const UniqueFd& mount, const std::string& path) {
    mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_RDONLY;
    if (::mount_setattr(mount.get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0) {
        return system_error("cannot make " + path + " read-only", errno);
    }
    return {};
}

class RootBuilder {
  public:
    RootBuilder(const FilesystemSpec& spec, const Sources& sources, const Identity& identity,
                std::vector<std::string>& notes)
        : spec_(spec), sources_(sources), identity_(identity), notes_(notes) {}

    Result<UniqueFd> build(bool terminal) {
        ASSAY_CHECK(make_root());
        ASSAY_CHECK(make_writable_directories());
        ASSAY_CHECK(make_system_files());
        ASSAY_CHECK(mount_binds_and_tmpfs());
        ASSAY_CHECK(make_devices(terminal));
        ASSAY_CHECK(mount_proc());
        ASSAY_CHECK(copy_files_in());
        ASSAY_CHECK(apply_disk_limits());
        ASSAY_CHECK(pivot());
        if (!has_rootfs()) ASSAY_CHECK(make_read_only(root_, "/"));
        return std::move(root_);
    }

  private:
    bool has_rootfs() const { return static_cast<bool>(sources_.rootfs); }

    Result<void> make_root() {
        ASSAY_TRY(scratch_, new_tmpfs({kUnlimited, kUnlimited, "0755"}));
        // Attached over "/", where it hides nothing from us: our own root directory stays below it.
        if (::move_mount(scratch_.get(), "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) != 0) {
            return system_error("cannot attach the sandbox's root", errno);
        }
        if (!has_rootfs()) {
            root_.reset(::fcntl(scratch_.get(), F_DUPFD_CLOEXEC, 0));
            return {};
        }
        return make_overlay();
    }

    Result<void> make_overlay() {
        for (const char* name : {"/lower", "/upper", "/work", "/root"}) {
            ASSAY_CHECK(make_directory(scratch_.get(), name));
        }
        ASSAY_TRY(const UniqueFd lower, make_directory(scratch_.get(), "/lower"));
        ASSAY_CHECK(attach(sources_.rootfs, lower, "/lower"));
        ASSAY_CHECK(own("/upper", scratch_.get()));
        if (::fchdir(scratch_.get()) != 0) return system_error("cannot enter the scratch space", errno);
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

    // A directory of the scratch tmpfs that is writable at `path` of the root.
    Result<void> make_writable_directory(const std::string& path, mode_t mode) {
        ASSAY_TRY(const UniqueFd target, make_directory(root_.get(), path));
        const std::string backing = has_rootfs() ? "/writable" + path : path;
        ASSAY_TRY(const UniqueFd directory, make_directory(scratch_.get(), backing));
        UniqueFd tree(::open_tree(directory.get(), "",
                                  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH));
        if (!tree) return system_error("cannot clone " + path, errno);
        if (::fchmodat(tree.get(), ".", mode, 0) != 0) {
            return system_error("cannot set the mode of " + path, errno);
        }
        return attach(tree, target, path);
    }

    Result<void> make_writable_directories() {
        for (const char* path : {"/tmp", "/var/tmp", "/dev/shm"}) {
            ASSAY_CHECK(make_writable_directory(path, 01777));
        }
        ASSAY_CHECK(make_writable_directory(spec_.home, 0700));
        return own(spec_.home, root_.get());
    }

    Result<void> own(const std::string& path, int root) {
        const UniqueFd file = open_in(root, path, O_PATH, RESOLVE_IN_ROOT);
        if (!file || ::fchownat(file.get(), "", identity_.program_inside.uid,
                                identity_.program_inside.gid, AT_EMPTY_PATH) != 0) {
            return system_error("cannot give " + path + " to the program", errno);
        }
        return {};
    }

    Result<void> make_system_files() {
        for (const Symlink& link : spec_.symlinks) {
            ASSAY_TRY(const UniqueFd parent, make_directory(root_.get(), parent_of(link.path)));
            if (::symlinkat(link.target.c_str(), parent.get(), last_of(link.path).c_str()) != 0) {
                return system_error("cannot link " + link.path, errno);
            }
        }
        for (const GeneratedFile& file : spec_.files) {
            ASSAY_TRY(const UniqueFd parent, make_directory(root_.get(), parent_of(file.path)));
            ASSAY_TRY(const UniqueFd fd, posix::open_at(parent.get(), last_of(file.path),
                                                        O_WRONLY | O_CREAT | O_EXCL, 0644));
            ASSAY_CHECK(posix::write_all(fd.get(), file.content, file.path));
        }
        return {};
    }

    Result<void> mount_source(const Source& source) {
        ASSAY_TRY(const UniqueFd target, source.directory
                                             ? make_directory(root_.get(), source.destination)
                                             : make_file(root_.get(), source.destination));
        return attach(source.tree, target, source.destination);
    }

    Result<void> mount_tmpfs(const TmpfsMount& tmpfs) {
        ASSAY_TRY(const UniqueFd mount, new_tmpfs({tmpfs.size_bytes.value_or(spec_.disk_bytes),
                                                   spec_.inodes, "0755"}));
        ASSAY_TRY(const UniqueFd target, make_directory(root_.get(), tmpfs.destination));
        ASSAY_CHECK(attach(mount, target, tmpfs.destination));
        return own(tmpfs.destination, root_.get());
    }

    // Outer places before the ones inside them, else in the order asked.
    Result<void> mount_binds_and_tmpfs() {
        const auto depth = [](const std::string& path) { return std::ranges::count(path, '/'); };
        std::vector<const Source*> binds;
        for (const Source& source : sources_.binds) binds.push_back(&source);
        std::ranges::stable_sort(binds, {}, [&](const Source* s) { return depth(s->destination); });
        for (const TmpfsMount& tmpfs : spec_.tmpfs) {
            while (!binds.empty() && depth(binds.front()->destination) <= depth(tmpfs.destination)) {
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
            notes_.push_back("no /proc: " + proc.error().message);
            return {};
        }
        ASSAY_CHECK(attach(*proc, target, "/proc"));
        for (const char* name : kMaskedProcFiles) {
            const UniqueFd file(::openat(proc->get(), name, O_PATH | O_CLOEXEC));
            if (!file) continue;
            const UniqueFd null(::open_tree(sources_.devices.front().tree.get(), "",
                                            OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH));
            if (!null) return system_error("cannot clone /dev/null", errno);
            ASSAY_CHECK(attach(null, file, std::string("/proc/") + name));
        }
        return make_read_only(*proc, "/proc");
    }

    Result<void> make_devices(bool terminal) {
        for (const Source& device : sources_.devices) ASSAY_CHECK(mount_source(device));
        ASSAY_TRY(const UniqueFd dev, make_directory(root_.get(), "/dev"));
        const std::pair<const char*, const char*> links[] = {{"/proc/self/fd", "fd"},
                                                             {"/proc/self/fd/0", "stdin"},
                                                             {"/proc/self/fd/1", "stdout"},
                                                             {"/proc/self/fd/2", "stderr"},
                                                             {"pts/ptmx", "ptmx"}};
        for (const auto& [to, name] : links) {
            if (::symlinkat(to, dev.get(), name) != 0 && errno != EEXIST) {
                return system_error(std::string("cannot link /dev/") + name, errno);
            }
        }
        return terminal ? mount_terminals() : Result<void>{};
    }

    Result<void> mount_terminals() {
        ASSAY_CHECK(make_directory(root_.get(), "/dev/pts"));
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
        for (const CopySource& source : sources_.copies) {
            if (Result<void> copied = copy_in(source); !copied.has_value()) {
                Error error = std::move(copied).error();
                return Error{ErrorKind::kUsage, error.os_error,
                             "cannot copy " + source.name + " to " + source.destination + " in the sandbox: " +
                                 error.message,
                             "choose a place below /tmp or " + spec_.home};
            }
        }
        return {};
    }

    Result<void> copy_in(const CopySource& source) {
        ASSAY_CHECK(make_directory(root_.get(), parent_of(source.destination)));
        constexpr std::uint64_t kStrict = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
        const UniqueFd parent =
            open_in(root_.get(), parent_of(source.destination), O_PATH | O_DIRECTORY, kStrict);
        if (!parent) return system_error("cannot open its directory", errno);
        ASSAY_TRY(const UniqueFd file,
                  posix::open_at(parent.get(), last_of(source.destination),
                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
        for (;;) {
            const ssize_t count =
                ::sendfile(file.get(), source.file.get(), nullptr, std::size_t{1} << 30);
            if (count < 0) return system_error("cannot write", errno);
            if (count == 0) break;
        }
        if (::fchown(file.get(), identity_.program_inside.uid, identity_.program_inside.gid) != 0 ||
            ::fchmod(file.get(), source.mode | S_IRUSR) != 0) {
            return system_error("cannot give it to the program", errno);
        }
        return {};
    }

    // The limits count from here: what the box itself put on the tmpfs is not the program's.
    Result<void> apply_disk_limits() {
        struct statfs used {};
        if (::fstatfs(scratch_.get(), &used) != 0) return system_error("cannot examine the tmpfs", errno);
        const UniqueFd context(::fspick(scratch_.get(), "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH));
        const auto block = static_cast<std::uint64_t>(used.f_bsize);
        const std::string size =
            std::to_string(spec_.disk_bytes + (used.f_blocks - used.f_bfree) * block);
        const std::string inodes = std::to_string(spec_.inodes + used.f_files - used.f_ffree);
        if (!context ||
            ::fsconfig(context.get(), FSCONFIG_SET_STRING, "size", size.c_str(), 0) != 0 ||
            ::fsconfig(context.get(), FSCONFIG_SET_STRING, "nr_inodes", inodes.c_str(), 0) != 0 ||
            ::fsconfig(context.get(), FSCONFIG_CMD_RECONFIGURE, nullptr, nullptr, 0) != 0) {
            return system_error("cannot limit the tmpfs", errno);
        }
        return {};
    }

    Result<void> pivot() {
        if (::fchdir(root_.get()) != 0) return system_error("cannot enter the sandbox's root", errno);
        if (::syscall(SYS_pivot_root, ".", ".") != 0) return system_error("cannot pivot", errno);
        if (::umount2(".", MNT_DETACH) != 0) return system_error("cannot drop the host's tree", errno);
        return {};
    }

    const FilesystemSpec& spec_;
    const Sources& sources_;
    const Identity& identity_;
    std::vector<std::string>& notes_;
    UniqueFd scratch_;
    UniqueFd root_;
};

}  // namespace

Result<UniqueFd> build_root(const FilesystemSpec& spec, const Sources& sources,
                            const Identity& identity, bool terminal, std::vector<std::string>& notes) {
    return RootBuilder(spec, sources, identity, notes).build(terminal);
}

}  // namespace assay::sandbox
