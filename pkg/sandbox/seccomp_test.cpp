#include "pkg/sandbox/seccomp.hpp"

#include <linux/seccomp.h>
#include <sys/syscall.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>

#include "internal/testing/bpf_interpreter.hpp"
#include "internal/testing/filtered_child.hpp"

namespace assay::sandbox {
namespace {

using testing::call;
using testing::evaluate;

constexpr std::uint32_t kErrnoOf(int error_number) {
    return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error_number);
}

std::vector<sock_filter> compiled(const SeccompPolicy& policy) {
    auto program = compile(policy);
    INFO((program ? std::string() : to_string(program.error())));
    REQUIRE(program.has_value());
    return std::move(*program);
}

SeccompPolicy everything_but(SyscallRule rule) {
    return {Action::kAllow, 0, {std::move(rule)}};
}

// Whether a rule with this comparison against 1 << 33 | 5 fits the argument.
bool fits(Comparison comparison, std::uint64_t argument) {
    constexpr std::uint64_t kValue = (std::uint64_t{1} << 33) | 5;
    const auto program =
        compiled(everything_but({{"lseek"},
                                 Action::kErrno,
                                 ENXIO,
                                 {{.index = 1, .comparison = comparison, .value = kValue}}}));
    return evaluate(program, call(SYS_lseek, {9, argument, 9})) == kErrnoOf(ENXIO);
}

}  // namespace

TEST_CASE("seccomp: a rule without arguments decides its calls and no others", "[seccomp]") {
    const auto program = compiled(everything_but({{"getpid", "mseal"}, Action::kErrno, EIO, {}}));
    for (int number = 0; number <= kNewestSyscall; ++number) {
        const bool named = number == SYS_getpid || number == 462;
        INFO(syscall_name(number));
        CHECK(evaluate(program, call(number)) == (named ? kErrnoOf(EIO) : SECCOMP_RET_ALLOW));
    }
}

TEST_CASE("seccomp: every action has its answer", "[seccomp]") {
    const SeccompPolicy policy{Action::kErrno,
                               ENOTTY,
                               {{{"read"}, Action::kAllow, 0, {}},
                                {{"write"}, Action::kErrno, EIO, {}},
                                {{"open"}, Action::kKill, 0, {}},
                                {{"close"}, Action::kLog, 0, {}},
                                {{"stat"}, Action::kNotify, 0, {}}}};
    const auto program = compiled(policy);
    CHECK(evaluate(program, call(SYS_read)) == SECCOMP_RET_ALLOW);
    CHECK(evaluate(program, call(SYS_write)) == kErrnoOf(EIO));
    CHECK(evaluate(program, call(SYS_open)) == SECCOMP_RET_KILL_PROCESS);
    CHECK(evaluate(program, call(SYS_close)) == SECCOMP_RET_LOG);
    CHECK(evaluate(program, call(SYS_stat)) == SECCOMP_RET_USER_NOTIF);
    CHECK(evaluate(program, call(SYS_fstat)) == kErrnoOf(ENOTTY));
}

TEST_CASE("seccomp: comparisons see all 64 bits", "[seccomp]") {
    constexpr std::uint64_t kValue = (std::uint64_t{1} << 33) | 5;
    constexpr std::uint64_t kLowHalf = 5;
    const auto fitting = [](Comparison comparison) {
        std::vector<int> result;
        for (const std::uint64_t argument :
             {kLowHalf, kValue - 1, kValue, kValue + 1, kValue | (std::uint64_t{1} << 40)}) {
            result.push_back(fits(comparison, argument));
        }
        return result;
    };
    CHECK(fitting(Comparison::kEqual) == std::vector{0, 0, 1, 0, 0});
    CHECK(fitting(Comparison::kNotEqual) == std::vector{1, 1, 0, 1, 1});
    CHECK(fitting(Comparison::kLess) == std::vector{1, 1, 0, 0, 0});
    CHECK(fitting(Comparison::kLessEqual) == std::vector{1, 1, 1, 0, 0});
    CHECK(fitting(Comparison::kGreater) == std::vector{0, 0, 0, 1, 1});
    CHECK(fitting(Comparison::kGreaterEqual) == std::vector{0, 0, 1, 1, 1});
}

TEST_CASE("seccomp: a mask chooses the bits that count", "[seccomp]") {
    const auto program = compiled(everything_but(
        {{"lseek"},
         Action::kErrno,
         ENXIO,
         {{.index = 0, .comparison = Comparison::kMaskedEqual, .value = 0x50, .mask = 0xf0}}}));
    CHECK(evaluate(program, call(SYS_lseek, {0x50})) == kErrnoOf(ENXIO));
    CHECK(evaluate(program, call(SYS_lseek, {0xff'0000'0f5f})) == kErrnoOf(ENXIO));
    CHECK(evaluate(program, call(SYS_lseek, {0x60})) == SECCOMP_RET_ALLOW);
}

