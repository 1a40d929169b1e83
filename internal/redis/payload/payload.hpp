// What DUMP answers and RESTORE takes: a value with a footer that says whether it can be trusted to
// be whole.
//
// Type number, body (value.hpp), version (u16), CRC-64 of all before (u64), both little endian. It
// is the real format, both directions: written are payloads of version 11 (Redis 7.2), or of 10 for
// servers of 7.0, or of 12 where a hash has fields that expire; read are all up to 12. The checksum
// says that nothing was damaged, not that nobody made it up, so the body is checked in full.
#pragma once

#include <string>
#include <string_view>

#include "internal/redis/payload/value.hpp"

namespace assay::redis {

std::string dump_payload(std::string_view text, RdbVersion version = RdbVersion::k11);
std::string dump_payload(const List& list, RdbVersion version = RdbVersion::k11);
std::string dump_payload(const Set& set, RdbVersion version = RdbVersion::k11);
std::string dump_payload(const SortedSet& set, RdbVersion version = RdbVersion::k11);
std::string dump_payload(const Hash& hash, RdbVersion version = RdbVersion::k11);
std::string dump_payload(const Stream& stream, RdbVersion version = RdbVersion::k11);

// Whether footer and bytes belong together and the version is known. RESTORE has an error text of
// its own for this.
bool has_valid_footer(std::string_view payload);

// The value of a payload whose footer is valid. All of the body must be used up.
Result<Value> restore_payload(std::string_view payload, const Limits& limits);

}  // namespace assay::redis
