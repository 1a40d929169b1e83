#include "internal/judge/container/policy.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <map>
#include <utility>

#include "internal/judge/container/document.hpp"
#include "internal/runner/policy_file.hpp"
#include "pkg/flags/nearest.hpp"

namespace assay::judge {
namespace {

using flags::TomlPosition;
using flags::TomlTable;
using sandbox::Action;
using sandbox::ArgumentRule;
using sandbox::Comparison;

struct Answer {
    Action action = Action::kErrno;
    int error_number = EPERM;
};
struct ActionWord {
    std::string_view word;
    Answer answer;
};
constexpr std::array<ActionWord, 7> kActions = {{
    {"allow", {Action::kAllow, 0}},
    {"errno", {Action::kErrno, EPERM}},
    {"kill_thread", {Action::kKill, 0}},
    {"kill_process", {Action::kKill, 0}},
    {"trap", {Action::kKill, 0}},
    {"trace", {Action::kErrno, ENOSYS}},
    {"log", {Action::kLog, 0}},
}};

struct ComparisonWord {
    std::string_view word;
    Comparison comparison;
};
constexpr std::array<ComparisonWord, 8> kComparisons = {{
    {"Equal", Comparison::kEqual},
    {"NotEqual", Comparison::kNotEqual},
    {"GreaterThan", Comparison::kGreater},
    {"LessThan", Comparison::kLess},
    {"GreaterOrEqual", Comparison::kGreaterEqual},
    {"LessOrEqual", Comparison::kLessEqual},
    {"BitsSet", Comparison::kMaskedEqual},
    {"BitsNotSet", Comparison::kMaskedEqual},
}};

template <class Row, std::size_t N>
Result<Row> row_of(const TableReader& in, TomlPosition at, std::string_view what,
                   std::string_view word, const std::array<Row, N>& rows) {
    std::vector<std::string_view> known;
    for (const Row& row : rows) {
        if (row.word == word) return row;
        known.push_back(row.word);
    }
    return in.mistake(at, "unknown " + std::string(what) + " " + in_quotes(word),
                      flags::did_you_mean(word, known, {}, "one of " + flags::join(known)));
}

TomlPosition position_of(const TomlTable& table, std::string_view key, TomlPosition otherwise) {
    const auto* const value = table.find(key);
    return value == nullptr ? otherwise : value->position;
}

class PolicyReader {
  public:
    PolicyReader(const flags::TomlDocument& document, std::vector<std::string>& notes)
        : document_(document), in_(document, &notes) {}

    Result<sandbox::SeccompPolicy> read() {
        const TomlTable& root = document_.root;
        ASSAY_CHECK(in_.check_keys(root, {"default_action", "syscalls"}));
        ASSAY_TRY(const Answer answer, action(root, "default_action", {1, 1}));
        policy_.default_action = answer.action;
        policy_.default_error_number = answer.error_number;
        ASSAY_CHECK(in_.each(root, "syscalls", [this](const TomlTable& group, TomlPosition at) {
            return read_group(group, at);
        }));
        return std::move(policy_);
    }

  private:
    Result<Answer> action(const TomlTable& table, std::string_view key, TomlPosition at) const {
        std::string word;
        ASSAY_CHECK(in_.read(table, key, word));
        ASSAY_TRY(const ActionWord row,
                  row_of(in_, position_of(table, key, at), "action", word, kActions));
        return row.answer;
    }

    Result<void> read_group(const TomlTable& group, TomlPosition at) {
        ++groups_;
        ASSAY_CHECK(in_.check_keys(group, {"names", "names_with_args", "action"}));
        ASSAY_TRY(const Answer answer, action(group, "action", at));
        std::vector<std::string> names;
        ASSAY_CHECK(in_.read(group, "names", names));
        for (const std::string& name : names) {
            ASSAY_CHECK(add(name, position_of(group, "names", at), answer, {}));
        }
        return in_.each(group, "names_with_args",
                        [this, &answer](const TomlTable& call, TomlPosition where) {
                            return read_call(call, where, answer);
                        });
    }

    Result<void> read_call(const TomlTable& call, TomlPosition at, const Answer& answer) {
        ASSAY_CHECK(in_.check_keys(call, {"name", "arguments"}));
        std::string name;
        ASSAY_CHECK(in_.read(call, "name", name));
        std::vector<ArgumentRule> arguments;
        ASSAY_CHECK(in_.each(call, "arguments",
                             [&](const TomlTable& table, TomlPosition where) -> Result<void> {
                                 ASSAY_TRY(const ArgumentRule rule, read_argument(table, where));
                                 arguments.push_back(rule);
                                 return {};
                             }));
        return add(name, position_of(call, "name", at), answer, std::move(arguments));
    }

    Result<ArgumentRule> read_argument(const TomlTable& table, TomlPosition at) const {
        ASSAY_CHECK(in_.check_keys(table, {"argument", "operation", "value"}));
        std::uint32_t index = 0;
        std::string operation;
        std::uint64_t value = 0;
        ASSAY_CHECK(in_.read(table, "argument", index));
        ASSAY_CHECK(in_.read(table, "operation", operation));
        ASSAY_CHECK(in_.read(table, "value", value));
        if (index > 5) return in_.mistake(at, "a call has arguments 0 to 5");
        ASSAY_TRY(const ComparisonWord row, row_of(in_, position_of(table, "operation", at),
                                                   "operation", operation, kComparisons));
        ArgumentRule rule{index, row.comparison, value};
        if (operation == "BitsSet" && std::popcount(value) != 1) {
            return in_.mistake(at, "BitsSet wants a value of one bit", "write one entry per bit");
        }
        if (rule.comparison == Comparison::kMaskedEqual) rule.mask = value;
        if (operation == "BitsNotSet") rule.value = 0;
        return rule;
    }

    Result<void> add(const std::string& name, TomlPosition at, const Answer& answer,
                     std::vector<ArgumentRule> arguments) {
        if (const auto number = sandbox::syscall_number(name); !number) {
            return in_.mistake(at, number.error().message, number.error().remedy);
        }
        const auto [first, is_new] = decided_.emplace(name, groups_);
        if (!is_new && first->second != groups_) return {};
        policy_.rules.push_back({{name}, answer.action, answer.error_number, std::move(arguments)});
        return {};
    }

    const flags::TomlDocument& document_;
    TableReader in_;
    sandbox::SeccompPolicy policy_;
    std::map<std::string, std::size_t> decided_;  // call -> the group that names it first
    std::size_t groups_ = 0;
};

}  // namespace

Result<sandbox::SeccompPolicy> read_yaml_policy(const flags::TomlDocument& document,
                                                std::vector<std::string>& notes) {
    return PolicyReader(document, notes).read();
}

Result<std::vector<sock_filter>> load_policy(const std::string& path,
                                             std::vector<std::string>& notes) {
    sandbox::SeccompPolicy policy;
    if (is_toml(path)) {
        ASSAY_TRY(policy, runner::load_policy_file(path));
    } else {
        ASSAY_TRY(const flags::TomlDocument document, read_document(path));
        ASSAY_TRY(policy, read_yaml_policy(document, notes));
    }
    auto program = sandbox::compile(policy);
    if (!program) return usage_error(path + ": " + program.error().message, program.error().remedy);
    return program;
}

}  // namespace assay::judge
