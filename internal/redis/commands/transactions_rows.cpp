#include "internal/redis/commands/rows.hpp"
#include "internal/redis/commands/transactions.hpp"

namespace assay::redis::commands {
namespace {

constexpr Command kTransactionsRows[] = {
    {.name = "discard",
     .arity = 1,
     .flags = kNoScript | kLoading | kStale | kFast | kAllowBusy,
     .categories = kTransactionCommands,
     .group = Group::transactions,
     .since = "2.0.0",
     .complexity = "O(N)",
     .summary = "Forgets the queued commands",
     .handler = &discard},
    {.name = "exec",
     .arity = 1,
     .flags = kNoScript | kLoading | kStale | kSkipSlowlog,
     .categories = kTransactionCommands,
     .group = Group::transactions,
     .since = "1.2.0",
     .summary = "Runs the queued commands",
     .handler = &exec},
    {.name = "multi",
     .arity = 1,
     .flags = kNoScript | kLoading | kStale | kFast | kAllowBusy,
     .categories = kTransactionCommands,
     .group = Group::transactions,
     .since = "1.2.0",
     .complexity = "O(1)",
     .summary = "Begins to queue commands",
     .handler = &multi},
    {.name = "unwatch",
     .arity = 1,
     .flags = kNoScript | kLoading | kStale | kFast | kAllowBusy,
     .categories = kTransactionCommands,
     .group = Group::transactions,
     .since = "2.2.0",
     .complexity = "O(1)",
     .summary = "Forgets the watched keys",
     .handler = &unwatch},
    {.name = "watch",
     .arity = -2,
     .flags = kNoScript | kLoading | kStale | kFast | kAllowBusy,
     .categories = kTransactionCommands,
     .keys = {{kKeyRead, at(1), range(-1, 1)}},
     .group = Group::transactions,
     .since = "2.2.0",
     .complexity = "O(1)",
     .summary = "Has EXEC run only if the keys stay as they are",
     .syntax = "key@0...",
     .handler = &watch},
};

}  // namespace

std::span<const Command> transactions_rows() {
    return kTransactionsRows;
}

}  // namespace assay::redis::commands
