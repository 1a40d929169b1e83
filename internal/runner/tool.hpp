// The user's own programs beside the tested one: compiler, checker, interactor.
//
// They run in boxes too (a compiler fed with hostile source is as dangerous as its output), but
// under limits of their own: the tested program's 64M would not even start a compiler.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "internal/runner/job.hpp"
#include "pkg/result/result.hpp"

namespace assay::runner {

// A command line split into words as sh(1) does: blanks separate; '…' keeps all, "…" keeps all but
// \" \\ \$ and \`, a backslash keeps the next character. Nothing is expanded, because no shell
// runs: an unquoted character that a shell would act on (| & ; < > ( ) $ ` * ? [ ~) is a usage
// error that says so. `option` is for the message.
Result<std::vector<std::string>> split_command(std::string_view text, std::string_view option);

// Generous limits for a tool: at least 2 GiB of memory, 256 processes, a minute of CPU and two
// of wall time; more where the program itself may have more.
Limits tool_limits(const Limits& program);

}  // namespace assay::runner
