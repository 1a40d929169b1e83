// When a value leaves its packed form: the documented settings, by their CONFIG names.
//
// Passed as an argument to what may convert; the types keep no settings of their own, so CONFIG SET
// holds from the next change on and needs no walk over the data.
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay::redis {

struct Limits {
    // list-max-listpack-size: elements per node when positive; -1 … -5: 4, 8, 16, 32, 64 KiB.
    std::int32_t list_max_listpack_size = -2;
    // DEBUG QUICKLIST-PACKED-THRESHOLD: larger elements of a list are nodes of their own.
    std::size_t list_packed_threshold = std::size_t{1} << 29;
    // list-compress-depth: accepted; nodes are not compressed.
    std::uint32_t list_compress_depth = 0;

    std::size_t set_max_intset_entries = 512;
    std::size_t set_max_listpack_entries = 128;
    std::size_t set_max_listpack_value = 64;  // bytes of a member

    std::size_t hash_max_listpack_entries = 512;  // pairs
    std::size_t hash_max_listpack_value = 64;     // bytes of a field or a value

    std::size_t zset_max_listpack_entries = 128;
    std::size_t zset_max_listpack_value = 64;

    // When a node of a stream is full; 0: no such limit.
    std::size_t stream_node_max_bytes = 4096;
    std::size_t stream_node_max_entries = 100;

    std::size_t hll_sparse_max_bytes = 3000;  // header included
};

}  // namespace assay::redis
