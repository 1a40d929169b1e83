#include "pkg/resp/reply_scanner.hpp"

#include <algorithm>
#include <cstring>

namespace assay::resp {

std::size_t ReplyScanner::scan(std::string_view bytes) {
    if (state_ == State::kComplete) {
        state_ = State::kType;
        type_ = 0;
        values_left_ = 1;
    }
    std::size_t at = 0;
    while (at < bytes.size() && state_ != State::kComplete && state_ != State::kFailed) {
        const std::string_view rest = bytes.substr(at);
        switch (state_) {
            case State::kType:
                begin_value(rest.front());
                ++at;
                break;
            case State::kNumber:
                at += scan_number(rest);
                break;
            case State::kLine:
                at += scan_line(rest);
                break;
            default: {
                const std::size_t taken = std::min<std::size_t>(body_left_, rest.size());
                at += taken;
                body_left_ -= taken;
                if (body_left_ == 0) end_value();
            }
        }
    }
    return at;
}

void ReplyScanner::begin_value(char type) {
    // Behind the attributes of the whole reply comes the reply; its elements never see one value
    // left while the type is still '|'.
    if (type_ == 0 || (type_ == '|' && values_left_ == 1)) type_ = type;
    value_type_ = type;
    switch (type) {
        case '+':
        case '-':
        case ':':
        case '_':
        case '#':
        case ',':
        case '(':
            state_ = State::kLine;
            return;
        case '$':
        case '=':
        case '!':
        case '*':
        case '%':
        case '~':
        case '>':
        case '|':
            state_ = State::kNumber;
            number_ = 0;
            number_bytes_ = 0;
            negative_ = false;
            return;
        default:
            state_ = State::kFailed;
    }
}

std::size_t ReplyScanner::scan_line(std::string_view bytes) {
    const void* const end = std::memchr(bytes.data(), '\n', bytes.size());
    if (end == nullptr) return bytes.size();
    end_value();
    return static_cast<std::size_t>(static_cast<const char*>(end) - bytes.data()) + 1;
}

std::size_t ReplyScanner::scan_number(std::string_view bytes) {
    std::size_t at = 0;
    while (at < bytes.size()) {
        const char c = bytes[at++];
        if (c == '\n') {
            if (!end_number()) state_ = State::kFailed;
            return at;
        }
        if (c == '\r') continue;
        const auto digit = static_cast<unsigned char>(c - '0');
        if (c == '-' && number_bytes_ == 0) {
            negative_ = true;
        } else if (digit <= 9 && number_ <= kMaxValues) {
            number_ = number_ * 10 + digit;
        } else {
            state_ = State::kFailed;
            return at;
        }
        if (++number_bytes_ > kMaxNumberBytes) state_ = State::kFailed;
        if (state_ == State::kFailed) return at;
    }
    return at;
}

// False: a length that cannot be.
bool ReplyScanner::end_number() {
    const bool is_string = value_type_ == '$' || value_type_ == '=' || value_type_ == '!';
    if (number_bytes_ == 0 || number_ > kMaxValues) return false;
    if (negative_) {
        if (number_ != 1 || (value_type_ != '$' && value_type_ != '*')) return false;
    } else if (is_string) {
        body_left_ = number_ + 2;
        state_ = State::kBody;
        return true;
    } else {
        const bool in_pairs = value_type_ == '%' || value_type_ == '|';
        values_left_ += in_pairs ? 2 * number_ : number_;
        if (value_type_ == '|') ++values_left_;
        if (values_left_ > kMaxValues) return false;
    }
    end_value();
    return true;
}

void ReplyScanner::end_value() {
    --values_left_;
    state_ = values_left_ == 0 ? State::kComplete : State::kType;
}

}  // namespace assay::resp
