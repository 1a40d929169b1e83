#include <seccomp.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "pkg/flags/nearest.hpp"
#include "pkg/sandbox/seccomp.hpp"

namespace assay::sandbox {
namespace {

struct NamedSyscall {
    int number;
    std::string_view name;
};

// What libseccomp 2.5 does not know yet; a later one says the same.
constexpr std::array kNewerThanLibseccomp = {
    NamedSyscall{335, "uretprobe"},
    NamedSyscall{336, "uprobe"},
    NamedSyscall{451, "cachestat"},
    NamedSyscall{452, "fchmodat2"},
    NamedSyscall{453, "map_shadow_stack"},
    NamedSyscall{454, "futex_wake"},
    NamedSyscall{455, "futex_wait"},
    NamedSyscall{456, "futex_requeue"},
    NamedSyscall{457, "statmount"},
    NamedSyscall{458, "listmount"},
    NamedSyscall{459, "lsm_get_self_attr"},
    NamedSyscall{460, "lsm_set_self_attr"},
    NamedSyscall{461, "lsm_list_modules"},
    NamedSyscall{462, "mseal"},
    NamedSyscall{463, "setxattrat"},
    NamedSyscall{464, "getxattrat"},
    NamedSyscall{465, "listxattrat"},
    NamedSyscall{466, "removexattrat"},
    NamedSyscall{467, "open_tree_attr"},
    NamedSyscall{468, "file_getattr"},
    NamedSyscall{kNewestSyscall, "file_setattr"},
};

// Empty for a number without a call.
std::string find_name(int number) {
    for (const NamedSyscall& newer : kNewerThanLibseccomp) {
        if (newer.number == number) return std::string(newer.name);
    }
    const std::unique_ptr<char, decltype(&std::free)> name(
        seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, number), &std::free);
    return name ? std::string(name.get()) : std::string();
}

std::string nearest_name(std::string_view word) {
    std::vector<std::string> names;
    for (int number = 0; number <= kNewestSyscall; ++number) {
        if (std::string name = find_name(number); !name.empty()) names.push_back(std::move(name));
    }
    const std::vector<std::string_view> candidates(names.begin(), names.end());
    return flags::did_you_mean(word, candidates, {}, "names are those of syscalls(2) on x86-64");
}

}  // namespace

std::string syscall_name(int number) {
    std::string name = find_name(number);
    return name.empty() ? std::to_string(number) : name;
}

Result<int> syscall_number(std::string_view name) {
    for (const NamedSyscall& newer : kNewerThanLibseccomp) {
        if (newer.name == name) return newer.number;
    }
    // Negative: unknown, or a call that only other architectures have.
    const int number =
        seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, std::string(name).c_str());
    if (number >= 0 && number <= kNewestSyscall) return number;
    return usage_error("unknown system call '" + std::string(name) + "'", nearest_name(name));
}

}  // namespace assay::sandbox
