// LZF: the light compression of long strings in payloads.
//
// A byte below 32 is followed by that many literal bytes plus one; any other starts a copy of
// earlier bytes: three bits of length (7: a byte more of it), thirteen bits of distance. Own code,
// because Debian has liblzf as a shared object only and the release is one static file.
//
// Pure functions; what is decompressed is not trusted.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace assay::redis {

// The compressed form if it has at most max_bytes, nullopt otherwise.
std::optional<std::string> lzf_compress(std::string_view bytes, std::size_t max_bytes);

// nullopt: not LZF, or not exactly `size` bytes long. Takes no memory for a size that the input
// cannot give.
std::optional<std::string> lzf_decompress(std::string_view packed, std::size_t size);

}  // namespace assay::redis
