// The one rule about text that reading and writing share. Private to the package.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace assay::judge::wire {

// The length of the character at the beginning of `text`, which is not empty: 1 to 4, or 0 when the
// first byte begins none (overlong forms, surrogates and numbers above U+10FFFF are none).
std::size_t utf8_length(std::string_view text);

// Appends the character of the number, which is no surrogate.
void append_utf8(std::string& text, char32_t character);

inline constexpr char32_t kReplacement = 0xfffd;

}  // namespace assay::judge::wire
