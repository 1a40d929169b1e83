// Handlers of strings; their rows are in string_rows.cpp.
#pragma once

#include "internal/redis/engine/call.hpp"

namespace assay::redis::commands {

void append(Call& call);
void decr(Call& call);
void decrby(Call& call);
void get(Call& call);
void getdel(Call& call);
void getex(Call& call);
void getrange(Call& call);
void getset(Call& call);
void incr(Call& call);
void incrby(Call& call);
void incrbyfloat(Call& call);
void lcs(Call& call);
void mget(Call& call);
void mset(Call& call);
void msetnx(Call& call);
void psetex(Call& call);
void set(Call& call);
void setex(Call& call);
void setnx(Call& call);
void setrange(Call& call);
void strlen(Call& call);
void substr(Call& call);

}  // namespace assay::redis::commands
