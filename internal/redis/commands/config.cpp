// CONFIG.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "internal/redis/commands/server.hpp"
#include "internal/redis/commands/values.hpp"
#include "internal/redis/engine/engine.hpp"
#include "internal/redis/settings/assign.hpp"
#include "internal/redis/text/glob.hpp"

namespace assay::redis::commands {
namespace {

// Settings of Redis that have one value here, which clients and tools ask for all the same.
struct FixedSetting {
    std::string_view name;
    std::string_view value;
};
constexpr FixedSetting kFixed[] = {
    {"appendfsync", "everysec"}, {"appendonly", "no"}, {"cluster-enabled", "no"},
    {"daemonize", "no"},         {"dbfilename", ""},   {"dir", "/"},
    {"replicaof", ""},           {"save", ""},         {"slaveof", ""},
};

const FixedSetting* find_fixed(std::string_view name) {
    for (const FixedSetting& fixed : kFixed) {
        if (equals_ignoring_case(fixed.name, name)) return &fixed;
    }
    return nullptr;
}

void refuse(Call& call, std::string_view name, std::string_view reason) {
    call.error("ERR CONFIG SET failed (possibly related to argument '" + std::string(name) +
               "') - " + std::string(reason));
}

bool is_permitted(const Call& call) {
    const Permission permission = call.settings().enable_protected_configs;
    return permission == Permission::yes ||
           (permission == Permission::local && call.session.is_local);
}

// Sets one value in `settings`; false: the error has been written.
bool assign(Call& call, Settings& settings, std::string_view name, std::string_view value) {
    const Setting* setting = find_setting(name);
    if (setting == nullptr) {
        const FixedSetting* fixed = find_fixed(name);
        if (fixed != nullptr && fixed->value == value) return true;
        if (fixed != nullptr) {
            refuse(call, name, "can't set immutable config");
        } else {
            call.error("ERR Unknown option or number of arguments for CONFIG SET - '" +
                       std::string(name) + "'");
        }
        return false;
    }
    if (setting->changes == Changes::at_start) {
        refuse(call, name, "can't set immutable config");
        return false;
    }
    if (setting->changes == Changes::if_permitted && !is_permitted(call)) {
        refuse(call, name, "can't set protected config");
        return false;
    }
    if (const auto complaint = setting->assign(settings, value)) {
        refuse(call, name, *complaint);
        return false;
    }
    return true;
}

std::string folded(std::string_view name) {
    std::string result(name);
    for (char& letter : result) letter = static_cast<char>(std::tolower(letter));
    return result;
}

}  // namespace

void config_get(Call& call) {
    std::map<std::string, std::string> found;
    for (const std::string_view pattern : call.words.subspan(2)) {
        for (const Setting& setting : all_settings()) {
            for (const std::string_view name : {setting.name, setting.alias}) {
                if (name.empty() || !matches_glob(pattern, name, Case::ignored)) continue;
                found.emplace(name, setting.print(call.settings()));
            }
        }
        for (const FixedSetting& fixed : kFixed) {
            if (matches_glob(pattern, fixed.name, Case::ignored)) {
                found.emplace(fixed.name, fixed.value);
            }
        }
    }
    call.reply.map(found.size());
    for (const auto& [name, value] : found) {
        call.reply.bulk(name);
        call.reply.bulk(value);
    }
}

void config_set(Call& call) {
    const Words words = call.words;
    if (words.size() % 2 != 0) return call.error(kSyntaxError);
    Settings settings = call.settings();
    std::set<std::string> names;
    for (std::size_t i = 2; i < words.size(); i += 2) {
        if (!names.insert(folded(words[i])).second) {
            return refuse(call, words[i], "duplicate parameter");
        }
        if (!assign(call, settings, words[i], words[i + 1])) return;
    }
    call.engine.settings() = std::move(settings);
    call.engine.apply_settings();
    call.reply.ok();
}

void config_resetstat(Call& call) {
    Totals& totals = call.engine.totals();
    const std::uint64_t changes = totals.changes;
    totals = {};
    totals.changes = changes;
    call.keyspace().environment().expired_keys = 0;
    call.engine.catalogue().reset_statistics();
    call.reply.ok();
}

void config_rewrite(Call& call) {
    call.error("ERR The server is running without a config file");
}

}  // namespace assay::redis::commands
