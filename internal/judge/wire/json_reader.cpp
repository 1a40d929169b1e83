#include "internal/judge/wire/json_reader.hpp"

#include <charconv>
#include <system_error>

#include "internal/judge/wire/json_syntax.hpp"
#include "internal/judge/wire/utf8.hpp"

namespace assay::judge::wire {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

char32_t hexadecimal(std::string_view digits) {
    std::uint32_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return value;
}

// The character of the escape behind `\u` at `at`, which goes behind it; two halves of a surrogate
// pair are one character.
char32_t escaped_character(std::string_view text, std::size_t& at) {
    const char32_t first = hexadecimal(text.substr(at, 4));
    at += 4;
    if (first < 0xd800 || first > 0xdfff) return first;
    if (first > 0xdbff || text.substr(at, 2) != "\\u") return kReplacement;
    const char32_t second = hexadecimal(text.substr(at + 2, 4));
    if (second < 0xdc00 || second > 0xdfff) return kReplacement;
    at += 6;
    return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
}

char simple_escape(char c) {
    constexpr std::string_view kNames = "bfnrt";
    constexpr std::string_view kValues = "\b\f\n\r\t";
    const std::size_t found = kNames.find(c);
    return found == std::string_view::npos ? c : kValues[found];
}

}  // namespace

bool JsonReader::equal_folded(std::string_view left, std::string_view right) {
    if (left.size() != right.size()) return false;
    for (std::size_t i = 0; i < left.size(); ++i) {
        if (lower(left[i]) != lower(right[i])) return false;
    }
    return true;
}

char JsonReader::next() {
    while (is_json_space(text_[at_])) ++at_;
    return text_[at_];
}

bool JsonReader::enter(char bracket, std::string_view type) {
    if (is_null()) return false;
    if (next() != bracket) {
        mismatch(type);
        return false;
    }
    ++at_;
    return true;
}

bool JsonReader::leave(char bracket) {
    if (next() != bracket) return false;
    ++at_;
    return true;
}

void JsonReader::separate() {
    if (next() == ',') ++at_;
}

std::string JsonReader::key() {
    next();
    std::string name = string();
    next();
    ++at_;
    return name;
}

std::string JsonReader::string() {
    std::string result;
    ++at_;
    while (true) {
        const std::size_t end = end_of_plain_text(text_, at_, true);
        result.append(text_.substr(at_, end - at_));
        at_ = end;
        const char c = text_[at_];
        if (c == '"') break;
        if (c == '\\') {
            at_ += 2;
            if (text_[at_ - 1] == 'u') {
                append_utf8(result, escaped_character(text_, at_));
            } else {
                result += simple_escape(text_[at_ - 1]);
            }
        } else if (const std::size_t length = utf8_length(text_.substr(at_)); length > 0) {
            result.append(text_.substr(at_, length));
            at_ += length;
        } else {
            append_utf8(result, kReplacement);
            ++at_;
        }
    }
    ++at_;
    return result;
}

std::string_view JsonReader::literal() {
    const std::size_t start = at_;
    while (at_ < text_.size() && !is_json_space(text_[at_]) && text_[at_] != ',' &&
           text_[at_] != ']' && text_[at_] != '}') {
        ++at_;
    }
    return text_.substr(start, at_ - start);
}

bool JsonReader::begins_number() {
    const char c = next();
    return c == '-' || (c >= '0' && c <= '9');
}

bool JsonReader::is_null() {
    if (next() != 'n') return false;
    literal();
    return true;
}

void JsonReader::skip_string() {
    ++at_;
    while (true) {
        at_ = end_of_plain_text(text_, at_, false);
        if (text_[at_++] == '"') return;
        ++at_;
    }
}

void JsonReader::skip() {
    std::size_t depth = 0;
    do {
        const char c = next();
        if (c == '"') {
            skip_string();
        } else if (c == '{' || c == '[') {
            ++depth;
            ++at_;
        } else if (c == '}' || c == ']') {
            --depth;
            ++at_;
        } else if (c == ',' || c == ':') {
            ++at_;
        } else {
            literal();
        }
    } while (depth > 0);
}

std::string_view JsonReader::kind_of_next() {
    switch (next()) {
        case '{':
            return "object";
        case '[':
            return "array";
        case '"':
            return "string";
        case 't':
        case 'f':
            return "bool";
        default:
            return "number";
    }
}

void JsonReader::mismatch(std::string_view type, std::string_view value) {
    if (error_.empty()) {
        error_ = "json: cannot unmarshal ";
        error_.append(value.empty() ? kind_of_next() : value);
        if (path_.empty()) {
            error_ += " into Go value";
        } else {
            error_.append(" into Go struct field ").append(structure_);
            for (const std::string_view name : path_) error_.append(".").append(name);
        }
        error_.append(" of type ").append(type);
    }
    if (value.empty()) skip();
}

void JsonReader::boolean(bool& target) {
    if (is_null()) return;
    const char c = next();
    if (c != 't' && c != 'f') return mismatch("bool");
    literal();
    target = c == 't';
}

template <class Integer>
void JsonReader::integer(std::string_view type, Integer& target) {
    if (is_null()) return;
    if (!begins_number()) return mismatch(type);
    const std::string_view digits = literal();
    Integer value = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, status] = std::from_chars(digits.data(), end, value);
    if (status != std::errc{} || stop != end) {
        return mismatch(type, "number " + std::string(digits));
    }
    target = value;
}

void JsonReader::number(std::uint64_t& target) {
    integer("uint64", target);
}

void JsonReader::number(std::int64_t& target, std::string_view type) {
    integer(type, target);
}

void JsonReader::text(std::string& target) {
    if (is_null()) return;
    if (next() != '"') return mismatch("string");
    target = string();
}

void JsonReader::text(std::optional<std::string>& target) {
    target.reset();
    if (!is_null()) text(target.emplace());
}

void JsonReader::number(std::optional<std::int64_t>& target) {
    target.reset();
    if (!is_null()) number(target.emplace());
}

void JsonReader::texts(std::vector<std::string>& target) {
    array("[]string", target, [](JsonReader& in, std::string& text) { in.text(text); });
}

}  // namespace assay::judge::wire
