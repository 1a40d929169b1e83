// `assay config [COMMAND]`: every setting with its value and where the value came from.
#pragma once

#include <memory>

#include "internal/app/command.hpp"

namespace assay::app {

std::unique_ptr<Command> make_config_command();

}  // namespace assay::app
