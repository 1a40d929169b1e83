// Whether a text is JSON, told in the words of Go's encoding/json. Private to the package.
//
// Checking comes before reading, so that a request with an error in its last byte has no effect,
// and so that the reader behind it can do without errors of syntax. Nesting lives on a heap stack.
#pragma once

#include <cstddef>
#include <string_view>

#include "pkg/result/result.hpp"

namespace assay::judge::wire {

// The first value of the text, without the white space around it. Errors: "EOF" when there is
// none, "unexpected EOF" when it is cut off, "invalid character 'x' after array element" and its
// like.
Result<std::string_view> first_json_value(std::string_view text);

// The offset of the first byte from `at` on that ends a run of plain text in a string: a quote, a
// backslash or a control byte; with `ascii_only` also any byte above 0x7f. The text's size when
// there is none.
std::size_t end_of_plain_text(std::string_view text, std::size_t at, bool ascii_only);

inline bool is_json_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

}  // namespace assay::judge::wire
