// Handlers of publish and subscribe; their rows are in pubsub_rows.cpp.
#pragma once

#include "internal/redis/engine/call.hpp"

namespace assay::redis::commands {

void psubscribe(Call& call);
void publish(Call& call);
void pubsub_channels(Call& call);
void pubsub_numpat(Call& call);
void pubsub_numsub(Call& call);
void pubsub_shardchannels(Call& call);
void pubsub_shardnumsub(Call& call);
void punsubscribe(Call& call);
void spublish(Call& call);
void ssubscribe(Call& call);
void subscribe(Call& call);
void sunsubscribe(Call& call);
void unsubscribe(Call& call);

}  // namespace assay::redis::commands
