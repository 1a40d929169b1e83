#include "pkg/resp/inline_command.hpp"

#include <cstring>
#include <optional>

namespace assay::resp {
namespace {

bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

char unescape(char c) {
    switch (c) {
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case 't':
            return '\t';
        case 'b':
            return '\b';
        case 'a':
            return '\a';
        default:
            return c;
    }
}

// Reads from `at_`, writes to `to_`, which is never ahead of it.
class Splitter {
  public:
    explicit Splitter(std::span<char> line)
        : at_(line.data()), end_(line.data() + line.size()), to_(at_) {}

    bool skip_space() {
        while (at_ < end_ && is_space(*at_)) ++at_;
        return at_ < end_;
    }

    std::optional<std::string_view> word() {
        to_ = at_;
        char* const begin = at_;
        bool good = true;
        while (at_ < end_) {
            const char c = *at_;
            if (c == '"' || c == '\'') {
                ++at_;
                good = c == '"' ? double_quoted() : single_quoted();
                break;
            }
            // Vertical tab and form feed part words, but do not end one: Redis' own rule.
            if (c == ' ' || c == '\n' || c == '\r' || c == '\t') break;
            *to_++ = *at_++;
        }
        if (!good) return std::nullopt;
        return std::string_view(begin, static_cast<std::size_t>(to_ - begin));
    }

  private:
    std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

    bool closed() {
        ++at_;
        return at_ == end_ || is_space(*at_);
    }

    bool double_quoted() {
        while (at_ < end_) {
            if (*at_ == '"') return closed();
            if (*at_ == '\\' && left() >= 2) {
                escape();
            } else {
                *to_++ = *at_++;
            }
        }
        return false;
    }

    void escape() {
        if (at_[1] == 'x' && left() >= 4) {
            const auto high = hex_digit(at_[2]);
            const auto low = hex_digit(at_[3]);
            if (high && low) {
                *to_++ = static_cast<char>(*high * 16 + *low);
                at_ += 4;
                return;
            }
        }
        *to_++ = unescape(at_[1]);
        at_ += 2;
    }

    bool single_quoted() {
        while (at_ < end_) {
            if (*at_ == '\'') return closed();
            if (*at_ == '\\' && left() >= 2 && at_[1] == '\'') ++at_;
            *to_++ = *at_++;
        }
        return false;
    }

    char* at_;
    char* end_;
    char* to_;
};

}  // namespace

bool split_inline(std::span<char> line, std::vector<std::string_view>& words) {
    if (line.empty()) return true;
    const void* const zero = std::memchr(line.data(), '\0', line.size());
    if (zero != nullptr) {
        line = line.first(static_cast<std::size_t>(static_cast<const char*>(zero) - line.data()));
    }
    Splitter splitter(line);
    while (splitter.skip_space()) {
        const auto word = splitter.word();
        if (!word) return false;
        words.push_back(*word);
    }
    return true;
}

}  // namespace assay::resp
