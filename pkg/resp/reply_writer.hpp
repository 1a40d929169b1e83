// Replies in RESP2 and RESP3, written straight into an OutputBuffer.
//
// One call per value; the protocol of the connection decides the shape, so that a command says
// "map" or "double" and never asks which protocol it speaks. The calls that replies consist of are
// inline: a short bulk string is one comparison, two stores and one copy.
//
// A writer is a pointer and a flag: made on the spot, copied freely, belongs to the buffer's
// thread. Nothing is checked: the caller writes as many elements as it announced.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "pkg/resp/numbers.hpp"
#include "pkg/resp/output_buffer.hpp"

namespace assay::resp {

enum class Protocol : std::uint8_t { kResp2 = 2, kResp3 = 3 };

class ReplyWriter {
  public:
    ReplyWriter(OutputBuffer& out, Protocol protocol) : out_(&out), protocol_(protocol) {}

    Protocol protocol() const { return protocol_; }
    bool resp3() const { return protocol_ == Protocol::kResp3; }
    OutputBuffer& buffer() const { return *out_; }

    void simple(std::string_view text) { line('+', text); }
    void ok() { raw("+OK\r\n"); }
    // Code and text: "ERR syntax error". Line ends within become spaces, those at the end go.
    void error(std::string_view text);

    void integer(std::int64_t value) { number(':', value); }
    void bulk(std::string_view bytes);
    // The digits as a bulk string: an integer that Redis stores as a string.
    void bulk(std::int64_t value);
    // RESP3 double; in RESP2 a bulk string.
    void real(double value);
    // The same with 17 decimals, of INCRBYFLOAT and coordinates.
    void human_real(long double value);
    // RESP2: integer 1 or 0.
    void boolean(bool value) {
        raw(resp3() ? (value ? "#t\r\n" : "#f\r\n") : (value ? ":1\r\n" : ":0\r\n"));
    }
    // RESP2: a bulk string.
    void big_number(std::string_view digits);
    // `format` is three letters; it shows in RESP3 only, RESP2 gets a bulk string.
    void verbatim(std::string_view text, std::string_view format = "txt");

    // RESP3 "_"; in RESP2 the bulk string, or the array, that is not there.
    void null() { raw(resp3() ? "_\r\n" : "$-1\r\n"); }
    void null_array() { raw(resp3() ? "_\r\n" : "*-1\r\n"); }

    // Heads: the elements follow. A map of n pairs is 2n elements in RESP2; sets and pushes are
    // arrays there. Attributes exist in RESP3 only: n pairs, then the value they belong to.
    void array(std::size_t elements) { head('*', elements); }
    void map(std::size_t pairs) { resp3() ? head('%', pairs) : head('*', 2 * pairs); }
    void set(std::size_t elements) { head(resp3() ? '~' : '*', elements); }
    void push(std::size_t elements) { head(resp3() ? '>' : '*', elements); }
    void attribute(std::size_t pairs) { head('|', pairs); }

    // Heads whose count is known after their elements. `at_most` is an upper bound of it, the
    // nearer the better: a count with as many digits costs nothing. finish() in reverse order of
    // opening, before anything is consumed.
    struct Open {
        OutputBuffer::Hole hole;
        char kind = '*';
        std::size_t factor = 1;
    };
    Open open_array(std::size_t at_most) { return open('*', 1, at_most); }
    Open open_map(std::size_t at_most);
    Open open_set(std::size_t at_most) { return open(resp3() ? '~' : '*', 1, at_most); }
    void finish(const Open& open, std::size_t count);

    // Bytes that are a reply already.
    void raw(std::string_view reply) { out_->append(reply); }

  private:
    static constexpr std::size_t kMaxHead = 1 + kMaxIntegerText + 2;

    static char* write_head(char* to, char kind, std::uint64_t value);
    static char* write_short_head(char* to, std::size_t size);
    void head(char kind, std::size_t count);
    void number(char kind, std::int64_t value);
    void line(char kind, std::string_view text);
    void long_bulk(std::string_view bytes);
    Open open(char kind, std::size_t factor, std::size_t at_most);

    OutputBuffer* out_;
    Protocol protocol_;
};

namespace detail {

// Bulk strings up to here are written with one reservation of a fixed size.
inline constexpr std::size_t kShortBulk = 64;

// The heads of short bulk strings, each as the eight bytes that a store writes.
constexpr std::array<std::uint64_t, kShortBulk> make_short_heads() {
    std::array<std::uint64_t, kShortBulk> heads{};
    for (std::size_t size = 0; size < kShortBulk; ++size) {
        std::array<char, 8> text{'$'};
        std::size_t at = 1;
        if (size >= 10) text[at++] = static_cast<char>('0' + size / 10);
        text[at++] = static_cast<char>('0' + size % 10);
        text[at++] = '\r';
        text[at] = '\n';
        heads[size] = std::bit_cast<std::uint64_t>(text);
    }
    return heads;
}
inline constexpr auto kShortHeads = make_short_heads();

// Copies up to kShortBulk bytes by a few overlapping moves; a call of memcpy costs more.
inline void copy_short(char* to, const char* from, std::size_t size) {
    if (size >= 16) {
        std::memcpy(to, from, 16);
        for (std::size_t at = 16; at + 16 <= size; at += 16) std::memcpy(to + at, from + at, 16);
        std::memcpy(to + size - 16, from + size - 16, 16);
    } else if (size >= 8) {
        std::memcpy(to, from, 8);
        std::memcpy(to + size - 8, from + size - 8, 8);
    } else if (size >= 4) {
        std::memcpy(to, from, 4);
        std::memcpy(to + size - 4, from + size - 4, 4);
    } else if (size > 0) {
        to[0] = from[0];
        to[size / 2] = from[size / 2];
        to[size - 1] = from[size - 1];
    }
}

}  // namespace detail

inline char* ReplyWriter::write_short_head(char* to, std::size_t size) {
    std::memcpy(to, &detail::kShortHeads[size], 8);
    return to + (size < 10 ? 4 : 5);
}

inline char* ReplyWriter::write_head(char* to, char kind, std::uint64_t value) {
    *to = kind;
    to = write_uint64(to + 1, value);
    std::memcpy(to, "\r\n", 2);
    return to + 2;
}

inline void ReplyWriter::head(char kind, std::size_t count) {
    out_->commit(write_head(out_->reserve(kMaxHead), kind, count));
}

inline void ReplyWriter::number(char kind, std::int64_t value) {
    char* to = out_->reserve(kMaxHead);
    *to = kind;
    to = write_int64(to + 1, value);
    std::memcpy(to, "\r\n", 2);
    out_->commit(to + 2);
}

inline void ReplyWriter::bulk(std::string_view bytes) {
    const std::size_t size = bytes.size();
    if (size >= detail::kShortBulk) return long_bulk(bytes);
    char* to = write_short_head(out_->reserve(8 + detail::kShortBulk + 2), size);
    detail::copy_short(to, bytes.data(), size);
    std::memcpy(to + size, "\r\n", 2);
    out_->commit(to + size + 2);
}

inline void ReplyWriter::bulk(std::int64_t value) {
    char* to = out_->reserve(8 + kMaxIntegerText + 2);
    const bool negative = value < 0;
    const auto bits = static_cast<std::uint64_t>(value);
    to = write_short_head(to, count_digits(negative ? 0 - bits : bits) + (negative ? 1 : 0));
    to = write_int64(to, value);
    std::memcpy(to, "\r\n", 2);
    out_->commit(to + 2);
}

}  // namespace assay::resp
