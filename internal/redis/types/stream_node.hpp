// A node of a stream: up to a hundred entries in one listpack, with their field names written once.
//
// Redis' layout, so that DUMP is a copy. The master entry: number of live entries, of deleted ones,
// of master fields, these fields, 0. Then each entry: flags, its id as differences to the node's
// own id, then either the values of the master fields (kSameFields) or the number of fields and
// field, value, field, value…, and at last the number of the entry's elements before this one, from
// which a walk from the right finds the entry's start. Deleting sets a flag, entries stay where
// they are.
//
// Functions over blobs that were built here or passed by validate(); Stream owns them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "internal/redis/types/listpack.hpp"
#include "internal/redis/types/stream_id.hpp"

namespace assay::redis::stream_node {

using Position = ListpackView::Position;

struct Head {
    std::size_t live;
    std::size_t deleted;
    std::size_t field_count;
    Position first_field;
    Position first_entry;
};

struct Entry {
    StreamId id;
    bool is_deleted;
    bool has_same_fields;
    std::size_t field_count;
    Position begin;       // its flags
    Position first_item;  // its first value, or field where it has fields of its own
    Position end;         // the entry after it
};

Head read_head(const ListpackView& node);

// `at` is the start of an entry, not the end of the node.
Entry entry_at(const ListpackView& node, StreamId node_id, const Head& head, Position at);
// The entry that ends at `end`; nullopt before the first.
std::optional<Entry> entry_before(const ListpackView& node, StreamId node_id, const Head& head,
                                  Position end);

// A node with its first entry. `fields` is field, value, field, value….
Listpack make(std::span<const std::string_view> fields);
void append(Listpack& node, StreamId node_id, StreamId id,
            std::span<const std::string_view> fields);
// Flags an entry and counts it; positions of entries may change.
void mark_deleted(Listpack& node, const Entry& entry);

// Whether a valid listpack is such a node: counts that match, entries that end where they say, ids
// that ascend from node_id on. Returns the id of the last entry, deleted or not.
std::optional<StreamId> validate(const ListpackView& node, StreamId node_id);

}  // namespace assay::redis::stream_node
