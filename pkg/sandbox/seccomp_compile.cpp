#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>

#include "pkg/posix/files.hpp"
#include "pkg/posix/unique_fd.hpp"
#include "pkg/sandbox/seccomp.hpp"

namespace assay::sandbox {
namespace {

constexpr unsigned kArguments = 6;
constexpr std::size_t kMaxProgramBytes = BPF_MAXINSNS * sizeof(sock_filter);

using Context = std::unique_ptr<void, decltype(&seccomp_release)>;

Error refusal(const std::string& reason) {
    return usage_error("cannot compile system-call policy: " + reason);
}

Error internal(std::string_view what, int negative_errno) {
    Error error = system_error(what, -negative_errno);
    error.kind = ErrorKind::kInternal;
    return error;
}

std::uint32_t to_libseccomp(Action action, int error_number) {
    switch (action) {
        case Action::kAllow:
            return SCMP_ACT_ALLOW;
        case Action::kErrno:
            return SCMP_ACT_ERRNO(static_cast<std::uint32_t>(error_number));
        case Action::kKill:
            return SCMP_ACT_KILL_PROCESS;
        case Action::kLog:
            return SCMP_ACT_LOG;
        case Action::kNotify:
            return SCMP_ACT_NOTIFY;
    }
    return SCMP_ACT_KILL_PROCESS;
}

scmp_compare to_libseccomp(Comparison comparison) {
    switch (comparison) {
        case Comparison::kEqual:
            return SCMP_CMP_EQ;
        case Comparison::kNotEqual:
            return SCMP_CMP_NE;
        case Comparison::kLess:
            return SCMP_CMP_LT;
        case Comparison::kLessEqual:
            return SCMP_CMP_LE;
        case Comparison::kGreater:
            return SCMP_CMP_GT;
        case Comparison::kGreaterEqual:
            return SCMP_CMP_GE;
        case Comparison::kMaskedEqual:
            return SCMP_CMP_MASKED_EQ;
    }
    return SCMP_CMP_EQ;
}

Result<std::vector<scmp_arg_cmp>> to_libseccomp(const SyscallRule& rule) {
    std::vector<scmp_arg_cmp> comparisons;
    unsigned seen = 0;
    for (const ArgumentRule& argument : rule.arguments) {
        if (argument.index >= kArguments) {
            return refusal("argument index " + std::to_string(argument.index) + " is not 0 to 5");
        }
        const unsigned bit = 1u << argument.index;
        if (seen & bit) {
            return refusal("argument " + std::to_string(argument.index) +
                           " is compared twice in one rule");
        }
        seen |= bit;
        const bool masked = argument.comparison == Comparison::kMaskedEqual;
        comparisons.push_back({argument.index, to_libseccomp(argument.comparison),
                               masked ? argument.mask : argument.value,
                               masked ? argument.value : 0});
    }
    return comparisons;
}

bool lets_pass(Action action) {
    return action == Action::kAllow || action == Action::kLog || action == Action::kNotify;
}

// Which calls have rules, and whether one of them holds for all arguments.
class NamedCalls {
  public:
    Result<void> add(int number, bool for_all_arguments) {
        const auto [entry, is_new] = calls_.try_emplace(number, for_all_arguments);
        if (is_new || (!entry->second && !for_all_arguments)) return {};
        return refusal("'" + syscall_name(number) +
                       "' has a rule for all arguments beside another rule");
    }
    bool contains(int number) const { return calls_.contains(number); }

