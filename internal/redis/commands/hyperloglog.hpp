// Handlers of HyperLogLogs; their rows are in hyperloglog_rows.cpp.
#pragma once

#include "internal/redis/engine/call.hpp"

namespace assay::redis::commands {

void pfadd(Call& call);
void pfcount(Call& call);
void pfdebug(Call& call);
void pfmerge(Call& call);
void pfselftest(Call& call);

}  // namespace assay::redis::commands
