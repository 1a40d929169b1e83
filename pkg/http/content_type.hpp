// The media type of a file, by its name's extension or by its first bytes.
//
// Extensions: a small built-in table of the web's types, the same on every host, and for all others
// /etc/mime.types where there is one (read once, at first use). Bytes: the signatures of the WHATWG
// MIME sniffing standard that Go's net/http knows. Text types carry "; charset=utf-8". Thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace assay::http {

inline constexpr std::size_t kSniffBytes = 512;

// "image/png" for "a.PNG"; empty when the extension is unknown, or there is none.
std::string content_type_of_name(std::string_view name);

// Never empty: text/plain or application/octet-stream when nothing else fits. Only the first
// kSniffBytes are looked at.
std::string_view content_type_of_bytes(std::string_view bytes);

// The extensions of a mime.types file, with their dots.
std::map<std::string, std::string> parse_mime_types(std::string_view text);

}  // namespace assay::http
