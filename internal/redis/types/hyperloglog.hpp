// HyperLogLog: how many different elements were seen, in 12 kB and to 0.81 %.
//
// A HyperLogLog is a string value with Redis' layout, so that GET, SET, DUMP and replication carry
// it as they carry any string: a header of 16 bytes ("HYLL", encoding, three zero bytes, the cached
// count in little endian, its top bit set while stale), then 16384 registers, either dense (6 bits
// each, low bits first) or sparse (run lengths: ZERO, XZERO, VAL). Register and run are those of
// Redis for the same element (MurmurHash64A, fixed seed), the sparse form is edited the way Redis
// edits it, and the count uses Ertl's estimator ("New cardinality estimation algorithms for
// HyperLogLog sketches", arXiv 1702.01284): equal commands leave equal bytes and equal counts.
// Rejected: an object of our own that is turned into the string on demand; every string command
// would have to know it.
//
// Pure functions over bytes. What comes from clients is not trusted: has_layout() checks the header
// and every sparse walk checks its runs, a broken one is kCorrupt or nullopt and changes nothing
// that matters. Not thread-safe for the same value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace assay::redis::hyperloglog {

inline constexpr std::size_t kRegisters = 16384;
inline constexpr std::size_t kHeaderBytes = 16;
inline constexpr std::size_t kDenseBytes = kHeaderBytes + kRegisters * 6 / 8;

using Registers = std::array<std::uint8_t, kRegisters>;

enum class Change { kNone, kChanged, kCorrupt };

// An empty one, sparse.
std::string make();

// Whether the bytes begin as a HyperLogLog does: magic, known encoding, the dense length. Every
// other function here asks for that.
bool has_layout(std::string_view value);
bool is_dense(std::string_view value);

// Counts an element in. A sparse value becomes dense when it would grow beyond sparse_max_bytes
// (the hll-sparse-max-bytes setting, header included) or when a run is longer than 32.
Change add(std::string& value, std::string_view element, std::size_t sparse_max_bytes);

// The same for a dense value in place, wherever its bytes live.
bool add_dense(std::span<char> value, std::string_view element);

// The count that the header carries; nullopt while it is stale.
std::optional<std::uint64_t> cached_count(std::string_view value);
void cache_count(std::span<char> value, std::uint64_t count);

// The estimate from the registers; nullopt: corrupt.
std::optional<std::uint64_t> count(std::string_view value);
std::uint64_t count(const Registers& registers);

// Raises each register to that of the value: the union of both sets. False: corrupt.
bool merge(Registers& into, std::string_view value);

// Raises the registers of a value, which becomes dense if `dense` says so.
Change merge_into(std::string& value, const Registers& from, bool dense,
                  std::size_t sparse_max_bytes);

// False: corrupt, and the value is as before.
bool make_dense(std::string& value);

// The runs of a sparse value as PFDEBUG DECODE prints them: "z:16 v:3,1 Z:1200"; nullopt: corrupt.
std::optional<std::string> describe_sparse(std::string_view value);

}  // namespace assay::redis::hyperloglog
