// What a program can leave behind in the kernel, files apart: how it is removed between two runs,
// and how it is shown that nothing is left.
//
// - IPC: a new namespace takes System V objects and POSIX queues away, and with them the numbers
//   that the next ones would get.
// - Network: the counters of the namespace tell whether any packet moved or was refused, the count
//   of sockets whether one is left. Unless both are as they were, the namespace is replaced; a new
//   one costs more than everything else of a reset together (0.3 ms).
// - Process numbers start from 2 again, where /proc/sys can be written.
// - Keys: a user's keyring outlives his processes, in every namespace of that user, and there is no
//   way to take it away again. The three system calls answer ENOSYS, as on a kernel without keys,
//   by a filter that the zygote installs for itself and that all programs inherit. It costs them
//   40 ns a system call.
// - The mount table: the kernel tells by poll(2) whether it changed.
// - With one uid for both, a program can renice its zygote, pin it and lower its limits; what the
//   zygote has is compared with what it had. With uids of their own it cannot.
//
// Rejected: clearing keyrings by keyctl(2), as a program may refuse its owner access to them, or
// leave them revoked; dropping slots whose count of keys (/proc/key-users) changed, as slots that
// share a uid would go together.
//
// Used by the zygote. Sources: namespaces(7), keyrings(7), proc_sys_kernel(5), proc_pid_mounts(5).
#pragma once

#include <string>
#include <vector>

#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"

namespace assay::sandbox {

struct TraceOptions {
    posix::UniqueFd proc;       // a directory of a proc file system that shows the zygote
    bool own_network = true;    // the zygote has a network namespace of its own
    bool always_renew = false;  // the program can change settings that no counter tells of
    bool shared_uid = false;    // programs have the zygote's uid
};

class Traces {
  public:
    // Appends what cannot be done on this host to `notes`.
    static Result<Traces> open(TraceOptions options, std::vector<std::string>& notes);

    // The set-up is over: what is there now is what will be proved.
    Result<void> remember();

    // An error: something changed that cannot be brought back.
    Result<void> renew();

    // The mount table is expected to be as it is now.
    void accept_mounts();
    Result<void> prove_mounts() const;

    bool network_renewed() const { return network_renewed_; }

  private:
    Result<void> renew_process_numbers();
    Result<void> open_network_files();
    Result<std::string> network_state() const;
    Result<void> renew_network();
    Result<std::string> own_state() const;

    TraceOptions options_;
    posix::UniqueFd mounts_;
    posix::UniqueFd last_pid_;  // empty: cannot be written here
    std::vector<posix::UniqueFd> network_files_;
    std::string network_state_;
    std::string own_state_;
    bool network_renewed_ = false;
};

// For this process and all below it; no_new_privs is set.
Result<void> refuse_keys();

// A network namespace with nothing but a loopback interface that is up.
Result<void> enter_new_network();

}  // namespace assay::sandbox
