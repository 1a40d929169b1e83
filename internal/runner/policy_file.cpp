#include "internal/runner/policy_file.hpp"

#include <string.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <optional>
#include <vector>

#include "pkg/flags/nearest.hpp"
#include "pkg/flags/toml_document.hpp"

namespace assay::runner {
namespace {

using flags::TomlArray;
using flags::TomlDocument;
using flags::TomlMember;
using flags::TomlPosition;
using flags::TomlTable;
using flags::TomlValue;
using sandbox::Action;
using sandbox::ArgumentRule;
using sandbox::Comparison;
using sandbox::SeccompPolicy;
using sandbox::SyscallRule;

// libseccomp compares each new rule of a call with all its others.
constexpr std::size_t kMaxRules = 500;

template <class Meaning>
struct Word {
    std::string_view text;
    Meaning meaning;
};

// The type is written out for the sake of clang-tidy 14, which cannot deduce it.
constexpr std::array<Word<Action>, 4> kActions = {{{"allow", Action::kAllow},
                                                   {"errno", Action::kErrno},
                                                   {"kill", Action::kKill},
                                                   {"log", Action::kLog}}};
constexpr std::array<Word<Comparison>, 6> kComparisons = {{{"eq", Comparison::kEqual},
                                                           {"ne", Comparison::kNotEqual},
                                                           {"lt", Comparison::kLess},
                                                           {"le", Comparison::kLessEqual},
                                                           {"gt", Comparison::kGreater},
                                                           {"ge", Comparison::kGreaterEqual}}};
using BuiltIn = SeccompPolicy (*)();
constexpr std::array<Word<BuiltIn>, 2> kBases = {
    {{"default", &sandbox::default_policy}, {"strict", &sandbox::strict_policy}}};

constexpr std::array<std::string_view, 4> kTopKeys = {"base", "default", "default-errno", "rule"};
constexpr std::array<std::string_view, 4> kRuleKeys = {"names", "action", "errno", "arguments"};
constexpr std::array<std::string_view, 4> kArgumentKeys = {"index", "op", "value", "mask"};

std::string quoted(std::string_view text) {
    return "'" + std::string(text) + "'";
}

std::string listed(std::span<const std::string_view> words) {
    std::string text = "one of ";
    for (const std::string_view word : words) {
        text.append(word == words.front() ? "" : ", ").append(quoted(word));
    }
    return text;
}

std::vector<std::string_view> errno_names() {
    constexpr int kNewestErrno = 133;  // EHWPOISON
    std::vector<std::string_view> names;
    for (int number = 1; number <= kNewestErrno; ++number) {
        if (const char* name = ::strerrorname_np(number)) names.emplace_back(name);
    }
    return names;
}

// Reads one document. Every error carries the position of what is wrong.
class PolicyReader {
  public:
    explicit PolicyReader(const TomlDocument& document) : document_(document) {}

    Result<SeccompPolicy> read() {
        ASSAY_CHECK(check_keys(document_.root, kTopKeys));
        ASSAY_TRY(SeccompPolicy policy, read_start());
        ASSAY_TRY(std::vector<SyscallRule> rules, read_rules(policy));
        drop_replaced(policy);
        std::move(rules.begin(), rules.end(), std::back_inserter(policy.rules));
        ASSAY_CHECK(check_exec(policy));
        return policy;
    }

  private:
    // Where a call got its first rule, and whether that holds for all arguments.
    struct Named {
        std::uint32_t line = 0;
        bool for_all_arguments = false;
    };

    Error mistake(TomlPosition at, std::string_view message, std::string remedy = {}) const {
        return document_.error_at(at, message, std::move(remedy));
    }

    Result<void> check_keys(const TomlTable& table, std::span<const std::string_view> known) const {
        for (const TomlMember& member : table.members) {
            if (std::find(known.begin(), known.end(), member.key) != known.end()) continue;
            return mistake(member.key_position, "unknown key " + quoted(member.key),
                           flags::did_you_mean(member.key, known, {}, listed(known)));
        }
        return {};
    }

    template <class T>
    Result<T> as(const TomlValue& value, std::string_view key, std::string_view wanted) const {
        if (const T* found = value.as<T>()) return *found;
        return mistake(value.position, quoted(key) + " must be " + std::string(wanted) + ", not " +
                                           std::string(flags::type_name(value)));
    }

