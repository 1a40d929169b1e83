#include "pkg/sandbox/skeleton.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <unordered_map>
#include <utility>

#include "pkg/posix/files.hpp"
#include "pkg/sandbox/tree_paths.hpp"

namespace assay::sandbox {
namespace {

using posix::UniqueFd;

// Large, and may be lowered.
constexpr std::uint64_t kUnlimited = std::uint64_t{1} << 40;

// Modes are meant as written, whatever the caller's umask.
class ZeroUmask {
  public:
    ZeroUmask() : saved_(::umask(0)) {}
    ~ZeroUmask() { ::umask(saved_); }
    ZeroUmask(const ZeroUmask&) = delete;
    ZeroUmask& operator=(const ZeroUmask&) = delete;

  private:
    mode_t saved_;
};

class Furnisher {
  public:
    Furnisher(const UniqueFd& root, const FilesystemSpec& spec, const FurnishOptions& options)
        : root_(root.get()), spec_(spec), options_(options) {}

    Result<void> furnish() {
        const ZeroUmask exact_modes;
        ASSAY_CHECK(make_writable_directories());
        ASSAY_CHECK(make_links_and_files());
        ASSAY_CHECK(copy_host_files());
        ASSAY_CHECK(make_mount_points());
        ASSAY_CHECK(make_devices());
        return make_copy_targets();
    }

  private:
    Result<void> make_writable_directories() {
        for (const char* path : kSharedWritable) ASSAY_CHECK(make_writable(path));
        return make_writable(spec_.home);
    }

    // The directory at `path`, made with its parents and opened. Looked up once: most entries share
    // a few parents.
    Result<int> directory(const std::string& path) {
        if (const auto known = directories_.find(path); known != directories_.end()) {
            return known->second.get();
        }
        UniqueFd made;
        if (path == "/" || !spec_.rootfs.empty()) {
            ASSAY_TRY(made, make_directory(root_, path));
        } else {
            // Nobody but us has made anything here: there is no link to be careful of.
            ASSAY_TRY(const int parent, directory(parent_of(path)));
            ASSAY_CHECK(make_in(parent, path));
            ASSAY_TRY(made,
                      posix::open_at(parent, last_of(path), O_PATH | O_DIRECTORY | O_NOFOLLOW));
        }
        const int fd = made.get();
        directories_.emplace(path, std::move(made));
        return fd;
    }

    // The same for one in which nothing is made: it need not be opened.
    Result<void> make_leaf(const std::string& path) {
        if (path == "/" || !spec_.rootfs.empty()) {
            ASSAY_CHECK(directory(path));
            return {};
        }
        ASSAY_TRY(const int parent, directory(parent_of(path)));
        return make_in(parent, path);
    }

    static Result<void> make_in(int parent, const std::string& path) {
        if (::mkdirat(parent, last_of(path).c_str(), 0755) == 0 || errno == EEXIST) return {};
        return system_error("cannot make " + path + " in the sandbox", errno);
    }

    Result<void> make_writable(const std::string& path) {
        ASSAY_TRY(const int writable, directory(path));
        // With a rootfs, what is writable is a directory elsewhere that is mounted here.
        if (!spec_.rootfs.empty()) return {};
        return open_to_program(writable, spec_, path, options_.owner);
    }

    Result<void> make_links_and_files() {
        for (const Symlink& link : spec_.symlinks) {
            ASSAY_TRY(const int parent, directory(parent_of(link.path)));
            if (::symlinkat(link.target.c_str(), parent, last_of(link.path).c_str()) != 0) {
                return system_error("cannot link " + link.path, errno);
            }
        }
        for (const GeneratedFile& file : spec_.files) {
            ASSAY_TRY(const UniqueFd fd, new_file(file.path));
            ASSAY_CHECK(posix::write_all(fd.get(), file.content, file.path));
        }
        return {};
    }

