#include "internal/redis/commands/bitmap.hpp"
#include "internal/redis/commands/rows.hpp"

namespace assay::redis::commands {
namespace {

constexpr Command kBitmapRows[] = {
    {.name = "bitcount",
     .arity = -2,
     .flags = kReadOnly,
     .categories = kBitmapCommands,
     .keys = {{kKeyRead | kAccess, at(1), one()}},
     .group = Group::bitmap,
     .since = "2.6.0",
     .complexity = "O(N)",
     .summary = "Number of bits set in a string",
     .syntax = "key@0 [index{start:int end:int [index_unit(BYTE|BIT)^7.0.0]}]",
     .handler = &bitcount},
    {.name = "bitfield",
     .arity = -2,
     .flags = kWrite | kDenyOom,
     .categories = kBitmapCommands,
     .keys = {{kKeyReadWrite | kAccess | kUpdate | kVariable, at(1), one()}},
     .group = Group::bitmap,
     .since = "3.2.0",
     .complexity = "O(1)",
     .summary = "Reads and changes integers of any width inside a string",
     .syntax = "key@0 [operation(GET<encoding_offset{encoding "
               "offset:int}>|write{[OVERFLOW<wrap_sat_fail(WRAP|SAT|FAIL)>] "
               "write_operation(SET<encoding_offset_value{encoding offset:int "
               "value:int}>|INCRBY<encoding_offset_increment{encoding offset:int "
               "increment:int}>)})...]",
     .handler = &bitfield},
    {.name = "bitfield_ro",
     .arity = -2,
     .flags = kReadOnly | kFast,
     .categories = kBitmapCommands,
     .keys = {{kKeyRead | kAccess, at(1), one()}},
     .group = Group::bitmap,
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Reads integers of any width inside a string",
     .syntax = "key@0 [GET<encoding_offset{encoding offset:int}>..+]",
     .handler = &bitfield_ro},
    {.name = "bitop",
     .arity = -4,
     .flags = kWrite | kDenyOom,
     .categories = kBitmapCommands,
     .keys = {{kKeyOverwrite | kUpdate, at(2), one()}, {kKeyRead | kAccess, at(3), range(-1, 1)}},
     .group = Group::bitmap,
     .since = "2.6.0",
     .complexity = "O(N)",
     .summary = "Combines strings bit by bit and stores the outcome",
     .syntax = "operation destkey@0 key@1...",
     .handler = &bitop},
    {.name = "bitpos",
     .arity = -3,
     .flags = kReadOnly,
     .categories = kBitmapCommands,
     .keys = {{kKeyRead | kAccess, at(1), one()}},
     .group = Group::bitmap,
     .since = "2.8.7",
     .complexity = "O(N)",
     .summary = "Position of the first bit that is set, or clear",
     .syntax = "key@0 bit:int [index{start:int [end_index{end:int "
               "[index_unit(BYTE|BIT)^7.0.0]}]}]",
     .handler = &bitpos},
    {.name = "getbit",
     .arity = 3,
     .flags = kReadOnly | kFast,
     .categories = kBitmapCommands,
     .keys = {{kKeyRead | kAccess, at(1), one()}},
     .group = Group::bitmap,
     .since = "2.2.0",
     .complexity = "O(1)",
     .summary = "One bit of a string",
     .syntax = "key@0 offset:int",
     .handler = &getbit},
    {.name = "setbit",
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .categories = kBitmapCommands,
     .keys = {{kKeyReadWrite | kAccess | kUpdate, at(1), one()}},
     .group = Group::bitmap,
     .since = "2.2.0",
     .complexity = "O(1)",
     .summary = "Sets or clears one bit of a string",
     .syntax = "key@0 offset:int value:int",
     .handler = &setbit},
};

}  // namespace

std::span<const Command> bitmap_rows() {
    return kBitmapRows;
}

}  // namespace assay::redis::commands
