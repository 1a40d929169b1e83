// Handlers of the commands about the server; their rows are in server_rows.cpp.
#pragma once

#include "internal/redis/engine/call.hpp"

namespace assay::redis::commands {

void command_count(Call& call);
void command_docs(Call& call);
void command_getkeys(Call& call);
void command_getkeysandflags(Call& call);
void command_info(Call& call);
void command_list(Call& call);
void command(Call& call);
void config_get(Call& call);
void config_resetstat(Call& call);
void config_rewrite(Call& call);
void config_set(Call& call);
void dbsize(Call& call);
void debug(Call& call);
void flushall(Call& call);
void flushdb(Call& call);
void info(Call& call);
void lastsave(Call& call);
void latency_history(Call& call);
void latency_latest(Call& call);
void latency_reset(Call& call);
void lolwut(Call& call);
void memory_malloc_stats(Call& call);
void memory_purge(Call& call);
void memory_stats(Call& call);
void memory_usage(Call& call);
void monitor(Call& call);
void role(Call& call);
void shutdown(Call& call);
void slowlog_get(Call& call);
void slowlog_len(Call& call);
void slowlog_reset(Call& call);
void swapdb(Call& call);
void time(Call& call);

}  // namespace assay::redis::commands
