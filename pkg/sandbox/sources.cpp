#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <span>
#include <utility>

#include "pkg/posix/files.hpp"
#include "pkg/sandbox/mount_tree.hpp"
#include "pkg/sandbox/skeleton.hpp"

namespace assay::sandbox {
namespace {

Result<struct stat> examine(const posix::UniqueFd& file, const std::string& path) {
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return system_error("cannot examine " + path, errno);
    return status;
}

class SourceCloner {
  public:
    SourceCloner(const Identity& identity, OwnerMap& owner_map)
        : identity_(identity), owner_map_(owner_map) {}

    Result<Source> bind(const BindMount& bind) {
        ASSAY_TRY(Source source, open_tree_at(bind.source, bind.destination));
        source.writable = bind.writable;
        if (bind.owned && owner_map_) ASSAY_CHECK(map_owner(source, bind));
        ASSAY_CHECK(set_attributes(source, bind.source, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
        return source;
    }

    static Result<Source> device(const Device& device) {
        ASSAY_TRY(Source source, open_tree_at(device.path, device.path));
        source.writable = true;
        ASSAY_CHECK(set_attributes(source, device.path, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC));
        return source;
    }

    Result<posix::UniqueFd> lower_layer(const std::string& path) {
        ASSAY_TRY(Source source, open_tree_at(path, "/"));
        if (!source.directory)
            return usage_error("cannot use " + path + " as root: not a directory");
        if (owner_map_) ASSAY_CHECK(map_owner(source, BindMount{path, "/", false, true}));
        ASSAY_CHECK(set_attributes(source, path, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
        return std::move(source.tree);
    }

    std::vector<std::string> take_notes() { return std::move(notes_); }

  private:
    static Result<Source> open_tree_at(const std::string& path, const std::string& destination) {
        Source source;
        source.destination = destination;
        source.tree.reset(::open_tree(AT_FDCWD, path.c_str(),
                                      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));
        if (!source.tree) {
            Error error = system_error("cannot share " + path, errno);
            if (errno == ENOENT || errno == EACCES) error.kind = ErrorKind::kUsage;
            return error;
        }
        ASSAY_TRY(const struct stat status, examine(source.tree, path));
        source.directory = S_ISDIR(status.st_mode);
        return source;
    }

    // Id-mapping is refused by file systems without support for it (overlayfs, FUSE, NFS): reading
    // still works for what everybody may read, writing would silently not be the caller's.
    Result<void> map_owner(const Source& source, const BindMount& bind) {
        if (!map_) {
            ASSAY_TRY(map_, owner_map_.map(identity_));
        }
        mount_attr attributes{};
        attributes.attr_set = MOUNT_ATTR_IDMAP;
        attributes.userns_fd = static_cast<std::uint64_t>(map_.get());
        if (::mount_setattr(source.tree.get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes) ==
            0) {
            return {};
        }
        if (bind.writable) {
            return unsupported_error(
                "cannot make " + bind.source + " writable: its file system has no id-mapped mounts",
                "run assay as the owner of the directory, or use --copy-out");
        }
        notes_.push_back("files under " + bind.source +
                         " that only their owner may read cannot be read: its file system has no "
                         "id-mapped mounts");
        return {};
    }

    static Result<void> set_attributes(const Source& source, const std::string& path,
                                       std::uint64_t always) {
        mount_attr attributes{};
        attributes.attr_set = always | (source.writable ? 0 : MOUNT_ATTR_RDONLY);
        attributes.propagation = MS_PRIVATE;
        if (::mount_setattr(source.tree.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes,
                            sizeof attributes) != 0) {
            return system_error("cannot set the mount attributes of " + path, errno);
        }
        return {};
    }

    const Identity& identity_;
    OwnerMap& owner_map_;
    posix::UniqueFd map_;
    std::vector<std::string> notes_;
};

Result<CopySource> open_copy(const CopyIn& copy) {
    CopySource source;
    ASSAY_TRY(source.file, posix::open_file(copy.source, O_RDONLY | O_NONBLOCK));
    ASSAY_TRY(const struct stat status, examine(source.file, copy.source));
    if (!S_ISREG(status.st_mode)) {
        return usage_error("cannot copy in " + copy.source + ": not a regular file");
    }
    source.mode = status.st_mode & 0755;
    source.name = copy.source;
    source.destination = copy.destination;
    return source;
}

// The caller can furnish an empty root; into an overlay only the init can write.
bool caller_furnishes(const FilesystemSpec& spec) {
    return spec.rootfs.empty();
}

Result<posix::UniqueFd> make_skeleton(const FilesystemSpec& spec, const Identity& identity,
                                      std::span<const Source> binds, bool terminal) {
    ASSAY_TRY(posix::UniqueFd scratch, new_scratch());
    ASSAY_CHECK(furnish(scratch, spec, {identity.program_outside, binds, true, terminal}));
    ASSAY_CHECK(limit_scratch(scratch, spec));
    return scratch;
}

Result<void> open_copies(const FilesystemSpec& spec, Tree& tree) {
    for (const CopyIn& copy : spec.copy_in) {
        Result<CopySource> source = open_copy(copy);
        if (!source.has_value()) {
            Error error = std::move(source).error();
            error.kind = ErrorKind::kUsage;
            return error;
        }
        tree.copies.push_back(std::move(*source));
    }
    return {};
}

}  // namespace

bool wants_owner_map(const FilesystemSpec& spec) {
    return !spec.rootfs.empty() || std::ranges::any_of(spec.binds, &BindMount::owned);
}

Result<Tree> prepare_tree(const FilesystemSpec& spec, const Identity& identity, bool in_caller,
                          bool terminal, OwnerMap& owner_map) {
    SourceCloner cloner(identity, owner_map);
    Tree tree;
    if (!spec.rootfs.empty()) {
        ASSAY_TRY(tree.rootfs, cloner.lower_layer(spec.rootfs));
    }
    for (const BindMount& bind : spec.binds) {
        ASSAY_TRY(Source source, cloner.bind(bind));
        tree.binds.push_back(std::move(source));
    }
    if (in_caller && caller_furnishes(spec)) {
        ASSAY_TRY(tree.skeleton, make_skeleton(spec, identity, tree.binds, terminal));
    } else {
        for (const Device& device : kDevices) {
            ASSAY_TRY(Source source, SourceCloner::device(device));
            tree.devices.push_back(std::move(source));
        }
    }
    ASSAY_CHECK(open_copies(spec, tree));
    tree.notes = cloner.take_notes();
    return tree;
}

std::vector<int> descriptors_of(const Tree& tree) {
    std::vector<int> descriptors;
    if (tree.skeleton) descriptors.push_back(tree.skeleton.get());
    if (tree.rootfs) descriptors.push_back(tree.rootfs.get());
    for (const Source& device : tree.devices) descriptors.push_back(device.tree.get());
    for (const Source& bind : tree.binds) descriptors.push_back(bind.tree.get());
    for (const CopySource& copy : tree.copies) descriptors.push_back(copy.file.get());
    return descriptors;
}

Result<Tree> adopt_tree(const FilesystemSpec& spec, std::vector<posix::UniqueFd> descriptors) {
    const bool skeleton = caller_furnishes(spec);
    const std::size_t expected =
        (skeleton ? 1 : 1 + std::size(kDevices)) + spec.binds.size() + spec.copy_in.size();
    if (descriptors.size() != expected) {
        return Error{ErrorKind::kInternal, 0, "the sandbox got a wrong number of mounts", {}};
    }
    auto next = descriptors.begin();
    Tree tree;
    (skeleton ? tree.skeleton : tree.rootfs) = std::move(*next++);
    if (!skeleton) {
        for (const Device& device : kDevices) {
            tree.devices.push_back(Source{std::move(*next++), device.path, false, true});
        }
    }
    for (const BindMount& bind : spec.binds) {
        Source source{std::move(*next++), bind.destination, false, bind.writable};
        // Whoever furnishes makes the place to mount on.
        if (!skeleton) {
            ASSAY_TRY(const struct stat status, examine(source.tree, bind.source));
            source.directory = S_ISDIR(status.st_mode);
        }
        tree.binds.push_back(std::move(source));
    }
    for (const CopyIn& copy : spec.copy_in) {
        ASSAY_TRY(const struct stat status, examine(*next, copy.source));
        tree.copies.push_back(
            CopySource{std::move(*next++), status.st_mode & 0755, copy.source, copy.destination});
    }
    return tree;
}

}  // namespace assay::sandbox
