#include "pkg/http/media_type.hpp"

#include <algorithm>
#include <cstddef>

#include "pkg/http/percent.hpp"

namespace assay::http {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

std::string lowered(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), lower);
    return result;
}

bool is_token_byte(char c) {
    return c > ' ' && c < 0x7F &&
           std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string::npos;
}

void skip_space(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

std::string_view take_token(std::string_view& text) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_token_byte);
    const std::string_view token = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(token.size());
    return token;
}

std::optional<std::string> take_quoted(std::string_view& text) {
    std::string value;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') {
            text.remove_prefix(i + 1);
            return value;
        }
        // Old browsers send paths with plain backslashes, which stay.
        if (text[i] == '\\' && i + 1 < text.size() && !is_token_byte(text[i + 1])) ++i;
        value += text[i];
    }
    return std::nullopt;
}

// "UTF-8'en'%e2%82%ac" as UTF-8; other character sets are not understood.
std::optional<std::string> decode_extended(std::string_view value) {
    const std::size_t charset = value.find('\'');
    const std::size_t language = value.find('\'', charset + 1);
    if (charset == value.npos || language == value.npos) return std::nullopt;
    const std::string name = lowered(value.substr(0, charset));
    if (name != "utf-8" && name != "us-ascii") return std::nullopt;
    return percent_decode(value.substr(language + 1));
}

bool take_parameter(std::string_view& text, MediaType& media) {
    std::string name = lowered(take_token(text));
    skip_space(text);
    if (name.empty() || !text.starts_with('=')) return false;
    text.remove_prefix(1);
    skip_space(text);
    std::optional<std::string> value;
    if (text.starts_with('"')) {
        value = take_quoted(text);
    } else {
        value = std::string(take_token(text));
        if (value->empty()) return false;
    }
    if (!value) return false;
    if (media.parameter(name) != nullptr) return false;
    media.parameters.emplace_back(std::move(name), std::move(*value));
    return true;
}

// name*=… takes the place of name=….
void resolve_extended(MediaType& media) {
    for (std::size_t i = 0; i < media.parameters.size(); ++i) {
        auto [name, value] = media.parameters[i];
        if (!name.ends_with('*')) continue;
        name.pop_back();
        auto decoded = decode_extended(value);
        if (!decoded) continue;
        std::erase_if(media.parameters, [&](const auto& other) { return other.first == name; });
        media.parameters.emplace_back(name, std::move(*decoded));
        i = 0;
        std::erase_if(media.parameters,
                      [&](const auto& other) { return other.first == name + "*"; });
    }
}

}  // namespace

const std::string* MediaType::parameter(std::string_view name) const {
    for (const auto& [key, value] : parameters) {
        if (key == name) return &value;
    }
    return nullptr;
}

std::optional<MediaType> parse_media_type(std::string_view value) {
    MediaType media;
    const std::size_t end = std::min(value.find(';'), value.size());
    std::string_view type = value.substr(0, end);
    value.remove_prefix(end);
    skip_space(type);
    type = type.substr(0, type.find_last_not_of(" \t") + 1);
    if (type.empty()) return std::nullopt;
    media.type = lowered(type);
    for (skip_space(value); value.starts_with(';'); skip_space(value)) {
        value.remove_prefix(1);
        skip_space(value);
        if (value.empty()) break;
        if (!take_parameter(value, media)) return std::nullopt;
    }
    if (!value.empty()) return std::nullopt;
    resolve_extended(media);
    return media;
}

}  // namespace assay::http
