#include "internal/judge/wire/json_writer.hpp"

#include <array>
#include <utility>

#include "internal/judge/wire/utf8.hpp"

namespace assay::judge::wire {
namespace {

// Whether a byte may stand for itself, whatever its neighbours.
constexpr std::array<bool, 256> kPlain = [] {
    std::array<bool, 256> plain{};
    for (std::size_t byte = 0x20; byte < 0x80; ++byte) plain[byte] = true;
    for (const char c : {'"', '\\', '<', '>', '&'}) plain[static_cast<unsigned char>(c)] = false;
    return plain;
}();

std::string_view short_escape(char c) {
    switch (c) {
        case '"':
            return "\\\"";
        case '\\':
            return "\\\\";
        case '\b':
            return "\\b";
        case '\f':
            return "\\f";
        case '\n':
            return "\\n";
        case '\r':
            return "\\r";
        case '\t':
            return "\\t";
        default:
            return {};
    }
}

}  // namespace

void JsonWriter::separate() {
    if (!first_) text_ += ',';
    first_ = false;
}

JsonWriter& JsonWriter::open(char bracket) {
    separate();
    text_ += bracket;
    first_ = true;
    return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
    text_ += bracket;
    first_ = false;
    return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
    separate();
    quote(name);
    text_ += ':';
    first_ = true;
    return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
    separate();
    quote(text);
    return *this;
}

JsonWriter& JsonWriter::plain(std::string_view text) {
    separate();
    text_ += text;
    return *this;
}

void JsonWriter::quote(std::string_view text) {
    text_.reserve(text_.size() + text.size() + 2);
    text_ += '"';
    std::size_t at = 0;
    while (true) {
        const std::size_t start = at;
        while (at < text.size() && kPlain[static_cast<unsigned char>(text[at])]) ++at;
        text_.append(text.substr(start, at - start));
        if (at == text.size()) break;
        escape(text, at);
    }
    text_ += '"';
}

// One character that is not plain.
void JsonWriter::escape(std::string_view text, std::size_t& at) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x80) {
        const std::string_view escape = short_escape(text[at]);
        ++at;
        if (!escape.empty()) {
            text_ += escape;
        } else {
            text_.append("\\u00").append({kDigits[byte >> 4], kDigits[byte & 15]});
        }
        return;
    }
    const std::size_t length = utf8_length(text.substr(at));
    const std::string_view character = text.substr(at, length == 0 ? 1 : length);
    at += character.size();
    if (length == 0) {
        text_ += "\\ufffd";
    } else if (character == "\u2028" || character == "\u2029") {
        text_.append("\\u202").append(1, kDigits[character.back() & 0xf]);
    } else {
        text_ += character;
    }
}

}  // namespace assay::judge::wire
