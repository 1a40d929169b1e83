// `assay serve-judge`: the sandbox as a daemon that go-judge's clients speak to.
#pragma once

#include <memory>

#include "internal/app/command.hpp"

namespace assay::app {

std::unique_ptr<Command> make_serve_judge_command();

}  // namespace assay::app