    template <class Meaning, std::size_t N>
    Result<Meaning> word(const TomlValue& value, std::string_view key,
                         const std::array<Word<Meaning>, N>& words) const {
        ASSAY_TRY(const std::string text, as<std::string>(value, key, "a string"));
        std::array<std::string_view, N> known;
        for (std::size_t i = 0; i < N; ++i) {
            if (words[i].text == text) return words[i].meaning;
            known[i] = words[i].text;
        }
        return mistake(value.position, "unknown " + std::string(key) + " " + quoted(text),
                       flags::did_you_mean(text, known, {}, listed(known)));
    }

    Result<int> errno_number(const TomlValue& value, std::string_view key) const {
        ASSAY_TRY(const std::string text, as<std::string>(value, key, "a string"));
        const std::vector<std::string_view> names = errno_names();
        for (const std::string_view name : names) {
            if (name != text) continue;
            for (int number = 1;; ++number) {
                const char* candidate = ::strerrorname_np(number);
                if (candidate != nullptr && name == candidate) return number;
            }
        }
        return mistake(value.position, "unknown errno " + quoted(text),
                       flags::did_you_mean(text, names, {}, "names are those of errno(3)"));
    }

    // The errno beside an action, which only "errno" has.
    Result<int> errno_beside(const TomlTable& table, std::string_view key, Action action) const {
        const TomlValue* value = table.find(key);
        if (value == nullptr) return action == Action::kErrno ? EPERM : 0;
        if (action == Action::kErrno) return errno_number(*value, key);
        return mistake(value->position, quoted(key) + " goes with the action 'errno' only");
    }

    Result<SeccompPolicy> read_start() const {
        const TomlValue* base = document_.root.find("base");
        const TomlValue* fallback = document_.root.find("default");
        if ((base == nullptr) == (fallback == nullptr)) {
            const TomlPosition at = base == nullptr ? TomlPosition{1, 1} : fallback->position;
            return mistake(at,
                           base == nullptr ? "neither 'base' nor 'default' is given"
                                           : "'base' brings its own default",
                           "give one of 'base' and 'default'");
        }
        SeccompPolicy policy;
        if (fallback != nullptr) {
            ASSAY_TRY(policy.default_action, word(*fallback, "default", kActions));
        } else {
            ASSAY_TRY(const auto built_in, word(*base, "base", kBases));
            policy = built_in();
        }
        const Action own = fallback == nullptr ? Action::kAllow : policy.default_action;
        ASSAY_TRY(const int number, errno_beside(document_.root, "default-errno", own));
        if (fallback != nullptr) policy.default_error_number = number;
        return policy;
    }

    Result<std::vector<SyscallRule>> read_rules(const SeccompPolicy& start) {
        std::vector<SyscallRule> rules;
        const TomlValue* value = document_.root.find("rule");
        if (value == nullptr) return rules;
        ASSAY_TRY(const TomlArray array, as<TomlArray>(*value, "rule", "written as [[rule]]"));
        if (array.elements.size() > kMaxRules) {
            return mistake(array.elements[kMaxRules].position,
                           "more than " + std::to_string(kMaxRules) + " rules");
        }
        for (const TomlValue& element : array.elements) {
            ASSAY_TRY(const TomlTable table, as<TomlTable>(element, "rule", "written as [[rule]]"));
            ASSAY_TRY(SyscallRule rule, read_rule(table, element.position, start));
            rules.push_back(std::move(rule));
        }
        return rules;
    }

    Result<SyscallRule> read_rule(const TomlTable& table, TomlPosition at,
                                  const SeccompPolicy& start) {
        ASSAY_CHECK(check_keys(table, kRuleKeys));
        SyscallRule rule;
        const TomlValue* action = table.find("action");
        if (action == nullptr) return mistake(at, "the rule has no 'action'");
        ASSAY_TRY(rule.action, word(*action, "action", kActions));
        ASSAY_TRY(rule.error_number, errno_beside(table, "errno", rule.action));
        if (const TomlValue* arguments = table.find("arguments")) {
            ASSAY_TRY(rule.arguments, read_arguments(*arguments));
        }
        if (!rule.arguments.empty() && rule.action == start.default_action &&
            (rule.action != Action::kErrno || rule.error_number == start.default_error_number)) {
            return mistake(action->position,
                           "the rule has no effect: other arguments get the same by default",
                           "say which arguments are treated otherwise");
        }
        const TomlValue* names = table.find("names");
        if (names == nullptr) return mistake(at, "the rule has no 'names'");
        ASSAY_TRY(rule.names, read_names(*names, rule.arguments.empty()));
        return rule;
    }

