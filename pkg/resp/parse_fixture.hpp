// A connection's bytes through a RequestParser in pieces of any size, as tests and the fuzz target
// want them. What is lent is made unreadable as soon as the loan ends.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/resp/request_parser.hpp"

namespace assay::resp {

using OwnedCommand = std::vector<std::string>;

struct Parsed {
    std::vector<OwnedCommand> commands = {};
    bool failed = false;
    std::string error = {};

    bool operator==(const Parsed&) const = default;
};

class PieceParser {
  public:
    // Into a scratch buffer of `scratch` bytes; 0: pieces are fed.
    PieceParser(const RequestLimits& limits, bool authenticated, std::size_t scratch = 0)
        : parser_(limits), scratch_(scratch) {
        parser_.set_authenticated(authenticated);
    }

    void take(std::string_view piece) {
        while (!piece.empty() && !parsed_.failed) {
            piece.remove_prefix(scratch_ == 0 ? feed(piece) : receive(piece));
        }
    }

    const Parsed& parsed() const { return parsed_; }
    RequestParser& parser() { return parser_; }

  private:
    std::size_t feed(std::string_view piece) {
        std::vector<char> lent(piece.begin(), piece.end());
        parser_.feed(lent);
        collect();
        return piece.size();
    }

    std::size_t receive(std::string_view piece) {
        std::vector<char> lent(scratch_);
        const std::span<char> room = parser_.prepare(lent);
        if (room.empty()) std::abort();
        const std::size_t came = std::min(piece.size(), room.size());
        std::copy_n(piece.begin(), came, room.begin());
        parser_.commit(came);
        collect();
        return came;
    }

    void collect() {
        while (parser_.parse(batch_, 3) > 0) {
            for (std::size_t i = 0; i < batch_.size(); ++i) {
                parsed_.commands.emplace_back(batch_[i].begin(), batch_[i].end());
            }
        }
        batch_.clear();
        parser_.release();
        parsed_.failed = parser_.failed();
        parsed_.error = parser_.error();
    }

    RequestParser parser_;
    RequestBatch batch_;
    std::size_t scratch_;
    Parsed parsed_;
};

// All of `bytes`, `step` at a time.
inline Parsed parse_in_steps(std::string_view bytes, std::size_t step, std::size_t scratch = 0,
                             bool authenticated = true, const RequestLimits& limits = {}) {
    PieceParser parser(limits, authenticated, scratch);
    for (std::size_t at = 0; at < bytes.size(); at += step) parser.take(bytes.substr(at, step));
    return parser.parsed();
}

}  // namespace assay::resp
