// Reads the elements of the RDB format, from bytes that nobody vouches for.
//
// Every take_ checks that what it takes is there; no length that is read is trusted with memory
// before as many bytes have been seen. An error says what is wrong and at which byte. The bytes are
// the caller's and outlive the reader. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "internal/redis/payload/rdb_format.hpp"
#include "internal/redis/types/stream_id.hpp"
#include "pkg/result/result.hpp"

namespace assay::redis {

class RdbReader {
  public:
    explicit RdbReader(std::string_view bytes) : bytes_(bytes) {}

    bool at_end() const { return at_ == bytes_.size(); }

    Result<std::uint8_t> take_byte();
    Result<std::uint64_t> take_length();
    Result<std::string> take_string();
    Result<std::string_view> take_raw(std::size_t bytes);
    Result<std::uint64_t> take_little_endian(std::size_t bytes);
    Result<std::int64_t> take_milliseconds();
    // Eight bytes; NaN is an error.
    Result<double> take_score();
    // The text of old versions, with its own marks for infinities.
    Result<double> take_score_text();
    // Two lengths.
    Result<StreamId> take_stream_id();

    // "cannot read value: WHAT at byte N".
    Error error(std::string_view what) const;

  private:
    Result<std::uint64_t> take_big_endian(std::size_t bytes);
    Result<std::string> take_encoded(RdbStringForm form);

    std::string_view bytes_;
    std::size_t at_ = 0;
};

}  // namespace assay::redis
