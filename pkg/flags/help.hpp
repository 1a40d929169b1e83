// --help as text: usage, words, options in their groups with defaults, wrapped to a width.
//
// A page names no variables or keys per option, since both follow from the flag's name: the last
// line says how.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "pkg/flags/flags.hpp"

namespace assay::flags {

struct HelpText {
    std::string_view usage;     // "assay run [options] [--] PROG [ARG…]"
    std::string_view summary;   // lower case, no full stop
    std::string_view epilogue;  // printed as it is; empty: none
};

// The page of one command, ending with a newline. Targets hold the defaults, so this comes before
// they are set. `command` may be null: the program itself.
std::string help_page(const HelpText& text, const Settings& global, const Settings* command,
                      std::size_t width);

// Columns of the terminal behind the descriptor, at most 100; 80 when it is none.
std::size_t help_width(int fd);

}  // namespace assay::flags
