#include "internal/judge/wire/json_syntax.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <string>

namespace assay::judge::wire {
namespace {

constexpr std::size_t kDeepestNesting = 10000;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_hexadecimal(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// A byte as Go prints it: the character of that number in single quotes.
std::string quoted(char c) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
        case '\'':
            return "'\\''";
        case '\\':
            return "'\\\\'";
        case '\a':
            return "'\\a'";
        case '\b':
            return "'\\b'";
        case '\f':
            return "'\\f'";
        case '\n':
            return "'\\n'";
        case '\r':
            return "'\\r'";
        case '\t':
            return "'\\t'";
        case '\v':
            return "'\\v'";
        default:
            break;
    }
    const std::string digits{kDigits[byte >> 4], kDigits[byte & 15]};
    if (byte < 0x20 || byte == 0x7f) return "'\\x" + digits + "'";
    if (byte < 0x7f) return std::string{'\'', c, '\''};
    if (byte <= 0xa0 || byte == 0xad) return "'\\u00" + digits + "'";
    return std::string{'\'', static_cast<char>(0xc0 | (byte >> 6)),
                       static_cast<char>(0x80 | (byte & 0x3f)), '\''};
}

// Goes over one value; every step either advances or sets the error.
class Checker {
  public:
    explicit Checker(std::string_view text) : text_(text) {}

    Result<std::string_view> run() {
        skip_space();
        if (at_ == text_.size()) return usage_error("EOF");
        const std::size_t start = at_;
        while (value() && !done_) {
        }
        if (error_.empty()) return text_.substr(start, at_ - start);
        return usage_error(error_);
    }

  private:
    bool fail(std::string_view context) {
        if (at_ >= text_.size()) {
            error_ = "unexpected EOF";
        } else {
            error_.append("invalid character ").append(quoted(text_[at_]));
            error_.append(" ").append(context);
        }
        return false;
    }

    void skip_space() {
        while (at_ < text_.size() && is_json_space(text_[at_])) ++at_;
    }

    // 0 at the end, which no rule accepts.
    char next() {
        skip_space();
        return at_ < text_.size() ? text_[at_] : '\0';
    }

    // One scalar, or the opening of an array or object, and what follows it.
    bool value() {
        const char c = next();
        if (c == '{' || c == '[') return open(c);
        bool good = false;
        if (c == '"') {
            good = string();
        } else if (c == '-' || is_digit(c)) {
            good = number();
        } else if (c == 't') {
            good = literal("true");
        } else if (c == 'f') {
            good = literal("false");
        } else if (c == 'n') {
            good = literal("null");
        } else {
            return fail("looking for beginning of value");
        }
        return good && after_value();
    }

    bool open(char bracket) {
        if (open_.size() >= kDeepestNesting) return fail("exceeded max depth");
        open_ += bracket;
        ++at_;
        const char c = next();
        if (bracket == '[') return c == ']' ? after_value() : true;
        return c == '}' ? after_value() : key();
    }

    bool key() {
        if (next() != '"') return fail("looking for beginning of object key string");
        if (!string()) return false;
        if (next() != ':') return fail("after object key");
        ++at_;
        return true;
    }

    // Closes what can be closed, up to the next value.
    bool after_value() {
        while (!open_.empty()) {
            const bool in_object = open_.back() == '{';
            const char c = next();
            if (c == ',') {
                ++at_;
                return in_object ? key() : true;
            }
            if (c != (in_object ? '}' : ']')) {
                return fail(in_object ? "after object key:value pair" : "after array element");
            }
            open_.pop_back();
            ++at_;
        }
        done_ = true;
        return true;
    }

    bool string() {
        ++at_;
        while (true) {
            at_ = end_of_plain_text(text_, at_, false);
            if (at_ == text_.size()) return fail({});
            if (text_[at_] == '"') {
                ++at_;
                return true;
            }
            if (text_[at_] != '\\') return fail("in string literal");
            ++at_;
            if (!escape()) return false;
        }
    }

    bool escape() {
        if (at_ == text_.size()) return fail({});
        const char c = text_[at_];
        if (std::string_view("\"\\/bfnrtu").find(c) == std::string_view::npos) {
            return fail("in string escape code");
        }
        ++at_;
        for (int digits = c == 'u' ? 4 : 0; digits > 0; --digits, ++at_) {
            if (at_ == text_.size() || !is_hexadecimal(text_[at_])) {
                return fail("in \\u hexadecimal character escape");
            }
        }
        return true;
    }

    bool digits(std::string_view context) {
        if (at_ == text_.size() || !is_digit(text_[at_])) return fail(context);
        while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
        return true;
    }

    bool accept(char c) {
        if (at_ == text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    bool number() {
        accept('-');
        if (!accept('0') && !digits("in numeric literal")) return false;
        if (accept('.') && !digits("after decimal point in numeric literal")) return false;
        if (!accept('e') && !accept('E')) return true;
        if (!accept('+')) accept('-');
        return digits("in exponent of numeric literal");
    }

    bool literal(std::string_view word) {
        for (std::size_t i = 0; i < word.size(); ++i) {
            if (accept(word[i])) continue;
            return fail("in literal " + std::string(word) + " (expecting '" + word[i] + "')");
        }
        return true;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string open_;  // the brackets around `at_`
    std::string error_;
    bool done_ = false;
};

// Bytes of `word` that need a look have their highest bit set in the result; bytes behind the first
// of them may have it too.
std::uint64_t marks(std::uint64_t word, bool ascii_only) {
    constexpr std::uint64_t kOnes = 0x0101010101010101;
    constexpr std::uint64_t kHighBits = 0x8080808080808080;
    const auto zero_bytes = [](std::uint64_t bytes) { return (bytes - kOnes) & ~bytes; };
    const std::uint64_t control = (word - kOnes * 0x20) & ~word;
    const std::uint64_t found =
        control | zero_bytes(word ^ (kOnes * '"')) | zero_bytes(word ^ (kOnes * '\\'));
    return (found | (ascii_only ? word : 0)) & kHighBits;
}

bool ends_plain_text(char c, bool ascii_only) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || c == '"' || c == '\\' || (ascii_only && byte >= 0x80);
}

}  // namespace

Result<std::string_view> first_json_value(std::string_view text) {
    return Checker(text).run();
}

std::size_t end_of_plain_text(std::string_view text, std::size_t at, bool ascii_only) {
    std::uint64_t word = 0;
    for (; at + sizeof word <= text.size(); at += sizeof word) {
        std::memcpy(&word, text.data() + at, sizeof word);
        if (marks(word, ascii_only) != 0) break;
    }
    while (at < text.size() && !ends_plain_text(text[at], ascii_only)) ++at;
    return at;
}

}  // namespace assay::judge::wire
