// A file read in blocks, with the place of the next byte known: offset, line, column. Private to
// compare.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "pkg/result/result.hpp"

namespace assay::runner {

struct Place {
    std::uint64_t offset = 0;
    std::uint64_t line = 1;
    std::uint64_t column = 1;  // in bytes
};

class CompareReader {
  public:
    static constexpr std::size_t kBlockBytes = 64 * 1024;

    // The descriptor is borrowed; it is read with pread(2).
    CompareReader(int fd, std::string name);

    // What is buffered from here on; empty only at the end of the file.
    Result<std::string_view> peek();
    // Passes over the first `count` bytes of the last peek().
    void advance(std::size_t count);

    const Place& place() const { return place_; }

    // Bytes of the file from an offset on, for messages; does not move the reader.
    Result<std::string> excerpt(std::uint64_t offset, std::size_t length) const;

  private:
    int fd_;
    std::string name_;
    std::unique_ptr<std::array<char, kBlockBytes>> block_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    Place place_;
};

}  // namespace assay::runner
