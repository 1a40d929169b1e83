// Handlers of sets; their rows are in set_rows.cpp.
#pragma once

#include "internal/redis/commands/values.hpp"
#include "internal/redis/types/set.hpp"

namespace assay::redis::commands {

template <>
struct TypeOf<Set> {
    static constexpr Type kType = Type::kSet;
};

void sadd(Call& call);
void scard(Call& call);
void sdiff(Call& call);
void sdiffstore(Call& call);
void sinter(Call& call);
void sintercard(Call& call);
void sinterstore(Call& call);
void sismember(Call& call);
void smembers(Call& call);
void smismember(Call& call);
void smove(Call& call);
void spop(Call& call);
void srandmember(Call& call);
void srem(Call& call);
void sscan(Call& call);
void sunion(Call& call);
void sunionstore(Call& call);

}  // namespace assay::redis::commands
