#include <algorithm>

#include "pkg/flags/flags.hpp"

namespace assay::flags {
namespace {

char upper(char c) {
    if (c == '-') return '_';
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

}  // namespace

std::string to_string(const Origin& origin) {
    switch (origin.layer) {
        case Origin::Layer::kDefault:
            return "default";
        case Origin::Layer::kFile:
            return origin.where;
        case Origin::Layer::kVariable:
            return "variable " + origin.where;
        case Origin::Layer::kFlag:
            return "flag " + origin.where;
    }
    return origin.where;
}

std::string variable_name(std::string_view section, std::string_view name) {
    std::string text = "ASSAY_";
    for (const char c : section) text += upper(c);
    if (!section.empty()) text += '_';
    for (const char c : name) text += upper(c);
    return text;
}

std::string alias_name(std::string_view prefix, std::string_view name) {
    std::string text(prefix);
    for (const char c : name) text += upper(c);
    return text;
}

void Settings::declare(Target target, Item item) {
    // One allocation instead of seven for the largest command.
    constexpr std::size_t kMostSettings = 64;
    if (settings_.empty()) settings_.reserve(kMostSettings);
    settings_.push_back(Setting{std::move(item), target, {}});
}

void Settings::add_config_file(std::string& target) {
    has_config_file_ = true;
    add(target, {.name = "config",
                 .value_name = "FILE",
                 .help = "read settings from FILE",
                 .group = "Global options",
                 .completion = Completion::kFile});
}

void Settings::add_trailing(std::vector<std::string>& target, std::string_view value_name,
                            std::string_view help) {
    add_words(target, {.value_name = value_name, .help = help, .completion = Completion::kCommand});
    trailing_ = true;
}

void Settings::add_words(std::vector<std::string>& target, Words words) {
    words_ = std::move(words);
    words_target_ = &target;
}

Setting* Settings::find(std::string_view name) {
    const auto found = std::ranges::find_if(
        settings_, [name](const Setting& setting) { return setting.item.name == name; });
    return found == settings_.end() ? nullptr : &*found;
}

const Setting* Settings::find(std::string_view name) const {
    return const_cast<Settings*>(this)->find(name);
}

std::vector<std::string_view> Settings::names() const {
    std::vector<std::string_view> names;
    names.reserve(settings_.size());
    for (const Setting& setting : settings_) {
        if (!setting.item.flag_only) names.push_back(setting.item.name);
    }
    return names;
}

}  // namespace assay::flags
