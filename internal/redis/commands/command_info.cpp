// COMMAND: the command table, told.
#include <algorithm>
#include <string>
#include <vector>

#include "internal/redis/commands/command_keys.hpp"
#include "internal/redis/commands/server.hpp"
#include "internal/redis/commands/values.hpp"
#include "internal/redis/engine/engine.hpp"
#include "internal/redis/text/glob.hpp"

namespace assay::redis::commands {
namespace {

struct BitName {
    std::uint32_t bit;
    std::string_view name;
};

constexpr BitName kFlagNames[] = {
    {kWrite, "write"},
    {kReadOnly, "readonly"},
    {kDenyOom, "denyoom"},
    {kAdmin, "admin"},
    {kPubSub, "pubsub"},
    {kNoScript, "noscript"},
    {kBlocking, "blocking"},
    {kLoading, "loading"},
    {kStale, "stale"},
    {kSkipMonitor, "skip_monitor"},
    {kSkipSlowlog, "skip_slowlog"},
    {kAsking, "asking"},
    {kFast, "fast"},
    {kNoAuth, "no_auth"},
    {kNoMandatoryKeys, "no_mandatory_keys"},
    {kNoAsyncLoading, "no_async_loading"},
    {kNoMulti, "no_multi"},
    {kMovableKeys, "movablekeys"},
    {kAllowBusy, "allow_busy"},
};

constexpr BitName kCategoryNames[] = {
    {kKeyspaceCommands, "keyspace"},
    {kReadCommands, "read"},
    {kWriteCommands, "write"},
    {kSetCommands, "set"},
    {kSortedSetCommands, "sortedset"},
    {kListCommands, "list"},
    {kHashCommands, "hash"},
    {kStringCommands, "string"},
    {kBitmapCommands, "bitmap"},
    {kHyperLogLogCommands, "hyperloglog"},
    {kGeoCommands, "geo"},
    {kStreamCommands, "stream"},
    {kPubSubCommands, "pubsub"},
    {kAdminCommands, "admin"},
    {kFastCommands, "fast"},
    {kSlowCommands, "slow"},
    {kBlockingCommands, "blocking"},
    {kDangerousCommands, "dangerous"},
    {kConnectionCommands, "connection"},
    {kTransactionCommands, "transaction"},
    {kScriptingCommands, "scripting"},
};

constexpr BitName kUseNames[] = {
    {kKeyRead, "RO"},
    {kKeyReadWrite, "RW"},
    {kKeyOverwrite, "OW"},
    {kKeyRemove, "RM"},
    {kAccess, "access"},
    {kUpdate, "update"},
    {kInsert, "insert"},
    {kDelete, "delete"},
    {kNotKey, "not_key"},
    {kIncomplete, "incomplete"},
    {kVariable, "variable_flags"},
};

// A set of the names of the bits.
void reply_bits(Call& call, std::uint32_t bits, std::span<const BitName> names,
                std::string_view before = {}) {
    const auto on = [&](const BitName& known) { return (bits & known.bit) != 0; };
    call.reply.set(static_cast<std::size_t>(std::count_if(names.begin(), names.end(), on)));
    for (const BitName& known : names) {
        if (on(known)) call.reply.simple(std::string(before) + std::string(known.name));
    }
}

void reply_tips(Call& call, std::string_view tips) {
    std::vector<std::string_view> words;
    while (!tips.empty()) {
        const std::size_t end = std::min(tips.find(' '), tips.size());
        words.push_back(tips.substr(0, end));
        tips.remove_prefix(std::min(end + 1, tips.size()));
    }
    call.reply.set(words.size());
    for (const std::string_view word : words) call.reply.bulk(word);
}

void reply_type(Call& call, std::string_view type, std::size_t pairs) {
    call.reply.map(2);
    call.reply.bulk("type");
    call.reply.bulk(type);
    call.reply.bulk("spec");
    call.reply.map(pairs);
}

void reply_pair(Call& call, std::string_view name, int value) {
    call.reply.bulk(name);
    call.reply.integer(value);
}

void reply_start(Call& call, const KeyStart& start) {
    if (start.kind == KeyStart::Kind::unknown) return reply_type(call, "unknown", 0);
    if (start.kind == KeyStart::Kind::index) {
        reply_type(call, "index", 1);
        return reply_pair(call, "index", start.index);
    }
    reply_type(call, "keyword", 2);
    call.reply.bulk("keyword");
    call.reply.bulk(start.keyword);
    reply_pair(call, "startfrom", start.index);
}

void reply_range(Call& call, const KeyRange& keys) {
    if (keys.kind == KeyRange::Kind::unknown) return reply_type(call, "unknown", 0);
    if (keys.kind == KeyRange::Kind::range) {
        reply_type(call, "range", 3);
        reply_pair(call, "lastkey", keys.last);
        reply_pair(call, "keystep", keys.step);
        return reply_pair(call, "limit", keys.limit);
    }
    reply_type(call, "keynum", 3);
    reply_pair(call, "keynumidx", keys.count_at);
    reply_pair(call, "firstkey", keys.first_at);
    reply_pair(call, "keystep", keys.step);
}

void reply_key_specs(Call& call, const Command& row) {
    call.reply.set(row.keys.all().size());
    for (const KeySpec& spec : row.keys.all()) {
        call.reply.map(3);
        call.reply.bulk("flags");
        reply_bits(call, spec.use, kUseNames);
        call.reply.bulk("begin_search");
        reply_start(call, spec.start);
        call.reply.bulk("find_keys");
        reply_range(call, spec.keys);
    }
}

void reply_info(Call& call, const KnownCommand* command) {
    if (command == nullptr) return call.reply.null();
    const Command& row = *command->row;
    const KeyTriple triple = key_triple(row);
    call.reply.array(10);
    call.reply.bulk(command->full_name);
    call.reply.integer(row.arity);
    reply_bits(call, row.flags, kFlagNames);
    call.reply.integer(triple.first);
    call.reply.integer(triple.last);
    call.reply.integer(triple.step);
    reply_bits(call, categories_of(row), kCategoryNames, "@");
    reply_tips(call, row.tips);
    reply_key_specs(call, row);
    if (command->subcommands.empty()) return call.reply.set(0);
    call.reply.array(command->subcommands.size());
    for (const KnownCommand& subcommand : command->subcommands) reply_info(call, &subcommand);
}

void reply_all(Call& call) {
    const auto& commands = call.engine.catalogue().all();
    call.reply.array(commands.size());
    for (const KnownCommand& known : commands) reply_info(call, &known);
}

// The names of commands and subcommands that `takes` accepts.
template <class Takes>
void reply_names(Call& call, const Takes& takes) {
    std::vector<std::string_view> names;
    for (const KnownCommand& known : call.engine.catalogue().all()) {
        if (takes(known)) names.push_back(known.full_name);
        for (const KnownCommand& subcommand : known.subcommands) {
            if (takes(subcommand)) names.push_back(subcommand.full_name);
        }
    }
    call.reply.array(names.size());
    for (const std::string_view name : names) call.reply.bulk(name);
}

Categories category_named(std::string_view name) {
    for (const BitName& known : kCategoryNames) {
        std::string capitals(known.name);
        for (char& letter : capitals) letter = static_cast<char>(letter & ~0x20);
        if (is_word(name, capitals)) return known.bit;
    }
    return 0;
}

// The keys of the command line that GETKEYS is about; empty: the error has been written.
std::optional<std::vector<KeyAt>> asked_keys(Call& call, Words line) {
    KnownCommand* command = call.engine.catalogue().find(line[0]);
    if (command != nullptr && !command->subcommands.empty() && line.size() >= 2) {
        command = command->find(line[1]);
    }
    const auto refuse = [&](std::string_view text) -> std::optional<std::vector<KeyAt>> {
        call.error(text);
        return std::nullopt;
    };
    if (command == nullptr) return refuse("ERR Invalid command specified");
    if (command->row->keys.all().empty()) return refuse("ERR The command has no key arguments");
    const auto size = static_cast<int>(line.size());
    const int arity = command->row->arity;
    if (arity > 0 ? size != arity : size < -arity) {
        return refuse("ERR Invalid number of arguments specified for command");
    }
    auto keys = keys_of(*command->row, line);
    if (!keys) return refuse("ERR Invalid arguments specified for command");
    if (keys->empty() && (command->row->flags & kNoMandatoryKeys) == 0) {
        return refuse("ERR The command has no key arguments");
    }
    return keys;
}

}  // namespace

void command(Call& call) {
    reply_all(call);
}

void command_info(Call& call) {
    const Words names = call.words.subspan(2);
    if (names.empty()) return reply_all(call);
    call.reply.array(names.size());
    for (const std::string_view name : names) {
        reply_info(call, call.engine.catalogue().find(name));
    }
}

void command_count(Call& call) {
    call.reply.integer(static_cast<std::int64_t>(call.engine.catalogue().all().size()));
}

void command_list(Call& call) {
    const Words words = call.words;
    if (words.size() == 2) {
        return reply_names(call,
                           [](const KnownCommand& known) { return known.container == nullptr; });
    }
    if (words.size() != 5 || !is_word(words[2], "FILTERBY")) return call.error(kSyntaxError);
    if (is_word(words[3], "MODULE")) return call.reply.array(0);
    if (is_word(words[3], "ACLCAT")) {
        const Categories category = category_named(words[4]);
        return reply_names(call, [&](const KnownCommand& known) {
            return (categories_of(*known.row) & category) != 0;
        });
    }
    if (!is_word(words[3], "PATTERN")) return call.error(kSyntaxError);
    reply_names(call, [&](const KnownCommand& known) {
        return matches_glob(words[4], known.full_name, Case::ignored);
    });
}

void command_getkeys(Call& call) {
    const Words line = call.words.subspan(2);
    const auto keys = asked_keys(call, line);
    if (!keys) return;
    call.reply.array(keys->size());
    for (const KeyAt& key : *keys) call.reply.bulk(line[key.index]);
}

void command_getkeysandflags(Call& call) {
    const Words line = call.words.subspan(2);
    const auto keys = asked_keys(call, line);
    if (!keys) return;
    call.reply.array(keys->size());
    for (const KeyAt& key : *keys) {
        call.reply.array(2);
        call.reply.bulk(line[key.index]);
        reply_bits(call, key.use, kUseNames);
    }
}

}  // namespace assay::redis::commands
