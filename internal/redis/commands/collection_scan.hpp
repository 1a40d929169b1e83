// HSCAN, SSCAN and ZSCAN: one step of a walk through a collection, as their commands ask for it.
//
// The cursor is that of LinearTable::scan(), so what is there during the whole walk is seen. A step
// takes buckets until COUNT elements are together; MATCH filters afterwards.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "internal/redis/engine/call.hpp"
#include "internal/redis/types/listpack_entry.hpp"

namespace assay::redis::commands {

// The cursor, which is the third word; empty: the error has been written.
std::optional<std::uint64_t> scan_cursor(Call& call);

// The reply for a key that is not there.
void write_empty_scan(Call& call);

// The whole reply. step(cursor, visit) walks a part of the collection, visit(element, value) for
// each; returns the next cursor. Members without values: value is null. The options are the words
// from the fourth on; their errors are written instead.
using ScanVisit = std::function<void(PackedValue element, const PackedValue* value)>;
using ScanStep = std::function<std::uint64_t(std::uint64_t cursor, const ScanVisit& visit)>;
void scan_collection(Call& call, std::uint64_t cursor, const ScanStep& step);

}  // namespace assay::redis::commands
