// A slot: one sandbox that a daemon keeps and runs many programs in, one after the other.
//
// A slot is a set of pinned namespaces with a zygote as process 1: a single-threaded process that
// stays outside the program's control groups, takes orders over a socket that no program has,
// starts a program by vfork, reports its end, and between two runs brings everything back that a
// program can change. Nothing is forked from the large multi-threaded server: slots are made by the
// SlotKeeper, a small process forked off before the server has threads; the zygotes are its
// children. When the server dies, the keeper and with it every slot dies.
//
// The server reaches the slot's files by itself, through a descriptor of the slot's root
// (openat2(2), RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS), so a copy costs no message.
//
// Between two runs (reset): every process but the zygote is killed and reaped; every tmpfs is
// replaced by a fresh one; the IPC namespace is new; a network namespace that was used is
// replaced; process numbers start from 2 again; keyrings, which cannot be brought back, are out of
// reach: their system calls answer ENOSYS. The reset is proved: what the zygote cannot show to be
// clean is an error, and the caller drops the slot.
//
// Rejected: a fresh box for every request (1.5 to 3 ms against 0.1); exec of a helper file in the
// slot (a program could reach it as /proc/1/exe; the zygote never was a file of the slot).
//
// Identity. Where the caller may map any uid, every slot has host uids of its own, whatever the
// program's uid inside is; two live slots and real users never share one. What a program may do in
// a bind that is not read-only, the host's permission bits say of such a stranger. A caller that
// may map one id only has slots in which root_inside and program_inside are the same; a program can
// lower the limits of its zygote then (prlimit(2)), at most until the slot fails, which is seen.
//
// A Slot is used by one thread at a time; the SlotKeeper is thread-safe. Descriptors in specs are
// borrowed until the call returns.
#pragma once

#include <linux/filter.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"
#include "pkg/sandbox/box.hpp"

namespace assay::sandbox {

enum class SlotMountKind { kBind, kTmpfs, kProc };

struct SlotMount {
    SlotMountKind kind = SlotMountKind::kBind;
    std::string source;  // of a bind: absolute, on the host; one that is missing is left out
    std::string target;  // absolute, in the slot
    bool read_only = false;
    std::string options;  // of a tmpfs: "size=128m,nr_inodes=4k"
};

// What all slots of a daemon have in common.
struct SlotSpec {
    std::vector<SlotMount> mounts;  // attached in this order
    std::vector<Symlink> symlinks;
    std::vector<std::string> masked;  // files show nothing, directories are empty; missing: skipped
    std::string work_directory = "/w";
    std::string host_name;
    std::string domain_name;
    Ids root_inside;             // what the zygote and copied-in files are, inside
    Ids program_inside;          // what programs are
    bool share_network = false;  // the host's network, of which nothing is ever reset
    // Run once inside after the set-up, as root_inside with all rights in the slot; a failure is
    // one of the slot. Its mounts stay, its processes and what it leaves in a tmpfs do not. With
    // it, a slot whose network was used cannot be reset.
    std::vector<std::string> init_command;
    std::vector<sock_filter> seccomp;  // empty: none
};

// What one run needs.
struct SlotProgram {
    // The first word: with a slash it is used as it is, else looked for in the working directory
    // and then in `search_path`.
    std::vector<std::string> arguments;
    std::vector<std::string> environment;
    std::optional<std::string> search_path;  // directories with colons between
    std::vector<int> descriptors;            // becomes 0, 1, 2, …; -1: closed
    bool controlling_terminal = false;       // descriptor 0 is a terminal and becomes it
    std::vector<ResourceLimit> resource_limits;
    std::vector<int> cpus;             // affinity; empty: inherited
    std::span<const int> cgroup_join;  // descriptors to join the program's groups by
};

enum class StartFailure : std::uint32_t {
    kNone,
    kNoSearchPath,  // a name without slash is not in the working directory, and there is no path
    kNotFound,      // nor is there an executable file of that name in the path
    kExec,          // the exec of `detail`, a path in the slot, failed
    kSetUp,         // a step before it failed, `detail` is the sentence: a resource limit above the
                    // hard one, a control group that is gone, a working directory that is not there
};

struct SlotStart : ProgramStart {  // error: errno of what failed
    StartFailure failure = StartFailure::kNone;
    std::string detail;
};

class Slot {
  public:
    // A path as programs in the slot see it, relative ones from the working directory. Symbolic
    // links are followed inside the slot; magic links and ways out are refused.
    // Never blocks: a FIFO without a partner is opened or refused at once (ENXIO). A file that is
    // made has exactly this mode and belongs to root_inside.
    // Of this and the next ones an error of kind kInternal says that the slot has ended: drop it.
    Result<posix::UniqueFd> open(const std::string& path, int flags, mode_t mode = 0) const;
    // The same for reading what a program may have named: what its own rights let it read, and what
    // they let it make readable, but nothing that only the server can read, such as a closed file
    // in a bind.
    Result<posix::UniqueFd> open_as_program(const std::string& path, int flags) const;
    // Missing directories on the way to `path`, mode 0777, owned by root_inside.
    Result<void> make_parents(const std::string& path) const;
    Result<void> make_symlink(const std::string& target, const std::string& path) const;
    // What a new file must belong to, on the host: give it with fchown(2).
    Ids host_owner() const;

    // Starts the program. An error is one of the slot (drop it); a failed exec or look-up is told
    // in the result, and the slot is ready for reset() then. ETXTBSY is tried again for 50 ms.
    Result<SlotStart> start(const SlotProgram& program);
    // Readable when the program ended or the zygote died.
    int event_descriptor() const;
    // Ends every process of the slot but the zygote; event_descriptor() becomes readable.
    void kill();
    // The end of the program; every process of the slot but the zygote is dead then. Waits for it
    // as long as it takes, after kill() for some seconds: then it is an error.
    Result<ProgramExit> finish();
    // Back to the first state, proved. May be called after start() failed to exec.
    Result<void> reset();

    pid_t zygote_pid() const;  // on the host
    // What this host could not give, one sentence each; the same for all slots of a keeper.
    const std::vector<std::string>& notes() const;

    Slot(Slot&&) noexcept;
    Slot& operator=(Slot&&) noexcept;
    ~Slot();  // ends the zygote and with it everything inside

  private:
    friend class SlotKeeper;
    struct State;
    explicit Slot(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

class SlotKeeper {
  public:
    // Forks the keeper: before the process has a second thread. The spec lives on in it.
    static Result<SlotKeeper> start(const SlotSpec& spec);

    // Makes a slot, some milliseconds. Thread-safe. An error of kind kInternal means that the
    // keeper is gone: nothing can be run any more.
    Result<Slot> make_slot();

    pid_t pid() const;
    // Readable when the keeper died.
    int death_descriptor() const;

    SlotKeeper(SlotKeeper&&) noexcept;
    SlotKeeper& operator=(SlotKeeper&&) noexcept;
    ~SlotKeeper();  // ends it and every slot, and waits for them

  private:
    struct State;
    explicit SlotKeeper(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace assay::sandbox
