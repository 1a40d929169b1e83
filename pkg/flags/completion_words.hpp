// What the three script writers share. Private to pkg/flags.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pkg/flags/completion.hpp"

namespace assay::flags {

// "--writable", and "--no-progress" for what is on by default.
inline std::string offered_flag(const Setting& setting) {
    const bool is_on = setting.is_switch() && setting.spelled().front() == "true";
    return (is_on ? "--no-" : "--") + std::string(setting.item.name);
}

inline std::string joined(const std::vector<std::string>& words, std::string_view separator) {
    std::string text;
    for (const std::string& word : words) text.append(text.empty() ? "" : separator).append(word);
    return text;
}

inline std::string joined(const std::vector<std::string_view>& words, std::string_view separator) {
    return joined(std::vector<std::string>(words.begin(), words.end()), separator);
}

inline std::vector<std::string> flags_of(const Settings& settings) {
    std::vector<std::string> flags;
    for (const Setting& setting : settings.all()) flags.push_back(offered_flag(setting));
    return flags;
}

// The flags that take a value, short ones included.
inline std::vector<std::string> valued_flags_of(const Settings& settings) {
    std::vector<std::string> flags;
    for (const Setting& setting : settings.all()) {
        if (setting.is_switch()) continue;
        flags.push_back("--" + std::string(setting.item.name));
        if (setting.item.short_name != '\0') flags.push_back({'-', setting.item.short_name});
    }
    return flags;
}

inline std::vector<std::string> names_of(std::span<const CompletedCommand> commands) {
    std::vector<std::string> names;
    for (const CompletedCommand& command : commands) names.emplace_back(command.name);
    return names;
}

}  // namespace assay::flags
