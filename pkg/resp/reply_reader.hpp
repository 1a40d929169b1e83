// Replies as values: the client's half of RESP, both protocols, without I/O.
//
// The reader keeps bytes until ReplyScanner says that a reply is complete, then builds its tree in
// one go over contiguous bytes. So there is one grammar that can stop at every byte, and building
// needs no state. Rejected: growing the tree as bytes come, which needs a stack of half-made nodes
// and saves only the copy of a reply.
//
// For tests, tools and peers; a load generator counts replies by ReplyScanner alone. Belongs to one
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/resp/reply_scanner.hpp"
#include "pkg/result/result.hpp"

namespace assay::resp {

struct Reply {
    enum class Type : std::uint8_t {
        kSimple,
        kError,
        kInteger,
        kBulk,
        kArray,
        kNullBulk,   // RESP2 "$-1"
        kNullArray,  // RESP2 "*-1"
        kNull,       // from here on RESP3
        kDouble,
        kBoolean,
        kBigNumber,
        kBulkError,
        kVerbatim,
        kMap,
        kSet,
        kPush,
    };

    Type type = Type::kNull;
    // Strings, errors and numbers as they came; of a verbatim string what is behind "txt:".
    std::string text = {};
    std::int64_t integer = 0;  // kInteger; kBoolean: 1 or 0
    double real = 0;           // kDouble
    std::string format = {};   // kVerbatim: "txt", "mkd"
    // Of a map: key, value, key, value…
    std::vector<Reply> elements = {};
    // Attributes that stood before it: key, value…
    std::vector<Reply> attributes = {};

    bool is_error() const { return type == Type::kError || type == Type::kBulkError; }
    bool is_null() const {
        return type == Type::kNull || type == Type::kNullBulk || type == Type::kNullArray;
    }
    bool is_push() const { return type == Type::kPush; }
};

// For messages of tests and tools, much as redis-cli shows values: OK, (integer) 3, "text" with
// escapes, elements on lines of their own. Attributes are left out.
std::string describe(const Reply& reply);

class ReplyReader {
  public:
    // Arrays in arrays; Redis' own replies need 8 or so, EVAL any number.
    static constexpr std::size_t kMaxDepth = 128;

    explicit ReplyReader(std::size_t max_reply_bytes = std::size_t{1} << 30)
        : max_reply_bytes_(max_reply_bytes) {}

    // Bytes that came, in any pieces.
    void feed(std::string_view bytes);

    // Whether a reply was complete; it is in `reply` then. An error (bytes that are no RESP, too
    // deep, too long) is the end of the stream: it is returned again.
    Result<bool> next(Reply& reply);

    // Of the reply that next() returned last: the bytes it came as. Until the next feed().
    std::string_view raw() const;

    // Bytes behind the reply that next() returned last.
    std::string_view unread() const { return std::string_view(bytes_).substr(begin_); }

  private:
    std::size_t max_reply_bytes_;
    std::string bytes_;
    std::size_t raw_begin_ = 0;
    std::size_t begin_ = 0;  // of the reply under way
    std::size_t scanned_ = 0;
    ReplyScanner scanner_;
    std::string failure_;
};

// One whole reply, nothing behind it.
Result<Reply> parse_reply(std::string_view bytes);

}  // namespace assay::resp