  private:
    std::map<int, bool> calls_;
};

Result<void> add_rules(scmp_filter_ctx context, const SeccompPolicy& policy) {
    const std::uint32_t fallback =
        to_libseccomp(policy.default_action, policy.default_error_number);
    NamedCalls named;
    for (const SyscallRule& rule : policy.rules) {
        const std::uint32_t action = to_libseccomp(rule.action, rule.error_number);
        ASSAY_TRY(const auto comparisons, to_libseccomp(rule));
        for (const std::string& name : rule.names) {
            ASSAY_TRY(const int number, syscall_number(name));
            ASSAY_CHECK(named.add(number, comparisons.empty()));
            if (action == fallback) continue;  // libseccomp refuses what the default says already
            const int code = seccomp_rule_add_array(context, action, number,
                                                    static_cast<unsigned>(comparisons.size()),
                                                    comparisons.data());
            if (code == -EEXIST) {
                return refusal("two rules for '" + name + "' fit the same arguments");
            }
            if (code != 0) return internal("cannot add a rule for '" + name + "'", code);
        }
    }
    ASSAY_TRY(const int clone3, syscall_number("clone3"));
    if (lets_pass(policy.default_action) || named.contains(clone3)) return {};
    if (fallback == SCMP_ACT_ERRNO(ENOSYS)) return {};
    const int code = seccomp_rule_add_array(context, SCMP_ACT_ERRNO(ENOSYS), clone3, 0, nullptr);
    if (code != 0) return internal("cannot add the rule for clone3", code);
    return {};
}

Result<Context> make_context(const SeccompPolicy& policy) {
    // Stated rather than probed: the program may be for another kernel than the one that builds it.
    constexpr unsigned kLevelWithNotify = 5;
    if (const int code = seccomp_api_set(kLevelWithNotify); code != 0) {
        return internal("cannot set libseccomp's level", code);
    }
    Context context(seccomp_init(to_libseccomp(policy.default_action, policy.default_error_number)),
                    &seccomp_release);
    if (!context) return internal("cannot start a system-call filter", -ENOMEM);
    struct Attribute {
        scmp_filter_attr name;
        std::uint32_t value;
    };
    constexpr std::uint32_t kBinaryTree = 2;
    for (const Attribute& attribute : {Attribute{SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS},
                                       Attribute{SCMP_FLTATR_CTL_OPTIMIZE, kBinaryTree}}) {
        const int code = seccomp_attr_set(context.get(), attribute.name, attribute.value);
        if (code != 0) return internal("cannot set an attribute of a system-call filter", code);
    }
    return context;
}

Result<std::string> exported(scmp_filter_ctx context) {
    const posix::UniqueFd file(memfd_create("seccomp", MFD_CLOEXEC));
    if (!file) return system_error("cannot make a memory file", errno);
    if (const int code = seccomp_export_bpf(context, file.get()); code != 0) {
        return internal("cannot export a system-call filter", code);
    }
    if (lseek(file.get(), 0, SEEK_SET) != 0) return system_error("cannot rewind filter", errno);
    return posix::read_all(file.get(), "system-call filter", kMaxProgramBytes);
}

// ENOSYS for numbers above kNewestSyscall. Jumps of BPF are relative, so the compiled program can
// follow as it is.
constexpr std::array kNewerCalls = {
    sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
    sock_filter{BPF_JMP | BPF_JGT | BPF_K, 0, 1, kNewestSyscall},
    sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS},
};

}  // namespace

Result<std::vector<sock_filter>> compile(const SeccompPolicy& policy) {
    ASSAY_TRY(const Context context, make_context(policy));
    ASSAY_CHECK(add_rules(context.get(), policy));
    ASSAY_TRY(const std::string bytes, exported(context.get()));
    std::vector<sock_filter> program(kNewerCalls.begin(), kNewerCalls.end());
    const std::size_t length = bytes.size() / sizeof(sock_filter);
    if (program.size() + length > BPF_MAXINSNS) {
        return refusal("it needs more than " + std::to_string(BPF_MAXINSNS) + " instructions");
    }
    program.resize(kNewerCalls.size() + length);
    std::memcpy(program.data() + kNewerCalls.size(), bytes.data(), length * sizeof(sock_filter));
    return program;
}

}  // namespace assay::sandbox
