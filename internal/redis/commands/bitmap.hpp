// Handlers of bitmaps; their rows are in bitmap_rows.cpp.
#pragma once

#include "internal/redis/engine/call.hpp"

namespace assay::redis::commands {

void bitcount(Call& call);
void bitfield(Call& call);
void bitfield_ro(Call& call);
void bitop(Call& call);
void bitpos(Call& call);
void getbit(Call& call);
void setbit(Call& call);

}  // namespace assay::redis::commands
