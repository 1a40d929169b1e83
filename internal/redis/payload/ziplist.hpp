// Ziplist: the packed form of Redis before 7, read only.
//
// Total bytes (u32), offset of the last entry (u32), number of entries (u16, 65535 = count them),
// the entries, 0xff; each entry is the size of the one before (1 or 5 bytes), then a length and
// text, or a number. The bytes are not trusted: entries must end exactly where the list does.
#pragma once

#include <functional>
#include <string_view>

#include "internal/redis/types/listpack_entry.hpp"
#include "pkg/result/result.hpp"

namespace assay::redis {

// visit(value) for each entry, first to last; the value borrows `bytes`. False from it stops.
Result<void> read_ziplist(std::string_view bytes,
                          const std::function<bool(const PackedValue&)>& visit);

}  // namespace assay::redis
