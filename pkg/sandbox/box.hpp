// One sandbox around one program.
//
// A Box is a set of fresh namespaces (user, pid, mount, network, ipc, uts, cgroup) with a small
// init as process 1. The init is a forked copy of this process that never execs: it builds the file
// system, brings loopback up, starts the program, reaps orphans, reports the program's end over a
// socket that the program does not have, and takes every process with it when it dies. It stays
// outside the program's cgroup, so an out-of-memory kill or a full process limit cannot hit it, and
// the program's figures hold nothing of the set-up: the program joins its groups as the last act
// before exec.
//
// Identity. A caller that may map any uid (root) gives the program and the init host uids of their
// own, one pair per live box, so that two boxes and real users never share a uid; what the caller
// owns is shown to the program through id-mapped mounts. For anyone else the program keeps the
// caller's uid, the only one that the kernel lets it map, and the init is protected by being
// process 1 and undumpable.
//
// Mounts of host directories are cloned while the caller's rights still hold (open_tree) and
// attached by the init: a directory below a 0700 home can be shared without opening the home.
//
// Rejected: the program as process 1 (default actions of signals are ignored there, orphans pile
// up); forking straight from a large multi-threaded server (a fork costs 10 ms per 256 MiB).
//
// Sources: namespaces(7), user_namespaces(7), mount_setattr(2), open_tree(2), pidfd_open(2).
// A Box is used by one thread of a single-threaded process. Descriptors in specs are borrowed.
#pragma once

#include <linux/filter.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"
#include "pkg/sandbox/identity.hpp"

namespace assay::sandbox {

// A host file or directory shown in the box, with everything mounted below it.
struct BindMount {
    std::string source;       // on the host, absolute
    std::string destination;  // in the box, absolute
    bool writable = false;
    bool owned = false;  // what the caller owns belongs to the program (id-mapped where possible)
};

// A tmpfs of its own.
struct TmpfsMount {
    std::string destination;
    std::optional<std::uint64_t> size_bytes;  // default: the box's disk_bytes
};

struct Symlink {
    std::string path;
    std::string target;
};

struct GeneratedFile {
    std::string path;
    std::string content;
};

// A host file copied into the box before the program starts; it belongs to the program.
struct CopyIn {
    std::string source;
    std::string destination;  // absolute; "..", and symbolic links on the way, are refused
};

// What the program sees. Beside this every box has /proc (read-only), a minimal /dev, and one
// writable tmpfs that appears as /tmp, /var/tmp, /dev/shm and `home`.
struct FilesystemSpec {
    std::string rootfs;  // directory under an overlay whose upper layer is the tmpfs; empty: an
                         // empty read-only root that holds only what is listed here
    std::vector<BindMount> binds;
    std::vector<TmpfsMount> tmpfs;
    std::vector<Symlink> symlinks;
    std::vector<GeneratedFile> files;
    // Host files shown as copies, which for a small one costs less than a mount. One that the
    // caller cannot read is not shown.
    std::vector<std::string> copied_files;
    std::vector<CopyIn> copy_in;
    std::string home = "/home/assay";
    std::uint64_t disk_bytes = 1u << 30;
    std::uint64_t inodes = 1u << 20;
};

struct ResourceLimit {
    int resource = 0;  // RLIMIT_*
    std::uint64_t value = 0;
};

struct ProgramSpec {
    std::vector<std::string>
        arguments;  // the first is looked up in PATH of `environment`, in the box
    std::vector<std::string> environment;  // NAME=VALUE
    std::string working_directory = "/";
    int stdin_fd = 0;  // -1: closed
    int stdout_fd = 1;
    int stderr_fd = 2;
    bool terminal = false;  // a pty of the box's own replaces the three, see Box::terminal()
    std::vector<ResourceLimit> resource_limits;
    std::vector<int> cpus;                 // affinity; empty: inherited
    std::span<const sock_filter> seccomp;  // empty: none; it must let execve(2) pass
    // The filter lets write(2) pass, so that it can be installed before the groups are joined, and
    // what that costs is not charged to the program.
    bool seccomp_lets_write = false;
    bool trace_syscalls = false;  // seccomp is trace_program() of notify.hpp
};

struct BoxSpec {
    FilesystemSpec filesystem;
    ProgramSpec program;
    std::string hostname = "assay";
    bool share_network = false;
    bool keeps_files = true;  // after its end, for open_output(); else the box goes by itself then
    Identity identity = choose_inside({}, {});
};

// How the program ended, as seen by the init.
struct ProgramExit {
    int wait_status = 0;                    // as wait(2)
    std::chrono::nanoseconds wall{0};       // monotonic, exec to exit of the main process
    rusage usage{};                         // the main process and the children it waited for
    std::uint64_t inherited_rss_bytes = 0;  // usage.ru_maxrss up to this is the init's, not its own
    rusage tree_usage{};                    // everything that ended and was waited for in the box
    std::uint64_t leftover_processes = 0;   // alive when the main process ended, killed by the init
};

struct ProgramStart {
    int error = 0;  // errno of a failed exec, 0 when it runs
    std::chrono::steady_clock::time_point at;
};

class Box {
  public:
    // Creates the namespaces; the init goes on building the file system while this returns.
    static Result<Box> create(const BoxSpec& spec);

    // Waits for the set-up, lets the program join the groups (descriptors of cgroup.procs files)
    // and run, with a RLIMIT_NPROC where no group counts its processes. An error is one of the
    // set-up; a failed exec is told in the result, and the box has ended then.
    Result<ProgramStart> start(std::span<const int> cgroup_join,
                               std::optional<std::uint64_t> process_limit = {});

    // Readable when finish() will not block: the program ended or the init died.
    int event_descriptor() const;
    // The end of the program. Everything in the box is dead then; its files can be read until the
    // Box goes, if it keeps them. A box whose init was killed is an error of kind kInternal.
    Result<ProgramExit> finish();

    // Kills the program and everything it left, so that event_descriptor() becomes readable and
    // finish() reports. Idempotent.
    void kill();

    // Nothing more is wanted of the box: it begins to go, and the destructor has less to wait for.
    void dismiss();

    // Host pid of the init; every process of the box descends from it.
    pid_t init_pid() const;
    // Host uid that the program runs as.
    uid_t host_uid() const;
    // What this host could not give, one sentence each; known after start().
    const std::vector<std::string>& notes() const;
    // The master side of the program's terminal, with `terminal`, after start().
    posix::UniqueFd take_terminal();
    // The listener of a tracing filter, with `trace_syscalls`, after start().
    posix::UniqueFd take_syscall_listener();

    // A regular file of a box that keeps its files, opened for reading without following any link;
    // after finish(), so that nothing can be swapped under it.
    Result<posix::UniqueFd> open_output(const std::string& path) const;

    Box(Box&&) noexcept;
    Box& operator=(Box&&) noexcept;
    ~Box();  // kills and reaps

  private:
    struct State;
    explicit Box(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace assay::sandbox
