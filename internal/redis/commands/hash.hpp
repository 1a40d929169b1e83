// Handlers of hashes; their rows are in hash_rows.cpp.
#pragma once

#include "internal/redis/commands/values.hpp"
#include "internal/redis/types/hash.hpp"

namespace assay::redis::commands {

template <>
struct TypeOf<Hash> {
    static constexpr Type kType = Type::kHash;
};

void hdel(Call& call);
void hexists(Call& call);
void hexpire(Call& call);
void hexpireat(Call& call);
void hexpiretime(Call& call);
void hget(Call& call);
void hgetall(Call& call);
void hgetdel(Call& call);
void hgetex(Call& call);
void hincrby(Call& call);
void hincrbyfloat(Call& call);
void hkeys(Call& call);
void hlen(Call& call);
void hmget(Call& call);
void hmset(Call& call);
void hpersist(Call& call);
void hpexpire(Call& call);
void hpexpireat(Call& call);
void hpexpiretime(Call& call);
void hpttl(Call& call);
void hrandfield(Call& call);
void hscan(Call& call);
void hset(Call& call);
void hsetex(Call& call);
void hsetnx(Call& call);
void hstrlen(Call& call);
void httl(Call& call);
void hvals(Call& call);

}  // namespace assay::redis::commands