    Result<std::vector<std::string>> read_names(const TomlValue& value, bool for_all_arguments) {
        ASSAY_TRY(const TomlArray array, as<TomlArray>(value, "names", "an array of strings"));
        std::vector<std::string> names;
        for (const TomlValue& element : array.elements) {
            ASSAY_TRY(std::string name, as<std::string>(element, "names", "an array of strings"));
            const auto number = sandbox::syscall_number(name);
            if (!number) {
                return mistake(element.position, number.error().message, number.error().remedy);
            }
            const auto [entry, is_new] =
                named_.try_emplace(*number, Named{element.position.line, for_all_arguments});
            if (!is_new && (for_all_arguments || entry->second.for_all_arguments)) {
                return mistake(element.position,
                               quoted(name) + " has a rule already, in line " +
                                   std::to_string(entry->second.line),
                               "only rules with 'arguments' may share a call");
            }
            names.push_back(std::move(name));
        }
        return names;
    }

    Result<std::vector<ArgumentRule>> read_arguments(const TomlValue& value) const {
        constexpr std::string_view kWanted = "an array of tables such as { index = 0, value = 1 }";
        ASSAY_TRY(const TomlArray array, as<TomlArray>(value, "arguments", kWanted));
        std::vector<ArgumentRule> arguments;
        unsigned seen = 0;
        for (const TomlValue& element : array.elements) {
            ASSAY_TRY(const TomlTable table, as<TomlTable>(element, "arguments", kWanted));
            ASSAY_TRY(const ArgumentRule argument, read_argument(table, element.position));
            const unsigned bit = 1u << argument.index;
            if ((seen & bit) != 0) {
                return mistake(element.position, "argument " + std::to_string(argument.index) +
                                                     " is compared twice in one rule");
            }
            seen |= bit;
            arguments.push_back(argument);
        }
        return arguments;
    }

    Result<ArgumentRule> read_argument(const TomlTable& table, TomlPosition at) const {
        constexpr std::int64_t kLastArgument = 5;
        ASSAY_CHECK(check_keys(table, kArgumentKeys));
        ArgumentRule argument;
        ASSAY_TRY(const std::optional<std::int64_t> index, integer(table, "index"));
        ASSAY_TRY(const std::optional<std::int64_t> number, integer(table, "value"));
        ASSAY_TRY(const std::optional<std::int64_t> mask, integer(table, "mask"));
        if (!index || !number) return mistake(at, "an argument needs 'index' and 'value'");
        if (*index < 0 || *index > kLastArgument) {
            return mistake(table.find("index")->position, "'index' must be 0 to 5");
        }
        argument.index = static_cast<unsigned>(*index);
        argument.value = static_cast<std::uint64_t>(*number);
        if (const TomlValue* op = table.find("op")) {
            ASSAY_TRY(argument.comparison, word(*op, "op", kComparisons));
        }
        if (!mask) return argument;
        argument.mask = static_cast<std::uint64_t>(*mask);
        if (argument.comparison != Comparison::kEqual) {
            return mistake(table.find("mask")->position, "'mask' goes with the op 'eq' only");
        }
        argument.comparison = Comparison::kMaskedEqual;
        if ((argument.value & ~argument.mask) != 0) {
            return mistake(table.find("value")->position,
                           "the rule never holds: 'value' has bits that 'mask' takes away");
        }
        return argument;
    }

    Result<std::optional<std::int64_t>> integer(const TomlTable& table,
                                                std::string_view key) const {
        const TomlValue* value = table.find(key);
        if (value == nullptr) return std::optional<std::int64_t>();
        ASSAY_TRY(const std::int64_t number, as<std::int64_t>(*value, key, "an integer"));
        return std::optional(number);
    }

    // What the base says of calls that the file has rules for.
    void drop_replaced(SeccompPolicy& policy) const {
        for (SyscallRule& rule : policy.rules) {
            std::erase_if(rule.names, [&](const std::string& name) {
                const auto number = sandbox::syscall_number(name);
                return number.has_value() && named_.contains(*number);
            });
        }
    }

