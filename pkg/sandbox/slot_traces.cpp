#include "pkg/sandbox/slot_traces.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <utility>

#include "pkg/posix/files.hpp"

namespace assay::sandbox {
namespace {

using posix::UniqueFd;

// The first is compared by its first line, "sockets: used 0": the rest counts for the whole host.
constexpr const char* kNetworkFiles[] = {"self/net/sockstat", "self/net/dev", "self/net/snmp",
                                         "self/net/snmp6"};

UniqueFd open_in_proc(const UniqueFd& proc, const char* path, int flags) {
    return UniqueFd(::openat(proc.get(), path, flags | O_CLOEXEC));
}

// Appends the file from its start, as it is now.
Result<void> append_file(std::string& to, int fd, const char* name) {
    std::array<char, 8192> buffer;
    for (off_t at = 0;;) {
        const ssize_t count = ::pread(fd, buffer.data(), buffer.size(), at);
        if (count < 0) return system_error(std::string("cannot read ") + name, errno);
        if (count == 0) return {};
        to.append(buffer.data(), static_cast<std::size_t>(count));
        at += count;
    }
}

Error left_behind(const std::string& what) {
    return Error{ErrorKind::kInternal, 0, "the slot is not clean: " + what, {}};
}

}  // namespace

Result<void> enter_new_network() {
    if (::unshare(CLONE_NEWNET) != 0) {
        return system_error("cannot create a network namespace", errno);
    }
    const UniqueFd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP;
    if (!any || ::ioctl(any.get(), SIOCSIFFLAGS, &request) != 0) {
        return system_error("cannot bring up the loopback interface", errno);
    }
    return {};
}

Result<void> refuse_keys() {
    constexpr std::uint32_t kX32 = 0x40000000;
    constexpr std::uint32_t kRefuse = SECCOMP_RET_ERRNO | ENOSYS;
    // add_key, request_key and keyctl are neighbours in both tables.
    constexpr std::uint32_t kFirst32 = 286;
    sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 5),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~kX32),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, SYS_add_key, 0, 5),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, SYS_keyctl, 4, 0),
        BPF_STMT(BPF_RET | BPF_K, kRefuse),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kFirst32, 0, 1),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, kFirst32 + 2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, kRefuse),
    };
    sock_fprog program{static_cast<unsigned short>(std::size(filter)), filter};
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) {
        return system_error("cannot install the slot's filter", errno);
    }
    return {};
}

Result<Traces> Traces::open(TraceOptions options, std::vector<std::string>& notes) {
    Traces traces;
    traces.options_ = std::move(options);
    const UniqueFd& proc = traces.options_.proc;
    traces.mounts_ = open_in_proc(proc, "self/mounts", O_RDONLY);
    if (!traces.mounts_) return system_error("cannot open the mount table", errno);
    traces.last_pid_ = open_in_proc(proc, "sys/kernel/ns_last_pid", O_RDWR);
    if (!traces.last_pid_) notes.emplace_back("process numbers go on from one run to the next");
    const UniqueFd nested = open_in_proc(proc, "sys/user/max_user_namespaces", O_WRONLY);
    if (!nested || ::write(nested.get(), "0", 1) != 1) {
        notes.emplace_back("programs can make user namespaces: /proc/sys cannot be written");
    }
    return traces;
}

Result<void> Traces::remember() {
    if (options_.own_network) {
        ASSAY_CHECK(open_network_files());
        ASSAY_TRY(network_state_, network_state());
    }
    if (options_.shared_uid) {
        ASSAY_TRY(own_state_, own_state());
    }
    return renew_process_numbers();
}

Result<void> Traces::open_network_files() {
    network_files_.clear();
    for (const char* name : kNetworkFiles) {
        UniqueFd file = open_in_proc(options_.proc, name, O_RDONLY);
        // No IPv6 in this kernel.
        if (!file && errno != ENOENT) {
            return system_error(std::string("cannot open /proc/") + name, errno);
        }
        network_files_.push_back(std::move(file));
    }
    return {};
}

Result<std::string> Traces::network_state() const {
    std::string state;
    for (std::size_t i = 0; i < network_files_.size(); ++i) {
        if (!network_files_[i]) continue;
        ASSAY_CHECK(append_file(state, network_files_[i].get(), kNetworkFiles[i]));
        if (i == 0) state.resize(std::min(state.find('\n'), state.size()));
    }
    return state;
}

Result<void> Traces::renew() {
    network_renewed_ = false;
    if (::unshare(CLONE_NEWIPC) != 0) return system_error("cannot create an IPC namespace", errno);
    if (options_.own_network) {
        bool used = options_.always_renew;
        if (!used) {
            ASSAY_TRY(const std::string now, network_state());
            used = now != network_state_;
        }
        if (used) ASSAY_CHECK(renew_network());
    }
    ASSAY_CHECK(renew_process_numbers());
    if (options_.shared_uid) {
        ASSAY_TRY(const std::string now, own_state());
        if (now != own_state_) return left_behind("a program changed its zygote's limits");
    }
    return {};
}

Result<void> Traces::renew_network() {
    ASSAY_CHECK(enter_new_network());
    ASSAY_CHECK(open_network_files());
    ASSAY_TRY(network_state_, network_state());
    network_renewed_ = true;
    return {};
}

Result<void> Traces::renew_process_numbers() {
    if (!last_pid_) return {};
    if (::pwrite(last_pid_.get(), "1", 1, 0) != 1) {
        return system_error("cannot set the next process number", errno);
    }
    return {};
}

// What whoever has our uid can set from outside.
Result<std::string> Traces::own_state() const {
    struct State {
        std::array<rlimit, RLIM_NLIMITS> limits;
        std::array<std::uint32_t, 14> scheduling;  // struct sched_attr
        long io_priority;
        cpu_set_t cpus;
    } state;
    std::memset(&state, 0, sizeof state);
    for (int i = 0; i < RLIM_NLIMITS; ++i) {
        ::getrlimit(static_cast<__rlimit_resource>(i), &state.limits[static_cast<unsigned>(i)]);
    }
    constexpr int kThisProcess = 1;  // IOPRIO_WHO_PROCESS
    state.io_priority = ::syscall(SYS_ioprio_get, kThisProcess, 0);
    if (::syscall(SYS_sched_getattr, 0, state.scheduling.data(), sizeof state.scheduling, 0) != 0 ||
        ::sched_getaffinity(0, sizeof state.cpus, &state.cpus) != 0) {
        return system_error("cannot read the zygote's scheduling", errno);
    }
    return std::string(reinterpret_cast<const char*>(&state), sizeof state);
}

void Traces::accept_mounts() {
    (void)prove_mounts();
}

Result<void> Traces::prove_mounts() const {
    pollfd table{mounts_.get(), POLLPRI, 0};
    if (::poll(&table, 1, 0) == 0) return {};
    return left_behind("the mount table changed");
}

}  // namespace assay::sandbox
