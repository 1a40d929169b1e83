// The inline form of a command: words of a line, as somebody types them into telnet.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace assay::resp {

// Splits a line (without its end) at white space into `words`. "double" quotes know \n \r \t \b \a
// \xHH and a backslash before anything else, 'single' quotes only \'; a closing quote ends its
// word. Words are unquoted in place, the views point into `line`. A zero byte ends the line. False:
// quotes that are not balanced, or text right behind a closing one.
bool split_inline(std::span<char> line, std::vector<std::string_view>& words);

}  // namespace assay::resp
