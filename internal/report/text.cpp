#include "internal/report/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace assay::report {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

struct Range {
    char32_t first;
    char32_t last;
};

// Unicode 15, East Asian Width W and F, merged where only unassigned characters lie between.
constexpr std::array<Range, 20> kWide = {
    {{0x1100, 0x115F}, {0x231A, 0x231B}, {0x23E9, 0x23EC}, {0x25FD, 0x25FE},   {0x2614, 0x2615},
     {0x2648, 0x2653}, {0x26AA, 0x26AB}, {0x26BD, 0x26BE}, {0x2705, 0x2705},   {0x270A, 0x270B},
     {0x274C, 0x274C}, {0x2E80, 0x303E}, {0x3041, 0xA4CF}, {0xA960, 0xA97C},   {0xAC00, 0xD7A3},
     {0xF900, 0xFAFF}, {0xFE30, 0xFE6F}, {0xFF01, 0xFF60}, {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFD}}};

// Combining marks, joiners and variation selectors of the common scripts.
constexpr std::array<Range, 9> kZeroWidth = {{{0x0300, 0x036F},
                                              {0x0483, 0x0489},
                                              {0x0591, 0x05BD},
                                              {0x0610, 0x061A},
                                              {0x064B, 0x065F},
                                              {0x1AB0, 0x1AFF},
                                              {0x200B, 0x200F},
                                              {0x20D0, 0x20FF},
                                              {0xFE00, 0xFE0F}}};

template <std::size_t N>
bool within(const std::array<Range, N>& ranges, char32_t code_point) {
    return std::any_of(ranges.begin(), ranges.end(), [code_point](const Range& range) {
        return code_point >= range.first && code_point <= range.last;
    });
}

std::size_t character_width(char32_t code_point) {
    if (code_point < 0x300) return 1;
    if (within(kZeroWidth, code_point)) return 0;
    return within(kWide, code_point) ? 2 : 1;
}

// What a lead byte promises: how many bytes follow, and which range the first of them may have
// (Unicode standard, table 3-7).
struct Lead {
    std::size_t following = 0;
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    char32_t bits = 0;
};

Lead lead_of(unsigned char byte) {
    const char32_t bits = byte;
    if (byte >= 0xC2 && byte <= 0xDF) return {1, 0x80, 0xBF, bits & 0x1F};
    if (byte == 0xE0) return {2, 0xA0, 0xBF, bits & 0x0F};
    if (byte == 0xED) return {2, 0x80, 0x9F, bits & 0x0F};
    if (byte >= 0xE1 && byte <= 0xEF) return {2, 0x80, 0xBF, bits & 0x0F};
    if (byte == 0xF0) return {3, 0x90, 0xBF, bits & 0x07};
    if (byte >= 0xF1 && byte <= 0xF3) return {3, 0x80, 0xBF, bits & 0x07};
    if (byte == 0xF4) return {3, 0x80, 0x8F, bits & 0x07};
    return {};
}

void append_hex_escape(std::string& out, unsigned char byte) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += "\\x";
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
}

// One character as printable() shows it.
void append_printable(std::string& out, const Utf8Character& character, std::string_view bytes) {
    if (character.valid && !is_control(character.code_point)) {
        out += bytes;
        return;
    }
    if (character.code_point == '\n') {
        out += "\\n";
    } else if (character.code_point == '\t') {
        out += "\\t";
    } else if (character.code_point == '\r') {
        out += "\\r";
    } else {
        for (const char byte : bytes) append_hex_escape(out, static_cast<unsigned char>(byte));
    }
}

bool allowed_in_xml(const Utf8Character& character) {
    const char32_t c = character.code_point;
    if (!character.valid || c == 0xFFFE || c == 0xFFFF) return false;
    return c >= 0x20 || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

Utf8Character decode_utf8(std::string_view text) {
    if (text.empty()) return {};
    const auto first = static_cast<unsigned char>(text[0]);
    if (first < 0x80) return {first, 1, true};
    const Lead lead = lead_of(first);
    if (lead.following == 0) return {kReplacement, 1, false};
    char32_t code_point = lead.bits;
    for (std::size_t i = 1; i <= lead.following; ++i) {
        const auto byte = i < text.size() ? static_cast<unsigned char>(text[i]) : std::uint8_t{0};
        const bool fits = i == 1 ? byte >= lead.low && byte <= lead.high : (byte & 0xC0) == 0x80;
        if (!fits) return {kReplacement, i, false};
        code_point = (code_point << 6) | (byte & 0x3Fu);
    }
    return {code_point, lead.following + 1, true};
}

bool is_control(char32_t code_point) {
    return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0);
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        const Utf8Character character = decode_utf8(text);
        width += character_width(character.code_point);
        text.remove_prefix(character.length);
    }
    return width;
}

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Utf8Character character = decode_utf8(text);
        append_printable(out, character, text.substr(0, character.length));
        text.remove_prefix(character.length);
    }
    return out;
}

std::string shortened(std::string_view text, std::size_t max_columns) {
    std::string out;
    std::size_t width = 0;
    std::size_t cut = 0;  // the length of out that leaves a column for the ellipsis
    while (!text.empty()) {
        const Utf8Character character = decode_utf8(text);
        std::string shown;
        append_printable(shown, character, text.substr(0, character.length));
        width += display_width(shown);
        if (width > max_columns) {
            out.resize(cut);
            return max_columns == 0 ? out : out + "…";
        }
        out += shown;
        if (width < max_columns) cut = out.size();
        text.remove_prefix(character.length);
    }
    return out;
}

std::string xml_escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Utf8Character character = decode_utf8(text);
        const std::string_view bytes = text.substr(0, character.length);
        if (!allowed_in_xml(character)) {
            out += "\xEF\xBF\xBD";
        } else if (bytes == "&") {
            out += "&amp;";
        } else if (bytes == "<") {
            out += "&lt;";
        } else if (bytes == ">") {
            out += "&gt;";
        } else if (bytes == "\"") {
            out += "&quot;";
        } else if (bytes == "'") {
            out += "&apos;";
        } else if (character.code_point < 0x20) {
            out += "&#" + std::to_string(static_cast<unsigned>(character.code_point)) + ";";
        } else {
            out += bytes;
        }
        text.remove_prefix(character.length);
    }
    return out;
}

}  // namespace assay::report
