#include "internal/runner/policy_file.hpp"

#include <linux/seccomp.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>

#include "internal/testing/bpf_interpreter.hpp"
#include "internal/testing/filtered_child.hpp"
#include "internal/testing/traced_child.hpp"
#include "pkg/sandbox/notify.hpp"

namespace assay::runner {
namespace {

using testing::call;
using testing::evaluate;

const std::string kPolicies = std::string(ASSAY_TESTDATA) + "/runner/policies/";

std::uint32_t errno_answer(int error_number) {
    return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error_number);
}

std::vector<sock_filter> compiled(const Result<sandbox::SeccompPolicy>& policy) {
    INFO((policy ? std::string() : to_string(policy.error())));
    REQUIRE(policy.has_value());
    auto program = sandbox::compile(*policy);
    REQUIRE(program.has_value());
    return std::move(*program);
}

std::vector<sock_filter> compiled(std::string_view text) {
    return compiled(parse_policy(text, "p.toml"));
}

std::string mistake(std::string_view text) {
    const auto policy = parse_policy(text, "p.toml");
    REQUIRE(policy.has_error());
    CHECK(policy.error().kind == ErrorKind::kUsage);
    return to_string(policy.error());
}

// A policy in whose rule, from line 2, stands `lines`.
std::string with_rule(const std::string& lines) {
    return "default = \"allow\"\n[[rule]]\n" + lines;
}

// The calls of a program whose output goes to a file.
std::vector<std::string> traced(const std::vector<std::string>& arguments,
                                const std::string& directory) {
    const auto program = sandbox::tracing_program();
    REQUIRE(program.has_value());
    std::vector<char*> pointers;
    for (const auto& text : arguments) pointers.push_back(const_cast<char*>(text.c_str()));
    pointers.push_back(nullptr);
    const std::string log = directory + "/.traced";
    const auto result = testing::trace_of(*program, [&] {
        ::dup2(::open(log.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), 1);
        ::execve(pointers[0], pointers.data(), environ);
        return 127;
    });
    CHECK(result.status == 0);
    return result.names;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("policy file: a default and rules from nothing", "[policy]") {
    const auto program = compiled(R"(
default = "errno"
default-errno = "EACCES"
[[rule]]
names = ["execve", "read"]
action = "allow"
[[rule]]
names = ["write"]
action = "log"
[[rule]]
names = ["fork"]
action = "kill"
[[rule]]
names = ["open"]
action = "errno"
errno = "ENOENT"
[[rule]]
names = ["stat"]
action = "errno"
)");
    CHECK(evaluate(program, call(SYS_execve)) == SECCOMP_RET_ALLOW);
    CHECK(evaluate(program, call(SYS_write)) == SECCOMP_RET_LOG);
    CHECK(evaluate(program, call(SYS_fork)) == SECCOMP_RET_KILL_PROCESS);
    CHECK(evaluate(program, call(SYS_open)) == errno_answer(ENOENT));
    CHECK(evaluate(program, call(SYS_stat)) == errno_answer(EPERM));
    CHECK(evaluate(program, call(SYS_close)) == errno_answer(EACCES));
}

TEST_CASE("policy file: each comparison is understood", "[policy]") {
    struct Case {
        std::string argument;
        std::vector<std::uint64_t> fitting;
        std::vector<std::uint64_t> others;
    };
    constexpr std::uint64_t kAllOnes = ~std::uint64_t{0};
    for (const Case& one :
         {Case{"{ index = 3, value = 7 }", {7}, {6, 8}},
          Case{"{ index = 3, op = \"eq\", value = 7 }", {7}, {6, 8}},
          Case{"{ index = 3, op = \"ne\", value = 7 }", {6, 8}, {7}},
          Case{"{ index = 3, op = \"lt\", value = 7 }", {6}, {7, 8}},
          Case{"{ index = 3, op = \"le\", value = 7 }", {6, 7}, {8}},
          Case{"{ index = 3, op = \"gt\", value = 7 }", {8}, {6, 7}},
          Case{"{ index = 3, op = \"ge\", value = 7 }", {7, 8}, {6}},
          Case{"{ index = 3, value = 0x10, mask = 0xf0 }", {0x10, 0x1f, 0xf'0010}, {0x20, 0}},
          Case{"{ index = 3, value = -1 }", {kAllOnes}, {0xffff'ffff}}}) {
        INFO(one.argument);
        const auto program = compiled(with_rule(
            "names = [\"mmap\"]\naction = \"errno\"\narguments = [" + one.argument + "]"));
        for (const std::uint64_t value : one.fitting) {
            CHECK(evaluate(program, call(SYS_mmap, {0, 0, 0, value})) == errno_answer(EPERM));
        }
        for (const std::uint64_t value : one.others) {
            CHECK(evaluate(program, call(SYS_mmap, {0, 0, 0, value})) == SECCOMP_RET_ALLOW);
        }
    }
}

TEST_CASE("policy file: rules take the place of what the base says of a call", "[policy]") {
    const auto program = compiled(load_policy_file(kPolicies + "no_network.toml"));
    CHECK(evaluate(program, call(SYS_socket, {AF_INET})) == errno_answer(EACCES));
    CHECK(evaluate(program, call(SYS_socket, {AF_NETLINK})) == errno_answer(EACCES));
    CHECK(evaluate(program, call(SYS_mount)) == errno_answer(EPERM));
    CHECK(evaluate(program, call(SYS_read)) == SECCOMP_RET_ALLOW);

    const auto wider = compiled(R"(
base = "strict"
[[rule]]
names = ["clone", "fork", "wait4"]
action = "allow"
)");
    CHECK(evaluate(wider, call(SYS_clone, {SIGCHLD})) == SECCOMP_RET_ALLOW);
    CHECK(evaluate(wider, call(SYS_wait4)) == SECCOMP_RET_ALLOW);
    CHECK(evaluate(wider, call(SYS_connect)) == SECCOMP_RET_KILL_PROCESS);
}

TEST_CASE("policy file: mistakes are told with line, column and the nearest word", "[policy]") {
    CHECK(mistake(
              "default = \"allow\"\n[[rule]]\nnames = [\"read\", \"opnat\"]\naction = \"kill\"") ==
          "p.toml:3:18: unknown system call 'opnat'; did you mean 'openat'?");
    CHECK(mistake("defualt = \"allow\"") ==
          "p.toml:1:1: unknown key 'defualt'; did you mean 'default'?");
    CHECK(mistake("default = \"alow\"") ==
          "p.toml:1:11: unknown default 'alow'; did you mean 'allow'?");
    CHECK(mistake("default = 3") == "p.toml:1:11: 'default' must be a string, not an integer");
    CHECK(mistake("base = \"stict\"") ==
          "p.toml:1:8: unknown base 'stict'; did you mean 'strict'?");
    CHECK(mistake("default = \"errno\"\ndefault-errno = \"EPREM\"") ==
          "p.toml:2:17: unknown errno 'EPREM'; did you mean 'EPERM'?");
    CHECK(mistake("default = \"allow\"\ndefault-errno = \"EPERM\"") ==
          "p.toml:2:17: 'default-errno' goes with the action 'errno' only");
    CHECK(mistake("") ==
          "p.toml:1:1: neither 'base' nor 'default' is given; give one of 'base' and 'default'");
    CHECK(mistake("base = \"default\"\ndefault = \"kill\"") ==
          "p.toml:2:11: 'base' brings its own default; give one of 'base' and 'default'");
    CHECK(
        mistake("default = \"kill\"") ==
        "p.toml:1:1: execve is refused, so no program could start; add \"execve\" to the names of "
        "an 'allow' rule");
    CHECK(mistake("default = ").starts_with("p.toml:1:"));
}

TEST_CASE("policy file: mistakes in a rule", "[policy]") {
    CHECK(mistake(with_rule("names = [\"read\"]")) == "p.toml:2:1: the rule has no 'action'");
    CHECK(mistake(with_rule("action = \"kill\"")) == "p.toml:2:1: the rule has no 'names'");
    CHECK(mistake(with_rule("name = [\"read\"]")) ==
          "p.toml:3:1: unknown key 'name'; did you mean 'names'?");
    CHECK(mistake(with_rule("names = [\"read\"]\naction = \"kill\"\nerrno = \"EIO\"")) ==
          "p.toml:5:9: 'errno' goes with the action 'errno' only");
    CHECK(mistake(with_rule("names = [\"read\", \"open\", \"read\"]\naction = \"kill\"")) ==
          "p.toml:3:26: 'read' has a rule already, in line 3; only rules with 'arguments' may "
          "share a call");
    CHECK(mistake(with_rule("names = [\"read\"]\naction = \"allow\"\n"
                            "arguments = [{ index = 0, value = 1 }]")) ==
          "p.toml:4:10: the rule has no effect: other arguments get the same by default; say which "
          "arguments are treated otherwise");
    CHECK(mistake("default = \"allow\"\nrule = 3") ==
          "p.toml:2:8: 'rule' must be written as [[rule]], not an integer");
}

TEST_CASE("policy file: mistakes in an argument", "[policy]") {
    const auto with_argument = [](const std::string& argument) {
        return mistake(
            with_rule("names = [\"read\"]\naction = \"kill\"\narguments = [" + argument + "]"));
    };
    CHECK(with_argument("{ index = 6, value = 1 }") == "p.toml:5:24: 'index' must be 0 to 5");
    CHECK(with_argument("{ index = 1 }") == "p.toml:5:14: an argument needs 'index' and 'value'");
    CHECK(with_argument("{ index = 1, value = 1, op = \"eg\" }") ==
          "p.toml:5:43: unknown op 'eg'; did you mean 'eq'?");
    CHECK(with_argument("{ index = 1, value = 1, op = \"lt\", mask = 3 }") ==
          "p.toml:5:56: 'mask' goes with the op 'eq' only");
    CHECK(with_argument("{ index = 1, value = 4, mask = 3 }") ==
          "p.toml:5:35: the rule never holds: 'value' has bits that 'mask' takes away");
    CHECK(with_argument("{ index = 1, value = 4 }, { index = 1, value = 5 }") ==
          "p.toml:5:40: argument 1 is compared twice in one rule");
    CHECK(with_argument("{ index = 1, valeu = 4 }") ==
          "p.toml:5:27: unknown key 'valeu'; did you mean 'value'?");
}

TEST_CASE("policy file: a missing file is told by its name", "[policy]") {
    const auto policy = load_policy_file("/nonexistent/p.toml");
    REQUIRE(policy.has_error());
    CHECK(policy.error().message.find("/nonexistent/p.toml") != std::string::npos);
}

TEST_CASE("policy file: a program runs under a file's rules", "[policy]") {
    const testing::ScratchDirectory directory;
    const auto program = compiled(load_policy_file(kPolicies + "reader.toml"));
    const auto reads = testing::run_under(program, {"cat", "/etc/passwd"}, directory.path());
    INFO(reads.output);
    CHECK(reads.status == 0);
    CHECK(reads.output.find("root:") != std::string::npos);
    CHECK(evaluate(program, call(SYS_openat, {0, 0, O_WRONLY | O_CREAT})) == errno_answer(EROFS));
    CHECK(evaluate(program, call(SYS_openat, {0, 0, O_RDWR})) == SECCOMP_RET_KILL_PROCESS);
}

TEST_CASE("policy file: what is written from a trace lets the same program run", "[policy]") {
    const testing::ScratchDirectory directory;
    const std::vector<std::string> cat = {"/bin/cat", "/etc/passwd"};
    const auto names = traced(cat, directory.path());
    CHECK(std::find(names.begin(), names.end(), "openat") != names.end());

    const std::string text = write_policy_file(names);
    INFO(text);
    const auto kills = compiled(replaced(text,
                                         "default = \"errno\"  # \"kill\" ends the program at any "
                                         "other call\ndefault-errno = \"EPERM\"",
                                         "default = \"kill\""));
    CHECK(testing::run_under(kills, cat, directory.path()).status == 0);

    const auto other = testing::run_under(kills, {"/bin/mkdir", "x"}, directory.path());
    REQUIRE(WIFSIGNALED(other.status));
    CHECK(WTERMSIG(other.status) == SIGSYS);
}

TEST_CASE("policy file: a written policy is no wider than the default in what it guards",
          "[policy]") {
    const std::vector<std::string> names = {"400",    "clone",      "execve", "seccomp",
                                            "socket", "socketpair", "unshare"};
    const auto program = compiled(write_policy_file(names));
    constexpr std::uint64_t kNewUser = 0x10000000;
    CHECK(evaluate(program, call(SYS_clone, {SIGCHLD})) == SECCOMP_RET_ALLOW);
    CHECK(evaluate(program, call(SYS_clone, {SIGCHLD | kNewUser})) == errno_answer(EPERM));
    CHECK(evaluate(program, call(SYS_unshare, {kNewUser})) == errno_answer(EPERM));
    CHECK(evaluate(program, call(SYS_socket, {AF_INET6})) == SECCOMP_RET_ALLOW);
    CHECK(evaluate(program, call(SYS_socket, {AF_NETLINK})) == errno_answer(EPERM));
    CHECK(evaluate(program, call(SYS_seccomp, {1, 8})) == errno_answer(EPERM));
    CHECK(evaluate(program, call(SYS_seccomp, {1, 0})) == SECCOMP_RET_ALLOW);
}

}  // namespace assay::runner
