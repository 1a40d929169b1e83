// Text of unknown origin made fit for a terminal, JSON or XML. Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace assay::report {

// One character at the front of a text.
struct Utf8Character {
    char32_t code_point = 0;  // U+FFFD when the bytes are not UTF-8
    std::size_t length = 0;   // bytes taken; 0 only for an empty text
    bool valid = false;
};
// Decodes as Unicode recommends: overlong forms, surrogates and values past U+10FFFF are invalid,
// and an invalid sequence takes the bytes that could have begun a character, at least one.
Utf8Character decode_utf8(std::string_view text);

// C0, DEL and C1: what can drive a terminal.
bool is_control(char32_t code_point);

// Terminal columns that a printable text takes: 2 for wide characters, 0 for combining ones.
std::size_t display_width(std::string_view text);

// Escapes what cannot be shown: "\n", "\t", "\x1b", and "\xff" for bytes that are not UTF-8.
std::string printable(std::string_view text);

// printable() cut to at most max_columns, the last of them "…" when something is left out.
std::string shortened(std::string_view text, std::size_t max_columns);

// For XML 1.0 text and attribute values: the five entities; characters that XML forbids and invalid
// UTF-8 become U+FFFD; newline and tab stay as character references, so that attributes keep them.
std::string xml_escaped(std::string_view text);

}  // namespace assay::report
