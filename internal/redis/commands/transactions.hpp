// Handlers of MULTI, EXEC and WATCH; their rows are in transactions_rows.cpp.
#pragma once

#include "internal/redis/engine/call.hpp"

namespace assay::redis::commands {

void discard(Call& call);
void exec(Call& call);
void multi(Call& call);
void unwatch(Call& call);
void watch(Call& call);

}  // namespace assay::redis::commands
