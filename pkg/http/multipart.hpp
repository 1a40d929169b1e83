// multipart/form-data (RFC 7578) as a stream: a codec without I/O.
//
// Bytes go in as they come; names of parts and their contents come out, at once and in pieces, so
// an upload of any size needs the memory of one piece. Held back is at most what could be the
// beginning of a delimiter, or the head of a part (kMaxPartHead).
//
// Rejected: finding the parts in a complete body (a 1 GiB upload would be held in memory).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace assay::http {

inline constexpr std::size_t kMaxPartHead = 16u << 10;
inline constexpr std::size_t kMaxParts = 1000;

struct Part {
    std::string name;      // of the form's field
    std::string filename;  // its last path element; empty: the part is no file
};

class PartReceiver {
  public:
    virtual ~PartReceiver() = default;
    virtual void begin_part(const Part& part) = 0;
    virtual void part_data(std::string_view bytes) = 0;
    virtual void end_part() = 0;
};

class MultipartParser {
  public:
    // The receiver is borrowed.
    MultipartParser(std::string_view boundary, PartReceiver& receiver);

    void feed(std::string_view bytes);

    // The last delimiter was seen. What follows is ignored.
    bool done() const { return state_ == State::kDone; }
    bool failed() const { return state_ == State::kFailed; }

  private:
    enum class State { kPreamble, kDelimiter, kHead, kEmptyLine, kData, kDone, kFailed };

    bool step();
    bool find_first_delimiter();
    bool read_delimiter_end();
    bool read_head();
    bool read_empty_line();
    bool read_data();
    bool take_head(std::string_view head);
    void emit(std::size_t count);

    const std::string delimiter_;  // CRLF, two hyphens, the boundary
    PartReceiver& receiver_;
    State state_ = State::kPreamble;
    std::string buffer_;
    std::size_t used_ = 0;  // of buffer_
    std::size_t parts_ = 0;
};

// The boundary of a Content-Type field; empty: not multipart/form-data, or a bad one.
std::optional<std::string> multipart_boundary(std::string_view content_type);

}  // namespace assay::http
