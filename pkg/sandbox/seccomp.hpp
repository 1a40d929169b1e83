// System-call filters: a policy as data, compiled by libseccomp into a BPF program.
//
// The built-in policies are compiled while assay is built and embedded, so that a run only hands
// a finished program to the kernel; policies from files are compiled at run time (about 1 ms).
// Programs are binary trees: when a filter is installed the kernel evaluates it once for every
// system call number, so the path that lets a call pass must be short.
//
// A rule either holds for a call whatever its arguments, or for some arguments. A call that no rule
// fits gets the default action. So the order of rules means nothing, and two rules that fit the
// same arguments with different actions are a mistake of the policy.
//
// In every policy, whatever it says:
// - the 32-bit entry (int 0x80) kills, as its numbers mean other calls;
// - a number above kNewestSyscall answers ENOSYS, as on the kernel that the policy was written
//   for; x32 numbers lie above it;
// - clone3 answers ENOSYS where the default refuses and no rule names it: its flags lie in memory,
//   where a filter cannot see them, and every libc then falls back to clone, whose flags it can.
//
// Rejected: a tree emitter of our own. It costs the same to install (52 µs against 53 for the
// default policy, where a list takes 110) and would have to be trusted. Sources: seccomp(2),
// seccomp_rule_add(3).
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/result/result.hpp"

namespace assay::sandbox {

// kErrno: the call fails with error_number. kKill: the process dies as by SIGSYS. kLog: the call
// is made and the kernel's audit log tells it. kNotify: a listener decides, see notify.hpp.
enum class Action { kAllow, kErrno, kKill, kLog, kNotify };

enum class Comparison {
    kEqual,
    kNotEqual,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kMaskedEqual
};

// Compares all 64 bits, unsigned. The kernel takes many arguments as 32-bit values and ignores what
// is above: refuse those by kMaskedEqual, else a caller passes by setting a high bit.
struct ArgumentRule {
    unsigned index = 0;  // 0..5, at most once in a rule
    Comparison comparison = Comparison::kEqual;
    std::uint64_t value = 0;
    std::uint64_t mask = ~std::uint64_t{0};  // for kMaskedEqual: (argument & mask) == value
};

struct SyscallRule {
    std::vector<std::string> names;  // as in syscalls(2), x86-64
    Action action = Action::kAllow;
    int error_number = 0;                 // for kErrno
    std::vector<ArgumentRule> arguments;  // all must hold; empty: whatever they are
};

struct SeccompPolicy {
    Action default_action = Action::kErrno;
    int default_error_number = 1;  // EPERM
    std::vector<SyscallRule> rules;
};

// The policies as data: for the generator, for files that build on them, for tracing.
SeccompPolicy default_policy();
SeccompPolicy strict_policy();

// Usage errors: an unknown system call (with the nearest known one), an argument index that is out
// of range or used twice in a rule, a call that has a rule for all arguments beside another rule.
Result<std::vector<sock_filter>> compile(const SeccompPolicy& policy);

// The embedded programs of the built-in policies.
std::span<const sock_filter> default_program();
std::span<const sock_filter> strict_program();

// The newest call that the policies were written for: file_setattr, Linux 6.17.
inline constexpr int kNewestSyscall = 469;

// The name of an x86-64 system call number ("openat"), or the number as text.
std::string syscall_name(int number);

// The other way round. The usage error reads "unknown system call 'opnat'", its remedy names the
// nearest known one.
Result<int> syscall_number(std::string_view name);

}  // namespace assay::sandbox
