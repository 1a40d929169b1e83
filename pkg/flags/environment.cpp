#include "pkg/flags/environment.hpp"

#include <algorithm>

#include "pkg/flags/assign.hpp"
#include "pkg/flags/nearest.hpp"

namespace assay::flags {
namespace {

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (end > 0) lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

Error unknown_variable(const Settings& settings, std::string_view variable) {
    const std::string prefix = variable_name(settings.section(), {});
    std::vector<std::string> endings;
    for (const Setting& setting : settings.all()) {
        if (setting.item.flag_only) continue;
        const std::string name = variable_name(settings.section(), setting.item.name);
        endings.push_back(name.substr(prefix.size()));
    }
    const std::vector<std::string_view> known(endings.begin(), endings.end());
    return usage_error("unknown variable " + in_quotes(variable),
                       did_you_mean(variable.substr(prefix.size()), known, prefix, "unset it"));
}

Result<void> apply_variable(Setting& setting, const Variable& variable) {
    const std::vector<std::string> texts =
        setting.is_list() ? lines_of(variable.value) : std::vector{std::string(variable.value)};
    if (auto set = assign(setting, texts); !set) {
        return usage_error(std::string(variable.name) + ": " + set.error().message,
                           set.error().remedy);
    }
    setting.origin = {Origin::Layer::kVariable, std::string(variable.name)};
    return {};
}

}  // namespace

std::string_view environment_value(const char* const* environment, std::string_view name) {
    for (; environment != nullptr && *environment != nullptr; ++environment) {
        const std::string_view entry = *environment;
        if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=') {
            return entry.substr(name.size() + 1);
        }
    }
    return {};
}

std::vector<Variable> assay_variables(const char* const* environment) {
    std::vector<Variable> variables;
    for (; environment != nullptr && *environment != nullptr; ++environment) {
        const std::string_view entry = *environment;
        if (!entry.starts_with("ASSAY_")) continue;
        const std::size_t equals = entry.find('=');
        if (equals == std::string_view::npos || equals + 1 == entry.size()) continue;
        const Variable variable{entry.substr(0, equals), entry.substr(equals + 1)};
        if (std::ranges::count(variables, variable.name, &Variable::name) == 0) {
            variables.push_back(variable);
        }
    }
    return variables;
}

Result<void> apply_variables(Settings& settings, std::span<const Variable> variables) {
    const std::string prefix = variable_name(settings.section(), {});
    for (const Variable& variable : variables) {
        if (!variable.name.starts_with(prefix)) continue;
        const auto setting = std::ranges::find_if(settings.all(), [&](const Setting& candidate) {
            return !candidate.item.flag_only &&
                   variable_name(settings.section(), candidate.item.name) == variable.name;
        });
        if (setting == settings.all().end()) {
            if (settings.section().empty()) continue;
            return unknown_variable(settings, variable.name);
        }
        ASSAY_CHECK(apply_variable(*setting, variable));
    }
    return {};
}

Result<void> apply_aliases(Settings& settings, const char* const* environment) {
    if (settings.alias_prefix().empty()) return {};
    for (Setting& setting : settings.all()) {
        if (setting.item.flag_only) continue;
        const std::string name = alias_name(settings.alias_prefix(), setting.item.name);
        const std::string_view value = environment_value(environment, name);
        if (!value.empty()) ASSAY_CHECK(apply_variable(setting, {name, value}));
    }
    return {};
}

}  // namespace assay::flags