TEST_CASE("seccomp: all argument comparisons of a rule must hold, one rule of several",
          "[seccomp]") {
    const ArgumentRule first{.index = 0, .comparison = Comparison::kEqual, .value = 1};
    const ArgumentRule third{.index = 2, .comparison = Comparison::kGreater, .value = 7};
    const auto program = compiled({Action::kErrno,
                                   EPERM,
                                   {{{"fcntl"}, Action::kAllow, 0, {first, third}},
                                    {{"fcntl"}, Action::kErrno, EIO, {{.index = 0, .value = 2}}}}});
    CHECK(evaluate(program, call(SYS_fcntl, {1, 0, 8})) == SECCOMP_RET_ALLOW);
    CHECK(evaluate(program, call(SYS_fcntl, {1, 0, 7})) == kErrnoOf(EPERM));
    CHECK(evaluate(program, call(SYS_fcntl, {3, 0, 8})) == kErrnoOf(EPERM));
    CHECK(evaluate(program, call(SYS_fcntl, {2, 0, 0})) == kErrnoOf(EIO));
}

TEST_CASE("seccomp: newer calls, x32 and 32-bit calls are refused by every policy", "[seccomp]") {
    constexpr int kX32 = 0x40000000;
    for (const Action action : {Action::kAllow, Action::kErrno, Action::kKill, Action::kLog}) {
        const auto program = compiled({action, EPERM, {{{"getpid"}, Action::kAllow, 0, {}}}});
        for (const int number : {kNewestSyscall + 1, 1000, kX32 | SYS_getpid, kX32 | 512}) {
            CHECK(evaluate(program, call(number)) == kErrnoOf(ENOSYS));
        }
        seccomp_data of_i386 = call(SYS_getpid);
        of_i386.arch = AUDIT_ARCH_I386;
        CHECK(evaluate(program, of_i386) == SECCOMP_RET_KILL_PROCESS);
    }
}

TEST_CASE("seccomp: clone3 is not there unless the policy names it or lets all pass", "[seccomp]") {
    const auto answer = [](const SeccompPolicy& policy) {
        return evaluate(compiled(policy), call(SYS_clone3));
    };
    CHECK(answer({Action::kErrno, EPERM, {}}) == kErrnoOf(ENOSYS));
    CHECK(answer({Action::kErrno, ENOSYS, {}}) == kErrnoOf(ENOSYS));
    CHECK(answer({Action::kKill, 0, {}}) == kErrnoOf(ENOSYS));
    CHECK(answer({Action::kKill, 0, {{{"clone3"}, Action::kAllow, 0, {}}}}) == SECCOMP_RET_ALLOW);
    CHECK(answer({Action::kAllow, 0, {}}) == SECCOMP_RET_ALLOW);
}

TEST_CASE("seccomp: mistakes in a policy are usage errors that say which", "[seccomp]") {
    const auto message = [](const SyscallRule& rule, const SyscallRule& second) {
        const auto program = compile({Action::kAllow, 0, {rule, second}});
        REQUIRE(program.has_error());
        CHECK(program.error().kind == ErrorKind::kUsage);
        return to_string(program.error());
    };
    const SyscallRule fine{{"read"}, Action::kErrno, EIO, {}};
    CHECK(message(fine, {{"opnat"}, Action::kKill, 0, {}}) ==
          "unknown system call 'opnat'; did you mean 'openat'?");
    CHECK(message(fine, {{"socketcall"}, Action::kKill, 0, {}}).starts_with("unknown system call"));
    CHECK(message(fine, {{"open"}, Action::kKill, 0, {{.index = 6}}}) ==
          "cannot compile system-call policy: argument index 6 is not 0 to 5");
    CHECK(message(fine, {{"open"}, Action::kKill, 0, {{.index = 1}, {.index = 1}}}) ==
          "cannot compile system-call policy: argument 1 is compared twice in one rule");
    CHECK(message(fine, {{"read"}, Action::kKill, 0, {{.index = 1}}}) ==
          "cannot compile system-call policy: 'read' has a rule for all arguments beside another "
          "rule");
    CHECK(message({{"open"}, Action::kErrno, EIO, {{.index = 1}}},
                  {{"open"}, Action::kKill, 0, {{.index = 1}}}) ==
          "cannot compile system-call policy: two rules for 'open' fit the same arguments");
}

TEST_CASE("seccomp: names and numbers translate both ways", "[seccomp]") {
    CHECK(syscall_name(SYS_openat) == "openat");
    CHECK(syscall_name(400) == "400");
    for (int number = 0; number <= kNewestSyscall; ++number) {
        const std::string name = syscall_name(number);
        if (name == std::to_string(number)) continue;
        const auto back = syscall_number(name);
        REQUIRE(back.has_value());
        CHECK(*back == number);
    }
    CHECK(syscall_number("").has_error());
}

TEST_CASE("seccomp: the kernel takes the program and does what it says", "[seccomp]") {
    const auto program = compiled(
        {Action::kAllow,
         0,
         {{{"getppid"}, Action::kErrno, ENOTTY, {}}, {{"getpgid"}, Action::kKill, 0, {}}}});
    const int refused =
        testing::status_under(program, [] { return ::syscall(SYS_getppid) == -1 ? errno : 0; });
    REQUIRE(WIFEXITED(refused));
    CHECK(WEXITSTATUS(refused) == ENOTTY);
    const int killed =
        testing::status_under(program, [] { return static_cast<int>(::syscall(SYS_getpgid, 0)); });
    REQUIRE(WIFSIGNALED(killed));
    CHECK(WTERMSIG(killed) == SIGSYS);
}

}  // namespace assay::sandbox
