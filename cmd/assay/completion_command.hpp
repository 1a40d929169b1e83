// `assay completion bash|zsh|fish`: the script that completes assay's command lines.
#pragma once

#include <memory>

#include "internal/app/command.hpp"

namespace assay::app {

std::unique_ptr<Command> make_completion_command();

}  // namespace assay::app