    Result<void> copy_host_files() {
        for (const std::string& path : spec_.copied_files) {
            const UniqueFd source(
                ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
            if (!source) continue;
            ASSAY_TRY(const UniqueFd copy, new_file(path));
            ASSAY_CHECK(copy_content(source, copy));
        }
        return {};
    }

    Result<UniqueFd> new_file(const std::string& path) {
        ASSAY_TRY(const int parent, directory(parent_of(path)));
        return posix::open_at(parent, last_of(path), O_WRONLY | O_CREAT | O_EXCL, 0644);
    }

    // Below another mount they are made in vain, and must be there already.
    Result<void> make_mount_points() {
        ASSAY_CHECK(make_leaf("/proc"));
        ASSAY_CHECK(make_leaf("/run"));
        for (const Source& bind : options_.binds) {
            ASSAY_CHECK(bind.directory ? make_leaf(bind.destination)
                                       : make_file_in_tree(bind.destination));
        }
        for (const TmpfsMount& tmpfs : spec_.tmpfs) ASSAY_CHECK(make_leaf(tmpfs.destination));
        return {};
    }

    Result<void> make_file_in_tree(const std::string& path) {
        ASSAY_TRY(const int parent, directory(parent_of(path)));
        constexpr int kFlags = O_CREAT | O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
        return posix::open_at(parent, last_of(path), kFlags, 0644).has_value()
                   ? Result<void>{}
                   : Result<void>{system_error("cannot make " + path + " in the sandbox", errno)};
    }

    Result<void> make_devices() {
        ASSAY_TRY(const int dev, directory("/dev"));
        for (const Device& device : kDevices) {
            if (!options_.make_devices) {
                ASSAY_CHECK(make_file_in_tree(device.path));
            } else if (::mknodat(dev, last_of(device.path).c_str(), S_IFCHR | 0666,
                                 ::makedev(device.major, device.minor)) != 0) {
                return system_error(std::string("cannot make ") + device.path, errno);
            }
        }
        const std::pair<const char*, const char*> links[] = {{"/proc/self/fd", "fd"},
                                                             {"/proc/self/fd/0", "stdin"},
                                                             {"/proc/self/fd/1", "stdout"},
                                                             {"/proc/self/fd/2", "stderr"}};
        for (const auto& [target, name] : links) ASSAY_CHECK(link_in(dev, target, name));
        if (!options_.terminal) return {};
        ASSAY_CHECK(directory("/dev/pts"));
        return link_in(dev, "pts/ptmx", "ptmx");
    }

    static Result<void> link_in(int parent, const char* target, const char* name) {
        if (::symlinkat(target, parent, name) == 0 || errno == EEXIST) return {};
        return system_error(std::string("cannot link /dev/") + name, errno);
    }

    Result<void> make_copy_targets() {
        for (const CopyIn& copy : spec_.copy_in) {
            const std::string path = parent_of(copy.destination);
            if (open_in(root_, path, O_PATH, 0)) continue;
            ASSAY_TRY(const int made, directory(path));
            if (::fchownat(made, "", options_.owner.uid, options_.owner.gid, AT_EMPTY_PATH) != 0) {
                return system_error("cannot give " + path + " to the program", errno);
            }
        }
        return {};
    }

    int root_;
    const FilesystemSpec& spec_;
    const FurnishOptions& options_;
    std::unordered_map<std::string, UniqueFd> directories_;
};

}  // namespace

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
    UniqueFd mount(::fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID));
    if (!mount) return system_error("cannot mount a tmpfs", errno);
    return mount;
}

Result<UniqueFd> new_scratch() {
    return new_tmpfs({kUnlimited, kUnlimited, "0755"});
}

Result<void> limit_scratch(const UniqueFd& scratch, const FilesystemSpec& spec) {
    struct statfs used {};
    if (::fstatfs(scratch.get(), &used) != 0)
        return system_error("cannot examine the tmpfs", errno);
    const UniqueFd context(::fspick(scratch.get(), "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH));
    const auto block = static_cast<std::uint64_t>(used.f_bsize);
    const std::string size =
        std::to_string(spec.disk_bytes + (used.f_blocks - used.f_bfree) * block);
    const std::string inodes = std::to_string(spec.inodes + used.f_files - used.f_ffree);
    if (!context || ::fsconfig(context.get(), FSCONFIG_SET_STRING, "size", size.c_str(), 0) != 0 ||
        ::fsconfig(context.get(), FSCONFIG_SET_STRING, "nr_inodes", inodes.c_str(), 0) != 0 ||
        ::fsconfig(context.get(), FSCONFIG_CMD_RECONFIGURE, nullptr, nullptr, 0) != 0) {
        return system_error("cannot limit the tmpfs", errno);
    }
    return {};
}

Result<void> copy_content(const UniqueFd& from, const UniqueFd& to) {
    for (;;) {
        const ssize_t count = ::sendfile(to.get(), from.get(), nullptr, std::size_t{1} << 30);
        if (count < 0) return system_error("cannot write", errno);
        if (count == 0) return {};
    }
}

Result<void> furnish(const UniqueFd& root, const FilesystemSpec& spec,
                     const FurnishOptions& options) {
    return Furnisher(root, spec, options).furnish();
}

Result<void> open_to_program(int directory, const FilesystemSpec& spec, const std::string& path,
                             const Ids& owner) {
    const bool home = path == spec.home;
    if (home && ::fchownat(directory, "", owner.uid, owner.gid, AT_EMPTY_PATH) != 0) {
        return system_error("cannot give " + path + " to the program", errno);
    }
    if (::fchmodat(directory, ".", home ? 0700 : 01777, 0) != 0) {
        return system_error("cannot set the mode of " + path, errno);
    }
    return {};
}

}  // namespace assay::sandbox
