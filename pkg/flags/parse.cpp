#include <algorithm>
#include <optional>

#include "pkg/flags/assign.hpp"
#include "pkg/flags/command_line.hpp"
#include "pkg/flags/config_file.hpp"
#include "pkg/flags/environment.hpp"
#include "pkg/flags/flags.hpp"
#include "pkg/flags/nearest.hpp"

namespace assay::flags {
namespace {

constexpr std::string_view kConfig = "config";
constexpr FlagSpec kHelpFlag{"help", 'h', true};
constexpr FlagSpec kVersionFlag{"version", '\0', true};

void append_specs(std::vector<FlagSpec>& specs, const Settings& settings) {
    for (const Setting& setting : settings.all()) {
        specs.push_back({setting.item.name, setting.item.short_name, setting.is_switch()});
    }
}

Result<void> apply_flag(Setting& setting, const GivenFlag& given) {
    const std::string flag = "--" + std::string(setting.item.name);
    if (auto set = assign(setting, given.values); !set) {
        return usage_error(flag + ": " + set.error().message, set.error().remedy);
    }
    setting.origin = {Origin::Layer::kFlag, flag};
    return {};
}

Result<void> take_words(const Settings& command, std::vector<std::string> words) {
    const Words* rule = command.words();
    const std::size_t at_most = rule == nullptr ? 0 : rule->at_most;
    if (words.size() > at_most)
        return usage_error("unexpected argument " + in_quotes(words[at_most]));
    if (rule == nullptr) return {};
    if (!rule->choices.empty()) {
        for (const std::string& word : words) {
            if (std::ranges::count(rule->choices, word) > 0) continue;
            return usage_error(
                "unknown " + std::string(rule->value_name) + " " + in_quotes(word),
                did_you_mean(word, rule->choices, {}, "one of " + join(rule->choices)));
        }
    }
    *command.words_target() = std::move(words);
    return {};
}

std::vector<std::string_view> keys_of(const Settings& global) {
    std::vector<std::string_view> names = global.names();
    if (global.has_config_file()) std::erase(names, kConfig);
    return names;
}

// The file named by flag, else by variable. It is needed before the layers, so it is looked up
// alone.
std::string chosen_config_file(const Settings& global, std::span<const GivenFlag> flags,
                               const char* const* environment) {
    if (!global.has_config_file()) return {};
    for (const GivenFlag& given : flags) {
        if (global.all()[given.index].item.name == kConfig) return given.values.back();
    }
    return std::string(environment_value(environment, variable_name({}, kConfig)));
}

}  // namespace

Result<Choice> choose_command(const Settings& global, std::vector<std::string> words) {
    std::vector<FlagSpec> specs;
    append_specs(specs, global);
    const std::size_t help = specs.size();
    specs.push_back(kHelpFlag);
    const std::size_t version = specs.size();
    specs.push_back(kVersionFlag);
    ASSAY_TRY(const CommandLine line,
              read_command_line(specs, WordRule::kEndOptions, words,
                                "the flags of a command stand after its name"));
    Choice choice;
    for (const GivenFlag& given : line.flags) {
        if (given.index == help) choice.help = true;
        if (given.index == version) choice.version = true;
    }
    if (line.words.empty()) return choice;
    const auto name = words.end() - static_cast<std::ptrdiff_t>(line.words.size());
    choice.command = std::move(*name);
    const bool separated = name != words.begin() && *(name - 1) == "--";
    words.erase(name - (separated ? 1 : 0), name + 1);
    choice.arguments = std::move(words);
    return choice;
}

Result<Parsed> parse(Settings& global, Settings& command, std::vector<std::string> arguments,
                     const Surroundings& surroundings) {
    std::vector<FlagSpec> specs;
    append_specs(specs, global);
    append_specs(specs, command);
    const std::size_t help = specs.size();
    specs.push_back(kHelpFlag);
    const std::string remedy = "see 'assay " + std::string(command.section()) + " --help'";
    const WordRule rule =
        command.words_are_trailing() ? WordRule::kEndOptions : WordRule::kAmongOptions;
    if (command.single_dash()) double_dashes(specs, arguments);
    ASSAY_TRY(CommandLine line, read_command_line(specs, rule, std::move(arguments), remedy));
    const auto first_command_flag = std::ranges::find_if(
        line.flags, [&](const GivenFlag& given) { return given.index >= global.all().size(); });
    if (!line.flags.empty() && line.flags.back().index == help) return Parsed{.help = true};

    const std::span<const GivenFlag> global_flags(line.flags.begin(), first_command_flag);
    ASSAY_TRY(const auto document,
              read_config(chosen_config_file(global, global_flags, surroundings.environment),
                          surroundings.environment));
    const std::vector<std::string_view> keys = keys_of(global);
    if (document) {
        Settings* const sections[] = {&command};
        ASSAY_CHECK(apply_file({&global, sections, keys, surroundings.known_tables}, *document));
    }
    const std::vector<Variable> variables = assay_variables(surroundings.environment);
    ASSAY_CHECK(apply_variables(global, variables));
    ASSAY_CHECK(apply_aliases(command, surroundings.environment));
    ASSAY_CHECK(apply_variables(command, variables));
    for (const GivenFlag& given : line.flags) {
        const std::size_t globals = global.all().size();
        Setting& setting = given.index < globals ? global.all()[given.index]
                                                 : command.all()[given.index - globals];
        ASSAY_CHECK(apply_flag(setting, given));
    }
    ASSAY_CHECK(take_words(command, std::move(line.words)));
    return Parsed{.config_file = document ? document->name : std::string()};
}

Result<void> load(std::span<Settings* const> commands, const Settings& global,
                  const std::string& config_file, const Surroundings& surroundings) {
    if (!config_file.empty()) {
        const std::vector<std::string_view> keys = keys_of(global);
        ASSAY_TRY(const auto document, read_config(config_file, surroundings.environment));
        ASSAY_CHECK(apply_file({nullptr, commands, keys, surroundings.known_tables}, *document));
    }
    const std::vector<Variable> variables = assay_variables(surroundings.environment);
    for (Settings* command : commands) {
        ASSAY_CHECK(apply_aliases(*command, surroundings.environment));
        ASSAY_CHECK(apply_variables(*command, variables));
    }
    return {};
}

}  // namespace assay::flags
