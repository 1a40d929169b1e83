#include "pkg/http/content_type.hpp"

#include <algorithm>
#include <utility>

#include "pkg/posix/files.hpp"

namespace assay::http {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::pair<std::string_view, std::string_view> kBuiltIn[] = {
    {".avif", "image/avif"},
    {".css", "text/css; charset=utf-8"},
    {".gif", "image/gif"},
    {".htm", "text/html; charset=utf-8"},
    {".html", "text/html; charset=utf-8"},
    {".jpeg", "image/jpeg"},
    {".jpg", "image/jpeg"},
    {".js", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".pdf", "application/pdf"},
    {".png", "image/png"},
    {".svg", "image/svg+xml"},
    {".wasm", "application/wasm"},
    {".webp", "image/webp"},
    {".xml", "text/xml; charset=utf-8"},
};

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

// A '?' of the pattern stands for any byte.
struct Signature {
    std::string_view pattern;
    std::string_view type;
};

constexpr std::string_view kHtml = "text/html; charset=utf-8";
constexpr std::string_view kHtmlTags[] = {
    "<!doctype html", "<html", "<head",  "<script", "<iframe", "<h1",   "<div", "<font",
    "<table",         "<a",    "<style", "<title",  "<b",      "<body", "<br",  "<p",
    "<!--",
};

constexpr Signature kSignatures[] = {
    {"%PDF-", "application/pdf"},
    {"%!PS-Adobe-", "application/postscript"},
    {"\xFE\xFF", "text/plain; charset=utf-16be"},
    {"\xFF\xFE", "text/plain; charset=utf-16le"},
    {"\xEF\xBB\xBF", "text/plain; charset=utf-8"},
    {"\x00\x00\x01\x00"sv, "image/x-icon"},
    {"\x00\x00\x02\x00"sv, "image/x-icon"},
    {"BM", "image/bmp"},
    {"GIF87a", "image/gif"},
    {"GIF89a", "image/gif"},
    {"RIFF????WEBPVP", "image/webp"},
    {"\x89PNG\r\n\x1A\n", "image/png"},
    {"\xFF\xD8\xFF", "image/jpeg"},
    {"FORM????AIFF", "audio/aiff"},
    {"ID3", "audio/mpeg"},
    {"OggS\x00"sv, "application/ogg"},
    {"MThd\x00\x00\x00\x06"sv, "audio/midi"},
    {"RIFF????AVI ", "video/avi"},
    {"RIFF????WAVE", "audio/wave"},
    {"\x1A\x45\xDF\xA3", "video/webm"},
    {"\x00\x01\x00\x00"sv, "font/ttf"},
    {"OTTO", "font/otf"},
    {"ttcf", "font/collection"},
    {"wOFF", "font/woff"},
    {"wOF2", "font/woff2"},
    {"\x1F\x8B\x08", "application/x-gzip"},
    {"PK\x03\x04", "application/zip"},
    {"Rar!\x1A\x07\x00"sv, "application/x-rar-compressed"},
    {"Rar!\x1A\x07\x01\x00"sv, "application/x-rar-compressed"},
    {"\x00\x61\x73\x6D"sv, "application/wasm"},
};

bool matches(std::string_view bytes, std::string_view pattern) {
    return bytes.size() >= pattern.size() &&
           std::equal(pattern.begin(), pattern.end(), bytes.begin(),
                      [](char wanted, char is) { return wanted == '?' || wanted == is; });
}

// A tag counts when a space or '>' ends it.
bool is_html(std::string_view text) {
    return std::any_of(std::begin(kHtmlTags), std::end(kHtmlTags), [&](std::string_view tag) {
        if (text.size() <= tag.size() || (text[tag.size()] != ' ' && text[tag.size()] != '>')) {
            return false;
        }
        return std::equal(tag.begin(), tag.end(), text.begin(),
                          [](char wanted, char is) { return wanted == lower(is); });
    });
}

// ISO base media: a box "ftyp" that names a brand "mp4…".
bool is_mp4(std::string_view bytes) {
    if (bytes.size() < 12 || bytes.substr(4, 4) != "ftyp") return false;
    std::size_t box = 0;
    for (std::size_t i = 0; i < 4; ++i) box = box << 8 | static_cast<unsigned char>(bytes[i]);
    if (box % 4 != 0 || bytes.size() < box) return false;
    for (std::size_t at = 8; at + 3 <= box; at += 4) {
        if (at != 12 && bytes.substr(at, 3) == "mp4") return true;
    }
    return false;
}

bool is_binary_byte(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x08 || byte == 0x0B || (byte >= 0x0E && byte <= 0x1A) ||
           (byte >= 0x1C && byte <= 0x1F);
}

const std::map<std::string, std::string>& host_types() {
    static const std::map<std::string, std::string> types = [] {
        const auto text = posix::read_file("/etc/mime.types");
        return text.has_value() ? parse_mime_types(*text) : std::map<std::string, std::string>();
    }();
    return types;
}

std::string find_extension(const std::string& extension) {
    for (const auto& [known, type] : kBuiltIn) {
        if (known == extension) return std::string(type);
    }
    const auto found = host_types().find(extension);
    return found == host_types().end() ? std::string() : found->second;
}

}  // namespace

std::map<std::string, std::string> parse_mime_types(std::string_view text) {
    std::map<std::string, std::string> types;
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        std::string type;
        while (true) {
            line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
            const std::string_view word = line.substr(0, line.find_first_of(" \t\r"));
            line.remove_prefix(word.size());
            if (word.empty() || word.front() == '#') break;
            if (type.empty()) {
                type = std::string(word) + (word.starts_with("text/") ? "; charset=utf-8" : "");
            } else {
                types["." + std::string(word)] = type;
            }
        }
    }
    return types;
}

std::string content_type_of_name(std::string_view name) {
    name.remove_prefix(std::min(name.rfind('/') + 1, name.size()));
    const std::size_t dot = name.rfind('.');
    if (dot == name.npos) return {};
    std::string extension(name.substr(dot));
    std::string type = find_extension(extension);
    if (!type.empty()) return type;
    std::transform(extension.begin(), extension.end(), extension.begin(), lower);
    return find_extension(extension);
}

std::string_view content_type_of_bytes(std::string_view bytes) {
    bytes = bytes.substr(0, kSniffBytes);
    const std::string_view text =
        bytes.substr(std::min(bytes.find_first_not_of("\t\n\x0C\r "), bytes.size()));
    if (is_html(text)) return kHtml;
    if (text.starts_with("<?xml")) return "text/xml; charset=utf-8";
    for (const Signature& signature : kSignatures) {
        if (matches(bytes, signature.pattern)) return signature.type;
    }
    if (is_mp4(bytes)) return "video/mp4";
    const bool binary = std::any_of(bytes.begin(), bytes.end(), is_binary_byte);
    return binary ? "application/octet-stream" : "text/plain; charset=utf-8";
}

}  // namespace assay::http
