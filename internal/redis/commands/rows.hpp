// The rows of each family, and the handler that containers share. What a row is:
// engine/command.hpp.
#pragma once

#include <span>

#include "internal/redis/engine/call.hpp"
#include "internal/redis/engine/command.hpp"

namespace assay::redis::commands {

std::span<const Command> bitmap_rows();
std::span<const Command> connection_rows();
std::span<const Command> generic_rows();
std::span<const Command> geo_rows();
std::span<const Command> hash_rows();
std::span<const Command> hyperloglog_rows();
std::span<const Command> list_rows();
std::span<const Command> pubsub_rows();
std::span<const Command> server_rows();
std::span<const Command> set_rows();
std::span<const Command> sorted_set_rows();
std::span<const Command> string_rows();
std::span<const Command> transactions_rows();

// All of them, as a Catalogue takes them.
std::span<const std::span<const Command>> all_rows();

// HELP of every container: one line of syntax and one of summary per subcommand.
void help(Call& call);

}  // namespace assay::redis::commands
