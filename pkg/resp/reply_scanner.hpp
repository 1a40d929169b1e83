// Where replies end: finds the ends of replies in a stream of bytes, without keeping any.
//
// A load generator needs to know that a reply is complete, and whether it is an error; building
// values would cost more than the server spends. The scanner counts the values that are still to
// come: one number, whatever the depth, because a head of n elements adds n to it and a complete
// value takes one away. Both protocols, all types of RESP3, attributes (which belong to the value
// behind them) and pushes (which are replies to nobody).
//
// No streamed strings and aggregates ("$?", "*?"): no server sends them, they are refused.
//
// Belongs to one thread; never allocates, never throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace assay::resp {

class ReplyScanner {
  public:
    // A number or a length has at most so many bytes, with its sign.
    static constexpr std::size_t kMaxNumberBytes = 20;
    // Elements of all aggregates of one reply together; more is no reply of a real server.
    static constexpr std::uint64_t kMaxValues = std::uint64_t{1} << 40;

    // Takes bytes up to the end of a reply, or all of them, and returns how many. Whether a reply
    // ended says complete(); the next call then begins with the next reply. Not to be called again
    // after failed().
    std::size_t scan(std::string_view bytes);

    bool complete() const { return state_ == State::kComplete; }
    bool failed() const { return state_ == State::kFailed; }
    // Within a reply: there was a first byte and no end.
    bool within() const {
        return state_ != State::kComplete && state_ != State::kFailed && type_ != 0;
    }

    // Of the reply that ended, or is under way: its first byte, that of its value if attributes
    // came first. 0: nothing came.
    char type() const { return type_; }
    bool is_error() const { return type_ == '-' || type_ == '!'; }
    bool is_push() const { return type_ == '>'; }

  private:
    enum class State : std::uint8_t { kType, kNumber, kLine, kBody, kComplete, kFailed };

    void begin_value(char type);
    bool end_number();
    void end_value();
    std::size_t scan_number(std::string_view bytes);
    std::size_t scan_line(std::string_view bytes);

    State state_ = State::kComplete;
    char type_ = 0;        // of the reply
    char value_type_ = 0;  // of the value under way
    bool negative_ = false;
    std::uint8_t number_bytes_ = 0;
    std::uint64_t number_ = 0;
    std::uint64_t values_left_ = 0;  // with the one under way
    std::uint64_t body_left_ = 0;    // of a string, with its line end
};

}  // namespace assay::resp