    Result<void> check_exec(const SeccompPolicy& policy) const {
        bool allowed =
            policy.default_action == Action::kAllow || policy.default_action == Action::kLog;
        for (const SyscallRule& rule : policy.rules) {
            if (std::find(rule.names.begin(), rule.names.end(), "execve") == rule.names.end()) {
                continue;
            }
            const bool lets_pass = rule.action == Action::kAllow || rule.action == Action::kLog;
            allowed = lets_pass || (allowed && !rule.arguments.empty());
        }
        if (allowed) return {};
        return mistake({1, 1}, "execve is refused, so no program could start",
                       "add \"execve\" to the names of an 'allow' rule");
    }

    const TomlDocument& document_;
    std::map<int, Named> named_;
};

Result<SeccompPolicy> read_policy(const TomlDocument& document) {
    ASSAY_TRY(SeccompPolicy policy, PolicyReader(document).read());
    // What only the compiler sees: rules whose arguments overlap, a program that is too long.
    if (auto program = sandbox::compile(policy); !program) {
        Error error = std::move(program).error();
        error.message = document.name + ": " + error.message;
        return error;
    }
    return policy;
}

// Calls that are allowed only as far as the default policy goes, each way a rule.
struct Guard {
    std::string_view name;
    std::string_view arguments;
};
constexpr std::array kGuards = {
    Guard{"clone", "{ index = 0, value = 0, mask = 0x7e020000 }"},    // no CLONE_NEW*
    Guard{"unshare", "{ index = 0, value = 0, mask = 0x7e020080 }"},  // nor CLONE_NEWTIME
    Guard{"socket", "{ index = 0, value = 1 }"},                      // AF_UNIX
    Guard{"socket", "{ index = 0, value = 2 }"},                      // AF_INET
    Guard{"socket", "{ index = 0, value = 10 }"},                     // AF_INET6
    Guard{"socketpair", "{ index = 0, value = 1 }"},
    Guard{"seccomp", "{ index = 1, value = 0, mask = 0x8 }"},  // no NEW_LISTENER
};

bool is_guarded(std::string_view name) {
    return std::any_of(kGuards.begin(), kGuards.end(),
                       [&](const Guard& guard) { return guard.name == name; });
}

// Indented, wrapped, each followed by a comma.
std::string names_block(std::span<const std::string> names) {
    constexpr std::size_t kColumns = 80;
    constexpr std::string_view kIndent = "    ";
    std::string text;
    std::string line;
    for (const std::string& name : names) {
        const std::string item = "\"" + name + "\",";
        if (!line.empty() && line.size() + 1 + item.size() > kColumns) {
            text += line + "\n";
            line.clear();
        }
        line.append(line.empty() ? kIndent : " ").append(item);
    }
    return line.empty() ? text : text + line + "\n";
}

}  // namespace

Result<SeccompPolicy> parse_policy(std::string_view text, std::string name) {
    ASSAY_TRY(const TomlDocument document, flags::parse_toml(text, std::move(name)));
    return read_policy(document);
}

Result<SeccompPolicy> load_policy_file(const std::string& path) {
    ASSAY_TRY(const TomlDocument document, flags::read_toml(path));
    return read_policy(document);
}

std::string write_policy_file(std::span<const std::string> syscalls) {
    std::vector<std::string> plain;
    std::vector<std::string> seen;
    for (const std::string& name : syscalls) {
        if (!sandbox::syscall_number(name)) continue;
        (is_guarded(name) ? seen : plain).push_back(name);
    }
    std::string text =
        "# The system calls that a traced program made. Other input may need others.\n"
        "default = \"errno\"  # \"kill\" ends the program at any other call\n"
        "default-errno = \"EPERM\"\n\n"
        "[[rule]]\nnames = [\n" +
        names_block(plain) + "]\naction = \"allow\"\n";
    for (const Guard& guard : kGuards) {
        if (std::find(seen.begin(), seen.end(), guard.name) == seen.end()) continue;
        text.append("\n[[rule]]\nnames = [\"").append(guard.name);
        text.append("\"]\naction = \"allow\"\narguments = [").append(guard.arguments);
        text.append("]\n");
    }
    return text;
}

}  // namespace assay::runner
