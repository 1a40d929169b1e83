// The grammar of one command line: flags with their values, and words. Private to pkg/flags; CLI11
// does the reading.
//
// CLI11 needs 2–3 us to declare an option (it compares each new one with all others), which for
// sixty of them is more than the rest of a start. So it is told only of the flags that the words
// mention. It is given no types, defaults, help, environment or file: those are the layers'
// business.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/result/result.hpp"

namespace assay::flags {

struct FlagSpec {
    std::string_view name;
    char short_name = '\0';
    bool is_switch = false;  // takes no value; has a --no-NAME too
};

enum class WordRule {
    kEndOptions,    // the first word ends the options: all behind it is left alone
    kAmongOptions,  // options may follow words
};

struct GivenFlag {
    std::size_t index = 0;            // in the specs
    std::vector<std::string> values;  // in order; "true" and "false" for switches
};

struct CommandLine {
    std::vector<GivenFlag> flags;
    std::vector<std::string> words;
};

// Writes `-name` of a known long flag as `--name`, where it stands for a flag and not for the value
// of the one before it.
void double_dashes(std::span<const FlagSpec> specs, std::vector<std::string>& words);

// Linear in the number and length of the words. Errors are usage errors: an unknown flag with the
// nearest known one, else with `remedy`; a flag without its value.
Result<CommandLine> read_command_line(std::span<const FlagSpec> specs, WordRule rule,
                                      std::vector<std::string> words, std::string_view remedy);

}  // namespace assay::flags
