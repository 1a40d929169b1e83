// A value of any type as the RDB format carries it: type number and body.
//
// The packed forms of the types are those of the format, so a small value is written as a copy of
// its bytes and read by checking them once. Larger ones are written element by element and take the
// form that the limits give a value that is built that way.
//
// Writing cannot fail. Reading takes nothing on trust: every blob is walked to its end, members and
// fields must differ, an empty collection is an error (a stream may be empty). Written are the
// types of the version asked for; read is everything since Redis 2.6, whose zipmap alone is
// refused. Streams are in stream_value.cpp. Not thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "internal/redis/payload/rdb_format.hpp"
#include "internal/redis/payload/rdb_reader.hpp"
#include "internal/redis/payload/rdb_writer.hpp"
#include "internal/redis/types/hash.hpp"
#include "internal/redis/types/limits.hpp"
#include "internal/redis/types/list.hpp"
#include "internal/redis/types/set.hpp"
#include "internal/redis/types/sorted_set.hpp"
#include "internal/redis/types/stream.hpp"
#include "pkg/result/result.hpp"

namespace assay::redis {

using Value = std::variant<std::string, List, Set, SortedSet, Hash, Stream>;

// The number under which write_value() writes a value. A hash whose fields expire is of version 12,
// whatever is asked for: nothing older can say it.
RdbType rdb_type(std::string_view text, RdbVersion version);
RdbType rdb_type(const List& list, RdbVersion version);
RdbType rdb_type(const Set& set, RdbVersion version);
RdbType rdb_type(const SortedSet& set, RdbVersion version);
RdbType rdb_type(const Hash& hash, RdbVersion version);
RdbType rdb_type(const Stream& stream, RdbVersion version);

// The body, as rdb_type() of the same version announced it.
void write_value(RdbWriter& writer, std::string_view text, RdbVersion version);
void write_value(RdbWriter& writer, const List& list, RdbVersion version);
void write_value(RdbWriter& writer, const Set& set, RdbVersion version);
void write_value(RdbWriter& writer, const SortedSet& set, RdbVersion version);
void write_value(RdbWriter& writer, const Hash& hash, RdbVersion version);
void write_value(RdbWriter& writer, const Stream& stream, RdbVersion version);

Result<Value> read_value(RdbType type, RdbReader& reader, const Limits& limits);

// read_value() of the three types of streams.
Result<Stream> read_stream(RdbType type, RdbReader& reader);

}  // namespace assay::redis
