// Handlers of the commands about the connection itself; their rows are in connection_rows.cpp.
#pragma once

#include "internal/redis/engine/call.hpp"

namespace assay::redis::commands {

// The version of Redis whose behaviour this is: HELLO and INFO say it.
inline constexpr std::string_view kRedisVersion = "7.2.4";

void auth(Call& call);
void client_getname(Call& call);
void client_id(Call& call);
void client_info(Call& call);
void client_kill(Call& call);
void client_list(Call& call);
void client_no_evict(Call& call);
void client_no_touch(Call& call);
void client_pause(Call& call);
void client_reply(Call& call);
void client_setinfo(Call& call);
void client_setname(Call& call);
void client_unblock(Call& call);
void client_unpause(Call& call);
void echo(Call& call);
void hello(Call& call);
void ping(Call& call);
void quit(Call& call);
void reset(Call& call);
void select(Call& call);

}  // namespace assay::redis::commands
