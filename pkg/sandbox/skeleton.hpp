// The tree of a box before anything is mounted on it: directories, links, made-up files, device
// nodes and mount points, all on one tmpfs.
//
// It is built on a detached mount. A caller with privilege builds it itself, while the init is
// still busy with the network namespace, and its tmpfs can hold real device nodes; otherwise the
// init does, and devices become mounts. The code is the same on both sides.
#pragma once

#include <span>
#include <string>

#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"
#include "pkg/sandbox/box.hpp"
#include "pkg/sandbox/identity.hpp"
#include "pkg/sandbox/mount_tree.hpp"

namespace assay::sandbox {

// Device files of every box; tty opens with ENXIO where there is no terminal.
struct Device {
    const char* path;
    unsigned major;
    unsigned minor;
};
inline constexpr Device kDevices[] = {{"/dev/null", 1, 3},    {"/dev/zero", 1, 5},
                                      {"/dev/full", 1, 7},    {"/dev/random", 1, 8},
                                      {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0}};

// The places that are writable; `home` is one more.
inline constexpr const char* kSharedWritable[] = {"/tmp", "/var/tmp", "/dev/shm"};

// How many bytes and inodes a tmpfs may hold; the mode is octal text.
struct TmpfsOptions {
    std::uint64_t bytes = 0;
    std::uint64_t inodes = 0;
    const char* mode = "0755";
};
// A detached tmpfs mount.
Result<posix::UniqueFd> new_tmpfs(const TmpfsOptions& options);

// A tmpfs that has no limits yet; a tmpfs made without any could never get one.
Result<posix::UniqueFd> new_scratch();
// From here on the limits count: what is on it already is not the program's.
Result<void> limit_scratch(const posix::UniqueFd& scratch, const FilesystemSpec& spec);

// From where `from` stands to its end.
Result<void> copy_content(const posix::UniqueFd& from, const posix::UniqueFd& to);

// Puts the skeleton into an empty or, with a rootfs, a furnished root. `owner` are the program's
// ids as the calling process sees them; `binds` are what will be mounted in it.
struct FurnishOptions {
    Ids owner;
    std::span<const Source> binds;
    bool make_devices = false;  // as nodes; else as files to mount on
    bool terminal = false;
};
Result<void> furnish(const posix::UniqueFd& root, const FilesystemSpec& spec,
                     const FurnishOptions& options);

// Sets the mode and owner of a directory that a program may write in.
Result<void> open_to_program(int directory, const FilesystemSpec& spec, const std::string& path,
                             const Ids& owner);

}  // namespace assay::sandbox
