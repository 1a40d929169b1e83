#include "internal/judge/container/policy.hpp"

#include <catch2/catch.hpp>

#include "internal/judge/container/container.hpp"
#include "internal/judge/container/document.hpp"

namespace assay::judge {
namespace {

using sandbox::Action;
using sandbox::Comparison;

constexpr const char* kTestdata = ASSAY_TESTDATA "/judge/container/";

Result<sandbox::SeccompPolicy> parsed(const std::string& text) {
    std::vector<std::string> notes;
    ASSAY_TRY(const flags::TomlDocument document, parse_yaml(text, "p"));
    return read_yaml_policy(document, notes);
}

std::string refusal(const std::string& text) {
    const auto policy = parsed(text);
    return policy ? "accepted" : to_string(policy.error());
}

TEST_CASE("policy: groups of go-seccomp-bpf become rules", "[judge][policy]") {
    const auto policy = parsed(
        "default_action: allow\n"
        "syscalls:\n"
        "- action: errno\n"
        "  names: [connect, accept]\n"
        "- action: kill_process\n"
        "  names: [ptrace]\n"
        "  names_with_args:\n"
        "  - name: socket\n"
        "    arguments:\n"
        "    - {argument: 0, operation: Equal, value: 0x10}\n"
        "    - {argument: 1, operation: BitsNotSet, value: 6}\n"
        "    - {argument: 2, operation: BitsSet, value: 8}\n"
        "- {action: trace, names: [personality]}\n");
    REQUIRE(policy.has_value());
    CHECK(policy->default_action == Action::kAllow);
    REQUIRE(policy->rules.size() == 5);
    CHECK(policy->rules[0].names == std::vector<std::string>{"connect"});
    CHECK(policy->rules[0].action == Action::kErrno);
    CHECK(policy->rules[0].error_number == 1);
    CHECK(policy->rules[2].action == Action::kKill);
    const sandbox::SyscallRule& socket = policy->rules[3];
    REQUIRE(socket.arguments.size() == 3);
    CHECK(socket.arguments[0].comparison == Comparison::kEqual);
    CHECK(socket.arguments[0].value == 16);
    CHECK(socket.arguments[1].comparison == Comparison::kMaskedEqual);
    CHECK(socket.arguments[1].mask == 6);
    CHECK(socket.arguments[1].value == 0);
    CHECK(socket.arguments[2].mask == 8);
    CHECK(socket.arguments[2].value == 8);
    CHECK(policy->rules[4].error_number == 38);
    CHECK(sandbox::compile(*policy).has_value());
}

TEST_CASE("policy: the first group that names a call decides", "[judge][policy]") {
    const auto policy = parsed(
        "default_action: errno\n"
        "syscalls:\n"
        "- {action: allow, names: [read, write]}\n"
        "- {action: kill_process, names: [write, fork]}\n");
    REQUIRE(policy.has_value());
    REQUIRE(policy->rules.size() == 3);
    CHECK(policy->rules[1].action == Action::kAllow);
    CHECK(policy->rules[2].names == std::vector<std::string>{"fork"});
    CHECK(sandbox::compile(*policy).has_value());
}

TEST_CASE("policy: mistakes are told by line and column", "[judge][policy]") {
    CHECK(refusal("default_action: alow\n") ==
          "p:1:17: unknown action 'alow'; did you mean 'allow'?");
    CHECK_THAT(refusal("syscalls: []\n"), Catch::StartsWith("p:1:1: unknown action ''"));
    CHECK(refusal("default_action: allow\nsyscalls:\n- {action: errno, names: [opnat]}\n") ==
          "p:3:26: unknown system call 'opnat'; did you mean 'openat'?");
    CHECK_THAT(refusal("default_action: allow\nsyscalls:\n- names: [read]\n"),
               Catch::StartsWith("p:3:3: unknown action ''"));
    const std::string socket =
        "default_action: allow\nsyscalls:\n- action: errno\n  names_with_args:\n"
        "  - name: socket\n    arguments: ";
    CHECK(refusal(socket + "[{argument: 6, operation: Equal}]\n") ==
          "p:6:17: a call has arguments 0 to 5");
    CHECK(refusal(socket + "[{operation: equal}]\n") ==
          "p:6:29: unknown operation 'equal'; did you mean 'Equal'?");
    CHECK_THAT(refusal(socket + "[{operation: BitsSet, value: 3}]\n"),
               Catch::StartsWith("p:6:17: BitsSet wants a value of one bit"));
}

TEST_CASE("policy: files of both formats compile", "[judge][policy]") {
    std::vector<std::string> notes;
    const auto yaml = load_policy(std::string(kTestdata) + "seccomp.yaml", notes);
    REQUIRE(yaml.has_value());
    CHECK_FALSE(yaml->empty());
    const auto toml = load_policy(ASSAY_TESTDATA "/runner/policies/no_network.toml", notes);
    REQUIRE(toml.has_value());
    CHECK_FALSE(toml->empty());
    CHECK(notes.empty());
}

TEST_CASE("policy: 'none' turns it off, a bad file is an error", "[judge][policy]") {
    const auto none = read_container({.policy_file = "none"});
    REQUIRE(none.has_value());
    CHECK(none->slots.seccomp.empty());
    const auto bad = read_container({.policy_file = std::string(kTestdata) + "mount.yaml"});
    CHECK_FALSE(bad.has_value());
}

}  // namespace
}  // namespace assay::judge
