// Handlers of lists; their rows are in list_rows.cpp.
#pragma once

#include "internal/redis/commands/values.hpp"
#include "internal/redis/types/list.hpp"

namespace assay::redis::commands {

template <>
struct TypeOf<List> {
    static constexpr Type kType = Type::kList;
};

void blmove(Call& call);
void blmpop(Call& call);
void blpop(Call& call);
void brpop(Call& call);
void brpoplpush(Call& call);
void lindex(Call& call);
void linsert(Call& call);
void llen(Call& call);
void lmove(Call& call);
void lmpop(Call& call);
void lpop(Call& call);
void lpos(Call& call);
void lpush(Call& call);
void lpushx(Call& call);
void lrange(Call& call);
void lrem(Call& call);
void lset(Call& call);
void ltrim(Call& call);
void rpop(Call& call);
void rpoplpush(Call& call);
void rpush(Call& call);
void rpushx(Call& call);

}  // namespace assay::redis::commands
