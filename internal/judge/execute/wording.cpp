#include "internal/judge/execute/wording.hpp"

#include <cctype>
#include <cstring>

namespace assay::judge {

std::string reason_of(int os_error) {
    const char* text = ::strerrordesc_np(os_error);
    if (text == nullptr) return "errno " + std::to_string(os_error);
    std::string reason = text;
    reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
    return reason;
}

std::string failure(std::string_view verb, std::string_view object, int os_error) {
    std::string text(verb);
    text += ' ';
    text += object;
    text += ": ";
    return text += reason_of(os_error);
}

std::string failure(std::string_view verb, std::string_view object, const Error& error) {
    return error.os_error == 0 ? error.message : failure(verb, object, error.os_error);
}

std::string quoted(std::string_view text) {
    constexpr char kHexDigits[] = "0123456789abcdef";
    std::string result = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            result += {'\\', c};
        } else if (c == '\n') {
            result += "\\n";
        } else if (c == '\t') {
            result += "\\t";
        } else if (c == '\r') {
            result += "\\r";
        } else if (byte < 0x20 || byte == 0x7f) {
            result += {'\\', 'x', kHexDigits[byte >> 4], kHexDigits[byte & 15]};
        } else {
            result += c;
        }
    }
    return result += '"';
}

}  // namespace assay::judge
