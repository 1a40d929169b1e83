// Error texts as go-judge's clients know them, where they are part of the answer: the reason in
// Go's spelling, which is the C library's with a small first letter, and quotes as in Go's %q.
#pragma once

#include <string>
#include <string_view>

#include "pkg/result/result.hpp"

namespace assay::judge {

std::string reason_of(int os_error);  // "no such file or directory"
// "open a/b: no such file or directory"
std::string failure(std::string_view verb, std::string_view object, int os_error);
// The same of an error, which says itself what it is about when no system call is behind it.
std::string failure(std::string_view verb, std::string_view object, const Error& error);
std::string quoted(std::string_view text);  // "a\"b" with its quotes

}  // namespace assay::judge
