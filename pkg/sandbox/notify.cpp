#include "pkg/sandbox/notify.hpp"

#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

// Linux 5.19; Debian 12's headers have it, older ones do not.
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

namespace assay::sandbox {
namespace {

constexpr std::array kNotReported = {"execve", "exit_group", "clock_gettime"};

// A combination that nobody else uses: by it the filter knows the launcher's sendmsg, whatever the
// number of its descriptor. Flags that mean nothing to a UNIX socket are ignored.
constexpr int kHandoverFlags = MSG_NOSIGNAL | MSG_DONTROUTE | MSG_EOR;

struct Handover {
    char byte = 0;
    iovec part{&byte, 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};

    Handover() {
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
    }
    Handover(const Handover&) = delete;
    Handover& operator=(const Handover&) = delete;
};

int install_with_listener(std::span<const sock_filter> program) {
    // The kernel only reads it; sock_fprog has no const.
    const sock_fprog filter{static_cast<unsigned short>(program.size()),
                            const_cast<sock_filter*>(program.data())};
    constexpr unsigned long kListener = SECCOMP_FILTER_FLAG_NEW_LISTENER;
    const auto install = [&](unsigned long flags) {
        return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter));
    };
    const int listener = install(kListener | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
    if (listener >= 0 || errno != EINVAL) return listener;
    return install(kListener);
}

std::set<int> not_reported() {
    std::set<int> numbers;
    for (const char* name : kNotReported) {
        if (const auto number = syscall_number(name)) numbers.insert(*number);
    }
    return numbers;
}

bool names_any(const SyscallRule& rule, std::span<const char* const> names) {
    return std::any_of(names.begin(), names.end(), [&](const char* name) {
        return std::find(rule.names.begin(), rule.names.end(), name) != rule.names.end();
    });
}

}  // namespace

Result<std::vector<sock_filter>> tracing_program(const SeccompPolicy& policy) {
    constexpr std::array kOfTheLauncher = {"execve", "exit_group", "clock_gettime", "sendmsg"};
    if (policy.default_action != Action::kAllow && policy.default_action != Action::kLog) {
        return usage_error("cannot trace under a policy that lists what it allows",
                           "trace under the default policy");
    }
    SeccompPolicy traced = policy;
    traced.default_action = Action::kNotify;
    for (SyscallRule& rule : traced.rules) {
        if (rule.action == Action::kAllow || rule.action == Action::kLog) {
            rule.action = Action::kNotify;
        }
        if (names_any(rule, kOfTheLauncher)) {
            return usage_error("cannot trace under a policy with a rule for '" +
                               rule.names.front() + "'");
        }
    }
    traced.rules.push_back({{kNotReported.begin(), kNotReported.end()}, Action::kAllow, 0, {}});
    constexpr std::uint64_t kInt = 0xffff'ffff;
    traced.rules.push_back({{"sendmsg"},
                            Action::kAllow,
                            0,
                            {{.index = 2,
                              .comparison = Comparison::kMaskedEqual,
                              .value = kHandoverFlags,
                              .mask = kInt}}});
    return compile(traced);
}

int install_traced(std::span<const sock_filter> program, int socket) noexcept {
    const int listener = install_with_listener(program);
    if (listener < 0) return errno;
    Handover handover;
    cmsghdr* header = CMSG_FIRSTHDR(&handover.message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof listener);
    std::memcpy(CMSG_DATA(header), &listener, sizeof listener);
    for (;;) {
        // The raw call: glibc's may become another one in a program with threads.
        if (::syscall(SYS_sendmsg, socket, &handover.message, kHandoverFlags) == 1) return 0;
        if (errno != EINTR) return errno;
    }
}

Result<posix::UniqueFd> receive_listener(int socket) {
    Handover handover;
    ssize_t received = 0;
    do {
        received = ::recvmsg(socket, &handover.message, MSG_CMSG_CLOEXEC);
    } while (received < 0 && errno == EINTR);
    if (received < 0) return system_error("cannot receive the system-call listener", errno);
    const cmsghdr* header = CMSG_FIRSTHDR(&handover.message);
    if (received == 0 || header == nullptr || header->cmsg_type != SCM_RIGHTS) {
        return system_error("cannot receive the system-call listener", EPIPE);
    }
    int listener = -1;
    std::memcpy(&listener, CMSG_DATA(header), sizeof listener);
    return posix::UniqueFd(listener);
}

SyscallTrace::SyscallTrace(posix::UniqueFd listener)
    : listener_(std::move(listener)), numbers_(not_reported()) {
    seccomp_notif_sizes sizes{sizeof(seccomp_notif), sizeof(seccomp_notif_resp),
                              sizeof(seccomp_data)};
    ::syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes);
    request_.resize(std::max<std::size_t>(sizes.seccomp_notif, sizeof(seccomp_notif)));
    response_.resize(std::max<std::size_t>(sizes.seccomp_notif_resp, sizeof(seccomp_notif_resp)));
}

Result<void> SyscallTrace::drain() {
    constexpr int kCallsAtOnce = 256;
    for (int i = 0; i < kCallsAtOnce; ++i) {
        ASSAY_TRY(const bool more, take_one());
        if (!more) break;
    }
    return {};
}

Result<bool> SyscallTrace::take_one() {
    pollfd waiting{listener_.get(), POLLIN, 0};
    const int ready = ::poll(&waiting, 1, 0);
    if (ready < 0 && errno != EINTR) return system_error("cannot poll traced calls", errno);
    if (ready <= 0) return false;
    if ((waiting.revents & POLLIN) == 0) {
        listener_.reset();  // POLLHUP, Linux 5.9: no process has the filter any more
        return false;
    }
    std::fill(request_.begin(), request_.end(), std::byte{0});
    if (::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_RECV, request_.data()) != 0) {
        // ENOENT: the caller was killed since.
        if (errno == ENOENT || errno == EINTR) return true;
        return system_error("cannot receive a traced call", errno);
    }
    seccomp_notif call;
    std::memcpy(&call, request_.data(), sizeof call);
    numbers_.insert(call.data.nr);

    const seccomp_notif_resp go_on{call.id, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    std::fill(response_.begin(), response_.end(), std::byte{0});
    std::memcpy(response_.data(), &go_on, sizeof go_on);
    if (::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_SEND, response_.data()) != 0 &&
        errno != ENOENT) {
        return system_error("cannot let a traced call go on", errno);
    }
    return true;
}

std::vector<std::string> SyscallTrace::names() const {
    std::vector<std::string> names;
    names.reserve(numbers_.size());
    for (const int number : numbers_) names.push_back(syscall_name(number));
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace assay::sandbox
