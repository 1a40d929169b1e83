#include "pkg/result/result.hpp"

#include <cstring>
#include <stdexcept>

namespace assay {

void throw_exception_from_error(const Error& error, const boost::source_location& where) {
    throw std::logic_error(std::string(where.file_name()) + ":" + std::to_string(where.line()) +
                           ": value() of a failed result: " + error.message);
}

Error system_error(std::string_view what, int os_error) {
    std::string message(what);
    message += ": ";
    message += strerrordesc_np(os_error);
    return Error{ErrorKind::kSystem, os_error, std::move(message), {}};
}

Error usage_error(std::string message, std::string remedy) {
    return Error{ErrorKind::kUsage, 0, std::move(message), std::move(remedy)};
}

Error unsupported_error(std::string message, std::string remedy) {
    return Error{ErrorKind::kUnsupported, 0, std::move(message), std::move(remedy)};
}

std::string in_quotes(std::string_view text) {
    constexpr std::size_t kShownBytes = 120;
    constexpr char kHexDigits[] = "0123456789abcdef";
    std::string result = "'";
    for (const char c : text.substr(0, kShownBytes)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte != 0x7f) {
            result += c;
        } else {
            result += {'\\', 'x', kHexDigits[byte >> 4], kHexDigits[byte & 15]};
        }
    }
    return result += text.size() > kShownBytes ? "…'" : "'";
}

std::string to_string(const Error& error) {
    return error.remedy.empty() ? error.message : error.message + "; " + error.remedy;
}

}  // namespace assay
