// `assay run`: a program, a pair of programs or a folder of cases under limits.
#pragma once

#include <memory>

#include "internal/app/command.hpp"

namespace assay::app {

std::unique_ptr<Command> make_run_command();

}  // namespace assay::app
