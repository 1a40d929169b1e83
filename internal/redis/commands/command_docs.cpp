// COMMAND DOCS.
#include <algorithm>
#include <array>
#include <string>

#include "internal/redis/commands/server.hpp"
#include "internal/redis/commands/syntax.hpp"
#include "internal/redis/engine/engine.hpp"

namespace assay::redis::commands {
namespace {

constexpr std::array<std::string_view, 16> kGroups = {
    "generic", "string",       "list",       "set",    "sorted-set", "hash",
    "pubsub",  "transactions", "connection", "server", "scripting",  "hyperloglog",
    "cluster", "geo",          "stream",     "bitmap",
};

constexpr std::array<std::string_view, 9> kKinds = {
    "string", "integer", "double", "key", "pattern", "unix-time", "pure-token", "oneof", "block",
};

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](char letter) { return static_cast<char>(std::tolower(letter)); });
    return result;
}

void pair(Call& call, std::string_view name, std::string_view value) {
    call.reply.bulk(name);
    call.reply.bulk(value);
}

void reply_arguments(Call& call, const std::vector<Argument>& arguments);

void reply_argument_flags(Call& call, const Argument& argument) {
    call.reply.bulk("flags");
    call.reply.set((argument.optional ? 1U : 0U) + (argument.multiple ? 1U : 0U) +
                   (argument.multiple_token ? 1U : 0U));
    if (argument.optional) call.reply.simple("optional");
    if (argument.multiple) call.reply.simple("multiple");
    if (argument.multiple_token) call.reply.simple("multiple_token");
}

void reply_argument(Call& call, const Argument& argument) {
    const bool has_flags = argument.optional || argument.multiple || argument.multiple_token;
    call.reply.map(2U + (argument.key_spec ? 1U : 0U) + (argument.token ? 1U : 0U) +
                   (argument.since.empty() ? 0U : 1U) +
                   (argument.deprecated_since.empty() ? 0U : 1U) + (has_flags ? 1U : 0U) +
                   (argument.arguments.empty() ? 0U : 1U));
    pair(call, "name", lower(argument.name));
    pair(call, "type", kKinds[static_cast<std::size_t>(argument.kind)]);
    if (argument.key_spec) {
        call.reply.bulk("key_spec_index");
        call.reply.integer(*argument.key_spec);
    }
    if (argument.token) pair(call, "token", *argument.token);
    if (!argument.since.empty()) pair(call, "since", argument.since);
    if (!argument.deprecated_since.empty()) {
        pair(call, "deprecated_since", argument.deprecated_since);
    }
    if (has_flags) reply_argument_flags(call, argument);
    if (argument.arguments.empty()) return;
    call.reply.bulk("arguments");
    reply_arguments(call, argument.arguments);
}

void reply_arguments(Call& call, const std::vector<Argument>& arguments) {
    call.reply.array(arguments.size());
    for (const Argument& argument : arguments) reply_argument(call, argument);
}

void reply_docs(Call& call, const KnownCommand& command) {
    const Command& row = *command.row;
    const bool deprecated = !row.deprecated_since.empty();
    call.reply.bulk(command.full_name);
    call.reply.map(3U + (row.complexity.empty() ? 0U : 1U) + (deprecated ? 2U : 0U) +
                   (row.replaced_by.empty() ? 0U : 1U) + (row.syntax.empty() ? 0U : 1U) +
                   (command.subcommands.empty() ? 0U : 1U));
    pair(call, "summary", row.summary);
    pair(call, "since", row.since);
    pair(call, "group", kGroups[static_cast<std::size_t>(row.group)]);
    if (!row.complexity.empty()) pair(call, "complexity", row.complexity);
    if (deprecated) {
        call.reply.bulk("doc_flags");
        call.reply.set(1);
        call.reply.simple("deprecated");
        pair(call, "deprecated_since", row.deprecated_since);
    }
    if (!row.replaced_by.empty()) pair(call, "replaced_by", row.replaced_by);
    if (!row.syntax.empty()) {
        call.reply.bulk("arguments");
        reply_arguments(call, parse_syntax(row.syntax));
    }
    if (command.subcommands.empty()) return;
    call.reply.bulk("subcommands");
    call.reply.map(command.subcommands.size());
    for (const KnownCommand& subcommand : command.subcommands) reply_docs(call, subcommand);
}

}  // namespace

void command_docs(Call& call) {
    Catalogue& catalogue = call.engine.catalogue();
    if (call.words.size() == 2) {
        call.reply.map(catalogue.all().size());
        for (const KnownCommand& known : catalogue.all()) reply_docs(call, known);
        return;
    }
    const Words names = call.words.subspan(2);
    std::size_t found = 0;
    const auto open = call.reply.open_map(names.size());
    for (const std::string_view name : names) {
        const KnownCommand* known = catalogue.find(name);
        if (known == nullptr) continue;
        reply_docs(call, *known);
        ++found;
    }
    call.reply.finish(open, found);
}

}  // namespace assay::redis::commands
