#include "internal/redis/commands/rows.hpp"

#include <array>
#include <string>

#include "internal/redis/engine/engine.hpp"

namespace assay::redis::commands {

std::span<const std::span<const Command>> all_rows() {
    static const std::array kFamilies = {
        bitmap_rows(),      connection_rows(), generic_rows(),      geo_rows(),    hash_rows(),
        hyperloglog_rows(), list_rows(),       pubsub_rows(),       server_rows(), set_rows(),
        sorted_set_rows(),  string_rows(),     transactions_rows(),
    };
    return kFamilies;
}

void help(Call& call) {
    const KnownCommand& container = *call.command.container;
    const std::string name = name_in_capitals(container.full_name);
    call.reply.array(1 + 2 * container.subcommands.size());
    call.reply.simple(name + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
    for (const KnownCommand& known : container.subcommands) {
        std::string usage = name_in_capitals(known.row->name);
        if (!known.row->syntax.empty()) usage += ' ' + std::string(known.row->syntax);
        call.reply.simple(usage);
        call.reply.simple("    " + std::string(known.row->summary) + ".");
    }
}

}  // namespace assay::redis::commands
