// `assay check`: what this host can do, what is lost, how to mend it.
#pragma once

#include <memory>

#include "internal/app/command.hpp"

namespace assay::app {

std::unique_ptr<Command> make_check_command();

}  // namespace assay::app
