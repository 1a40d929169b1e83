// The command that prepares a slot from inside: SlotSpec::init_command.
#pragma once

#include "pkg/result/result.hpp"
#include "pkg/sandbox/slot.hpp"

namespace assay::sandbox {

// Runs it in the finished slot, before the zygote gives up its rights: as root_inside, with a plain
// PATH as environment, its output on standard error. Waits for its end, not for that of processes
// it started. No command is no error.
Result<void> run_init_command(const SlotSpec& spec);

}  // namespace assay::sandbox
