// The arguments of a command, written in one line and read when somebody asks.
//
// A row of the command table says `key@0 value [condition(NX|XX)] [EX<seconds:int>]` and COMMAND
// DOCS wants a tree. The line is the source of truth and this is its grammar:
//
//   word          a string argument                     WORD        a literal token
//   word:int      also :double :pattern :unix-time      name=TOKEN  a token with a name of its own
//   key@0         a key, of the row's key spec 0        TOKEN<arg>  an argument behind a token
//   name(a|b)     one of                                name{a b}   all of, in this order
//   [arg]         optional                              arg...      one or more
//   arg^6.2.0     since a version, !2.8.12 until one    arg..+      more, the token each time
//
// Names and versions are those of Redis' documentation (redis.io/docs, "Command arguments").
// No I/O; text that breaks the grammar ends in an empty tree, which a test forbids for every row.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace assay::redis::commands {

struct Argument {
    enum class Kind : std::uint8_t {
        string,
        integer,
        real,
        key,
        pattern,
        unix_time,
        token,
        one_of,
        block,
    };
    std::string_view name;  // may be the token in upper case: COMMAND DOCS prints it in lower case
    Kind kind = Kind::string;
    std::optional<std::string_view> token;
    std::optional<int> key_spec;
    std::string_view since;
    std::string_view deprecated_since;
    bool optional = false;
    bool multiple = false;
    bool multiple_token = false;
    std::vector<Argument> arguments;
};

// The views are into `syntax`.
std::vector<Argument> parse_syntax(std::string_view syntax);

}  // namespace assay::redis::commands
