// Bytes of a connection in, commands out: the server's half of RESP, without I/O.
//
// A loop lends the same receive buffer to all its connections. Whole commands are views into it;
// only what is incomplete at its end moves into a buffer of the connection, so an idle connection
// holds no buffer and a deep pipeline is copied once, by the kernel. Commands come in batches, so
// that the server can look up the keys of a batch together and take its lock once.
//
//     std::span<char> room = parser.prepare(scratch);   // or parser.feed(bytes that came)
//     parser.commit(recv(fd, room));
//     while (parser.parse(batch) > 0) execute(batch);
//     if (parser.failed()) reply with parser.error() and close;
//     parser.release();                                 // before scratch serves another one
//
// A big argument that is not all there gets a block of its own, into which prepare() lets the rest
// be received; its reader may take the block (RequestBatch::take), so that SET of a big value
// copies no more than the first piece.
//
// Whole commands of ordinary shape are read by one tight loop; anything else, be it incomplete, big
// or wrong, by a second path that can stop at every byte. All limits and errors live in that one.
// Rejected: one resumable state machine for all (three times the instructions per command); a
// buffer per connection (16 KiB for each idle one); reading incomplete commands again from their
// start (quadratic for many arguments).
//
// As in Redis, the two bytes behind a value are skipped whatever they are, and "*0", "*-1" and
// empty lines are no commands. Not as in Redis, a zero byte in a line does not hide the line's end.
// Belongs to one thread. Throws std::bad_alloc only.
#pragma once

#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::resp {

inline constexpr std::int64_t kMaxArguments = INT_MAX;
// A line without its end: an inline command, or the head of an array or a value. Redis takes a
// longer one if it comes in one read.
inline constexpr std::size_t kMaxLineBytes = 64u << 10;
inline constexpr std::int64_t kMaxUnauthenticatedArguments = 10;
inline constexpr std::int64_t kMaxUnauthenticatedBulkBytes = 16 << 10;
// From here on an incomplete argument is received into a block of its own.
inline constexpr std::int64_t kBigArgumentBytes = 32 << 10;

// Where blocks of big arguments come from and, when nobody takes them, go to. allocate() may return
// null: the command then fails.
struct BlockMemory {
    void* (*allocate)(std::size_t bytes) = std::malloc;
    void (*release)(void* block) = std::free;
};

// What all connections of a server share; outlives their parsers. Changes hold from the next value.
struct RequestLimits {
    // proto-max-bulk-len; at least kBigArgumentBytes.
    std::int64_t max_bulk_bytes = std::int64_t{512} << 20;
    // client-query-buffer-limit: what an incomplete command may hold, without its big arguments
    // that are complete.
    std::size_t max_query_bytes = std::size_t{1} << 30;
    BlockMemory memory = {};
};

// A big argument in memory of its own: size() bytes of it and room for two more.
class ArgumentBlock {
  public:
    ArgumentBlock() = default;
    // Empty when memory is short.
    ArgumentBlock(const BlockMemory& memory, std::size_t size);
    ArgumentBlock(ArgumentBlock&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)),
          size_(other.size_),
          release_(other.release_) {}
    ArgumentBlock& operator=(ArgumentBlock&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(release_, other.release_);
        return *this;
    }
    ~ArgumentBlock() {
        if (data_ != nullptr) release_(data_);
    }

    explicit operator bool() const { return data_ != nullptr; }
    char* data() const { return data_; }
    std::size_t size() const { return size_; }
    std::string_view view() const { return {data_, size_}; }
    // Gives the memory up: the caller owns what BlockMemory::allocate returned.
    char* detach() { return std::exchange(data_, nullptr); }

  private:
    char* data_ = nullptr;
    std::size_t size_ = 0;
    void (*release_)(void*) = nullptr;
};

using Command = std::span<const std::string_view>;

// Parsed commands, never empty ones, in order. One per loop: it serves all connections in turn. The
// views hold until the parser parses on or releases.
class RequestBatch {
  public:
    std::size_t size() const { return ends_.size(); }
    bool empty() const { return ends_.empty(); }
    Command operator[](std::size_t i) const {
        const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
        return {arguments_.data() + begin, ends_[i] - begin};
    }

