#include "pkg/flags/config_file.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "pkg/flags/assign.hpp"
#include "pkg/flags/environment.hpp"
#include "pkg/flags/nearest.hpp"

namespace assay::flags {
namespace {

constexpr std::string_view kSystemConfigFile = "/etc/assay/config.toml";

// A file in a default place may be missing, or in a directory that is closed to us.
bool is_absent(const std::string& path, const Error& error) {
    if (error.os_error == ENOENT || error.os_error == ENOTDIR) return true;
    struct stat status {};
    return error.os_error == EACCES && ::stat(path.c_str(), &status) != 0 && errno == EACCES;
}

Result<void> apply_member(Settings& settings, const TomlMember& member,
                          const TomlDocument& document) {
    Setting* const setting = settings.find(member.key);
    if (setting == nullptr || setting->item.flag_only) {
        const std::string table(settings.section());
        return document.error_at(member.key_position,
                                 "unknown key " + in_quotes(member.key) + " in [" + table + "]",
                                 did_you_mean(member.key, settings.names(), {},
                                              "'assay config " + table + "' lists the keys"));
    }
    ASSAY_CHECK(assign(*setting, member.value, document));
    setting->origin = {Origin::Layer::kFile,
                       document.name + ":" + std::to_string(member.key_position.line)};
    return {};
}

// A key before the first table, or a table, that nobody knows.
Error unknown_top_level(const TomlMember& member, const TomlDocument& document,
                        std::span<const std::string_view> known) {
    const bool is_table = member.value.as<TomlTable>() != nullptr;
    return document.error_at(
        member.key_position,
        std::string("unknown ") + (is_table ? "table " : "key ") + in_quotes(member.key),
        did_you_mean(
            member.key, known, {},
            is_table ? "tables are named after commands" : "keys stand in tables like [run]"));
}

Result<void> apply_top_level(const FileTargets& targets, const TomlMember& member,
                             const TomlDocument& document) {
    const auto* table = member.value.as<TomlTable>();
    if (table == nullptr) {
        if (std::ranges::count(targets.known_keys, member.key) == 0) {
            return unknown_top_level(member, document, targets.known_keys);
        }
        return targets.global == nullptr ? Result<void>()
                                         : apply_member(*targets.global, member, document);
    }
    const auto section = std::ranges::find(targets.commands, member.key, &Settings::section);
    if (section == targets.commands.end()) {
        if (std::ranges::count(targets.known_tables, member.key) > 0) return {};
        return unknown_top_level(member, document, targets.known_tables);
    }
    for (const TomlMember& inner : table->members) {
        ASSAY_CHECK(apply_member(**section, inner, document));
    }
    return {};
}

}  // namespace

Result<std::optional<TomlDocument>> read_config(const std::string& chosen,
                                                const char* const* environment) {
    if (!chosen.empty()) {
        auto document = read_toml(chosen);
        if (!document) return usage_error(document.error().message, document.error().remedy);
        return std::optional(std::move(*document));
    }
    std::vector<std::string> places;
    const std::string_view config_home = environment_value(environment, "XDG_CONFIG_HOME");
    const std::string_view home = environment_value(environment, "HOME");
    if (config_home.starts_with("/")) {
        places.push_back(std::string(config_home) + "/assay/config.toml");
    } else if (home.starts_with("/")) {
        places.push_back(std::string(home) + "/.config/assay/config.toml");
    }
    places.emplace_back(kSystemConfigFile);
    for (const std::string& place : places) {
        auto document = read_toml(place);
        if (document) return std::optional(std::move(*document));
        if (!is_absent(place, document.error())) {
            return usage_error(document.error().message, document.error().remedy);
        }
    }
    return std::optional<TomlDocument>();
}

Result<void> apply_file(const FileTargets& targets, const TomlDocument& document) {
    for (const TomlMember& member : document.root.members) {
        ASSAY_CHECK(apply_top_level(targets, member, document));
    }
    return {};
}

}  // namespace assay::flags
