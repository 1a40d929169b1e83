#include "internal/redis/commands/hyperloglog.hpp"
#include "internal/redis/commands/rows.hpp"

namespace assay::redis::commands {
namespace {

constexpr Command kHyperloglogRows[] = {
    {.name = "pfadd",
     .arity = -2,
     .flags = kWrite | kDenyOom | kFast,
     .categories = kHyperLogLogCommands,
     .keys = {{kKeyReadWrite | kInsert, at(1), one()}},
     .group = Group::hyperloglog,
     .since = "2.8.9",
     .complexity = "O(1)",
     .summary = "Adds elements to a HyperLogLog",
     .syntax = "key@0 [element...]",
     .handler = &pfadd},
    {.name = "pfcount",
     .arity = -2,
     .flags = kReadOnly,
     .categories = kHyperLogLogCommands,
     .keys = {{kKeyReadWrite | kAccess, at(1), range(-1, 1)}},
     .group = Group::hyperloglog,
     .since = "2.8.9",
     .complexity = "O(1) or O(N)",
     .summary = "About how many different elements were added",
     .syntax = "key@0...",
     .handler = &pfcount},
    {.name = "pfdebug",
     .arity = 3,
     .flags = kWrite | kDenyOom | kAdmin,
     .categories = kHyperLogLogCommands,
     .keys = {{kKeyReadWrite | kAccess, at(2), one()}},
     .group = Group::hyperloglog,
     .since = "2.8.9",
     .summary = "Looks into a HyperLogLog",
     .syntax = "subcommand key@0",
     .handler = &pfdebug},
    {.name = "pfmerge",
     .arity = -2,
     .flags = kWrite | kDenyOom,
     .categories = kHyperLogLogCommands,
     .keys = {{kKeyReadWrite | kAccess | kInsert, at(1), one()},
              {kKeyRead | kAccess, at(2), range(-1, 1)}},
     .group = Group::hyperloglog,
     .since = "2.8.9",
     .complexity = "O(N)",
     .summary = "Joins HyperLogLogs into one",
     .syntax = "destkey@0 sourcekey@1...",
     .handler = &pfmerge},
    {.name = "pfselftest",
     .arity = 1,
     .flags = kAdmin,
     .categories = kHyperLogLogCommands,
     .group = Group::hyperloglog,
     .since = "2.8.9",
     .summary = "Tests the HyperLogLog code",
     .handler = &pfselftest},
};

}  // namespace

std::span<const Command> hyperloglog_rows() {
    return kHyperloglogRows;
}

}  // namespace assay::redis::commands
