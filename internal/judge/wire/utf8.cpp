#include "internal/judge/wire/utf8.hpp"

namespace assay::judge::wire {
namespace {

unsigned char byte_at(std::string_view text, std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

// Table 3-7 of the Unicode standard: the second byte decides between well-formed and not.
bool second_fits(unsigned char first, unsigned char second) {
    unsigned char lowest = 0x80;
    unsigned char highest = 0xbf;
    if (first == 0xe0) lowest = 0xa0;
    if (first == 0xed) highest = 0x9f;
    if (first == 0xf0) lowest = 0x90;
    if (first == 0xf4) highest = 0x8f;
    return second >= lowest && second <= highest;
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
    const unsigned char first = byte_at(text, 0);
    if (first < 0x80) return 1;
    if (first < 0xc2 || first > 0xf4) return 0;
    const std::size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (!second_fits(first, byte_at(text, 1))) return 0;
    for (std::size_t i = 2; i < length; ++i) {
        if ((byte_at(text, i) & 0xc0) != 0x80) return 0;
    }
    return length;
}

void append_utf8(std::string& text, char32_t character) {
    const auto append = [&text](char32_t byte) { text += static_cast<char>(byte); };
    if (character < 0x80) return append(character);
    int shift = character < 0x800 ? 6 : character < 0x10000 ? 12 : 18;
    const char32_t marker = shift == 6 ? 0xc0 : shift == 12 ? 0xe0 : 0xf0;
    append(marker | (character >> shift));
    while (shift > 0) {
        shift -= 6;
        append(0x80 | ((character >> shift) & 0x3f));
    }
}

}  // namespace assay::judge::wire
