// The vocabulary of the RDB format: the numbers that say how a value or a string is written.
//
// The format is Redis' and closed: numbers are never reused. Versions: 9 is Redis 5 and 6, 10 is
// 7.0, 11 is 7.2, 12 is 7.4 (fields of hashes that expire).
#pragma once

#include <cstdint>

namespace assay::redis {

enum class RdbVersion : std::uint16_t { k10 = 10, k11 = 11, k12 = 12 };

enum class RdbType : std::uint8_t {
    kString = 0,
    kList = 1,
    kSet = 2,
    kSortedSetText = 3,  // scores as text
    kHash = 4,
    kSortedSet = 5,
    kHashZipmap = 9,
    kListZiplist = 10,
    kSetIntSet = 11,
    kSortedSetZiplist = 12,
    kHashZiplist = 13,
    kListOfZiplists = 14,
    kStream1 = 15,
    kHashListpack = 16,
    kSortedSetListpack = 17,
    kListOfListpacks = 18,
    kStream2 = 19,
    kSetListpack = 20,
    kStream3 = 21,
    kHashWithTtl = 24,
    kHashListpackWithTtl = 25,
};

// How a string is written that is not plain: the low six bits of its first byte, the top two set.
enum class RdbStringForm : std::uint8_t { kInt8 = 0, kInt16 = 1, kInt32 = 2, kLzf = 3 };

// The container of a list's node.
enum class RdbListNode : std::uint8_t { kPlain = 1, kPacked = 2 };

}  // namespace assay::redis