    // The block of an argument that has one of its own; else an empty one. The views stay good as
    // long as the block lives.
    ArgumentBlock take(std::string_view argument);

    // The commands from `first` on with all of their bytes, good until cleared whatever the parser
    // does: of a client that waits in the middle of a batch, or queues them. Blocks move along;
    // the commands are void here.
    RequestBatch detach(std::size_t first);

    void clear();

  private:
    friend class RequestParser;
    std::string_view* grow(std::size_t arguments);
    void end_command(std::size_t arguments);

    std::vector<std::string_view> arguments_;  // its size is the highest seen, used_ what counts
    std::size_t used_ = 0;
    std::vector<std::size_t> ends_;
    std::vector<ArgumentBlock> blocks_;
    std::unique_ptr<char[]> bytes_;  // of a detached one
};

class RequestParser {
  public:
    explicit RequestParser(const RequestLimits& limits) : limits_(&limits) {}
    RequestParser(RequestParser&&) noexcept = default;
    RequestParser& operator=(RequestParser&&) noexcept = default;

    // Until told otherwise a connection may do all. While false its limits are narrow, and parse()
    // yields one command at a time, because AUTH lifts them.
    void set_authenticated(bool authenticated) { authenticated_ = authenticated; }

    // Room for the next bytes, never empty: in `scratch` (at least 1 KiB), in the connection's own
    // buffer, or the rest of a big argument. Then commit() says how many came. To be called after
    // release(), or first.
    std::span<char> prepare(std::span<char> scratch);
    void commit(std::size_t bytes);

    // For bytes that came elsewhere. They are lent until release(), and may change: inline commands
    // are unquoted in place.
    void feed(std::span<char> bytes);

    // Fills `batch` anew with the next commands, at most max_commands, and returns how many: 0 when
    // the rest is incomplete, or wrong.
    static constexpr std::size_t kMaxBatch = 1024;
    std::size_t parse(RequestBatch& batch, std::size_t max_commands = kMaxBatch);

    // Ends the loan: views are void, the rest moves into the connection's own buffer.
    void release();

    // Nothing more can be read. error() is the text for the client, without the code "ERR"; empty:
    // close without a word (the query buffer limit).
    bool failed() const { return failed_; }
    const std::string& error() const { return error_; }

    // Bytes of the incomplete command, and memory held by it.
    std::size_t pending_bytes() const;
    std::size_t held_bytes() const;

  private:
    enum class Phase : std::uint8_t { kStart, kValueHead, kValue };
    struct Part {
        std::size_t offset = 0;  // from start_; kInBlock: the next of blocks_
        std::size_t size = 0;
    };
    static constexpr std::size_t kInBlock = SIZE_MAX;

    bool step(RequestBatch& batch);
    bool parse_whole(RequestBatch& batch);
    bool parse_inline(RequestBatch& batch);
    bool parse_on(RequestBatch& batch);
    bool read_array_head();
    bool read_value_head();
    bool read_value();
    bool read_line(std::string_view name, std::string_view& line);
    bool open_block(std::size_t bytes);
    void finish(RequestBatch& batch);
    bool fail(std::string message);
    void reserve_own(std::size_t bytes);
    void shrink_own();
    bool in_block() const { return block_ && filled_ < value_bytes_ + 2; }

    const RequestLimits* limits_;

    // The window: bytes of [0, at_) are parsed, the command under way begins at start_.
    char* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t at_ = 0;
    std::size_t start_ = 0;

    std::unique_ptr<char[]> own_;
    std::size_t own_capacity_ = 0;

    // The command under way, when it did not come whole.
    std::vector<Part> parts_;
    std::vector<ArgumentBlock> blocks_;
    ArgumentBlock block_;        // the value under way, if it is big
    std::size_t filled_ = 0;     // bytes in block_, with the two behind the value
    std::size_t in_blocks_ = 0;  // bytes of blocks_ and block_
    std::int64_t arguments_left_ = 0;
    std::size_t value_bytes_ = 0;
    Phase phase_ = Phase::kStart;
    bool authenticated_ = true;
    bool failed_ = false;
    std::string error_;
};

}  // namespace assay::resp
