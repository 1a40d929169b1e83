#include "internal/report/json.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "internal/report/text.hpp"

namespace assay::report {
namespace {

constexpr int kCompact = -1;  // in place of an indentation depth

void append_escape(std::string& out, char32_t code_point) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += "\\u00";
    out += kDigits[(code_point >> 4) & 15];
    out += kDigits[code_point & 15];
}

void append_character(std::string& out, const Utf8Character& character, std::string_view bytes) {
    switch (character.code_point) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    if (!character.valid) {
        out += "\xEF\xBF\xBD";
    } else if (is_control(character.code_point)) {
        append_escape(out, character.code_point);
    } else {
        out += bytes;
    }
}

template <class Number, class... Format>
void append_number(std::string& out, Number number, Format... format) {
    std::array<char, 64> buffer{};
    const auto end =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, format...).ptr;
    out.append(buffer.data(), end);
}

void append_double(std::string& out, double number) {
    if (!std::isfinite(number)) {
        out += "null";
        return;
    }
    const double size = std::abs(number);
    if (size == 0 || (size >= 1e-9 && size < 1e15)) {
        append_number(out, number, std::chars_format::fixed);
    } else {
        append_number(out, number);
    }
}

void break_line(std::string& out, int indent) {
    if (indent == kCompact) return;
    out += '\n';
    out.append(static_cast<std::size_t>(indent) * 2, ' ');
}

int deeper(int indent) {
    return indent == kCompact ? kCompact : indent + 1;
}

}  // namespace

Json Json::object() {
    Json result;
    result.value_ = Object{};
    return result;
}

Json Json::array() {
    Json result;
    result.value_ = Array{};
    return result;
}

Json& Json::set(std::string_view key, Json value) {
    std::get<Object>(value_).push_back(Member{std::string(key), std::move(value)});
    return *this;
}

Json& Json::push(Json value) {
    std::get<Array>(value_).push_back(std::move(value));
    return *this;
}

std::string Json::compact() const {
    std::string out;
    print(out, kCompact);
    return out;
}

std::string Json::pretty() const {
    std::string out;
    print(out, 0);
    out += '\n';
    return out;
}

void Json::print(std::string& out, int indent) const {
    if (const auto* truth = std::get_if<bool>(&value_)) {
        out += *truth ? "true" : "false";
    } else if (const auto* negative = std::get_if<std::int64_t>(&value_)) {
        append_number(out, *negative);
    } else if (const auto* natural = std::get_if<std::uint64_t>(&value_)) {
        append_number(out, *natural);
    } else if (const auto* real = std::get_if<double>(&value_)) {
        append_double(out, *real);
    } else if (const auto* text = std::get_if<std::string>(&value_)) {
        append_json_string(out, *text);
    } else if (const auto* array = std::get_if<Array>(&value_)) {
        print_array(*array, out, indent);
    } else if (const auto* object = std::get_if<Object>(&value_)) {
        print_object(*object, out, indent);
    } else {
        out += "null";
    }
}

void Json::print_array(const Array& array, std::string& out, int indent) {
    out += '[';
    for (std::size_t i = 0; i < array.size(); ++i) {
        if (i > 0) out += ',';
        break_line(out, deeper(indent));
        array[i].print(out, deeper(indent));
    }
    if (!array.empty()) break_line(out, indent);
    out += ']';
}

void Json::print_object(const Object& object, std::string& out, int indent) {
    out += '{';
    for (std::size_t i = 0; i < object.size(); ++i) {
        if (i > 0) out += ',';
        break_line(out, deeper(indent));
        append_json_string(out, object[i].key);
        out += indent == kCompact ? ":" : ": ";
        object[i].value.print(out, deeper(indent));
    }
    if (!object.empty()) break_line(out, indent);
    out += '}';
}

double seconds(std::chrono::nanoseconds duration) {
    return static_cast<double>(duration.count()) / 1e9;
}

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const Utf8Character character = decode_utf8(text);
        append_character(out, character, text.substr(0, character.length));
        text.remove_prefix(character.length);
    }
    out += '"';
}

}  // namespace assay::report
