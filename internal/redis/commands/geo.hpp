// Handlers of places on the earth; their rows are in geo_rows.cpp.
#pragma once

#include "internal/redis/engine/call.hpp"

namespace assay::redis::commands {

void geoadd(Call& call);
void geodist(Call& call);
void geohash(Call& call);
void geopos(Call& call);
void georadius(Call& call);
void georadius_ro(Call& call);
void georadiusbymember(Call& call);
void georadiusbymember_ro(Call& call);
void geosearch(Call& call);
void geosearchstore(Call& call);

}  // namespace assay::redis::commands
