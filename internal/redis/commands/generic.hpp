// Handlers of the commands on keys of any type; their rows are in generic_rows.cpp.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "internal/redis/engine/call.hpp"

namespace assay::redis::commands {

void copy(Call& call);
void del(Call& call);
void dump(Call& call);
void exists(Call& call);
void expire(Call& call);
void expireat(Call& call);
void expiretime(Call& call);
void keys(Call& call);
void move(Call& call);
void object_encoding(Call& call);
void object_freq(Call& call);
void object_idletime(Call& call);
void object_refcount(Call& call);
void persist(Call& call);
void pexpire(Call& call);
void pexpireat(Call& call);
void pexpiretime(Call& call);
void pttl(Call& call);
void randomkey(Call& call);
void rename(Call& call);
void renamenx(Call& call);
void restore(Call& call);
void scan(Call& call);
void sort(Call& call);
void sort_ro(Call& call);
void touch(Call& call);
void ttl(Call& call);
void type(Call& call);
void unlink(Call& call);
void wait(Call& call);

// Index of a database, or empty: the error has been written.
std::optional<std::size_t> database_index(Call& call, std::string_view word);

}  // namespace assay::redis::commands
