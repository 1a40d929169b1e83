// Writes the elements of the RDB format: lengths, strings, numbers.
//
// Appends to a string of the caller's, which outlives the writer. Strings take the shortest form
// there is: a canonical integer of 32 bits as such, one of more than 20 bytes through LZF if that
// saves four. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "internal/redis/payload/rdb_format.hpp"
#include "internal/redis/types/listpack_entry.hpp"

namespace assay::redis {

class RdbWriter {
  public:
    explicit RdbWriter(std::string& out) : out_(out) {}

    void type(RdbType type) { byte(static_cast<std::uint8_t>(type)); }
    void byte(std::uint8_t byte) { out_ += static_cast<char>(byte); }
    void length(std::uint64_t length);
    void string(std::string_view text);
    void string(const PackedValue& value);
    // Bytes whose number the format knows.
    void raw(std::string_view bytes) { out_ += bytes; }
    void little_endian(std::uint64_t number, std::size_t bytes);
    void milliseconds(std::int64_t time) { little_endian(static_cast<std::uint64_t>(time), 8); }
    void score(double score);

  private:
    void big_endian(std::uint64_t number, std::size_t bytes);
    void form(RdbStringForm form) {
        byte(static_cast<std::uint8_t>(0xC0u | static_cast<unsigned>(form)));
    }
    bool integer(std::int64_t number);

    std::string& out_;
};

}  // namespace assay::redis
