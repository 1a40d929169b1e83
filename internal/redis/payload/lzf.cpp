#include "internal/redis/payload/lzf.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace assay::redis {
namespace {

constexpr std::size_t kMaxLiterals = 32;
constexpr std::size_t kMinCopy = 3;
constexpr std::size_t kMaxCopy = 264;
constexpr std::size_t kMaxDistance = 8192;
constexpr unsigned kHashBits = 13;
constexpr std::size_t kLongCopy = 7;  // in the three bits: a byte of length follows
// A copy of three bytes can give that many.
constexpr std::size_t kMaxRatio = kMaxCopy;

unsigned byte_at(std::string_view bytes, std::size_t at) {
    return static_cast<unsigned char>(bytes[at]);
}

std::size_t hash_at(std::string_view bytes, std::size_t at) {
    const std::uint32_t three =
        byte_at(bytes, at) | byte_at(bytes, at + 1) << 8 | byte_at(bytes, at + 2) << 16;
    return three * 2654435761u >> (32 - kHashBits);
}

void write_literals(std::string& out, std::string_view literals) {
    while (!literals.empty()) {
        const std::size_t count = std::min(literals.size(), kMaxLiterals);
        out += static_cast<char>(count - 1);
        out += literals.substr(0, count);
        literals.remove_prefix(count);
    }
}

void write_copy(std::string& out, std::size_t distance, std::size_t length) {
    const std::size_t offset = distance - 1;
    const std::size_t stored = length - 2;
    out += static_cast<char>(std::min(stored, kLongCopy) << 5 | offset >> 8);
    if (stored >= kLongCopy) out += static_cast<char>(stored - kLongCopy);
    out += static_cast<char>(offset);
}

std::size_t match_length(std::string_view bytes, std::size_t earlier, std::size_t at) {
    const std::size_t max = std::min(kMaxCopy, bytes.size() - at);
    std::size_t length = 0;
    while (length < max && bytes[earlier + length] == bytes[at + length]) ++length;
    return length;
}

// Copies byte by byte: the source may run into what is being written.
bool copy_back(std::string& out, std::size_t distance, std::size_t length, std::size_t size) {
    if (distance > out.size() || out.size() + length > size) return false;
    for (; length > 0; --length) out += out[out.size() - distance];
    return true;
}

}  // namespace

std::optional<std::string> lzf_compress(std::string_view bytes, std::size_t max_bytes) {
    std::array<std::uint32_t, std::size_t{1} << kHashBits> places{};  // plus one; 0: none
    std::string out;
    std::size_t literals = 0;  // where those begin that are not written yet
    for (std::size_t at = 0; at + kMinCopy <= bytes.size();) {
        std::uint32_t& place = places[hash_at(bytes, at)];
        const std::size_t earlier = place;
        place = static_cast<std::uint32_t>(at + 1);
        const bool is_near = earlier != 0 && at + 1 - earlier <= kMaxDistance;
        const std::size_t length = is_near ? match_length(bytes, earlier - 1, at) : 0;
        if (length < kMinCopy) {
            ++at;
            continue;
        }
        write_literals(out, bytes.substr(literals, at - literals));
        write_copy(out, at + 1 - earlier, length);
        at += length;
        literals = at;
        if (out.size() > max_bytes) return std::nullopt;
    }
    write_literals(out, bytes.substr(literals));
    if (out.size() > max_bytes) return std::nullopt;
    return out;
}

std::optional<std::string> lzf_decompress(std::string_view packed, std::size_t size) {
    if (size / kMaxRatio > packed.size()) return std::nullopt;
    std::string out;
    out.reserve(size);
    std::size_t at = 0;
    while (at < packed.size()) {
        const unsigned control = byte_at(packed, at++);
        if (control < kMaxLiterals) {
            const std::size_t count = control + std::size_t{1};
            if (packed.size() - at < count || out.size() + count > size) return std::nullopt;
            out += packed.substr(at, count);
            at += count;
            continue;
        }
        std::size_t length = control >> 5;
        if (length == kLongCopy) {
            if (at == packed.size()) return std::nullopt;
            length += byte_at(packed, at++);
        }
        if (at == packed.size()) return std::nullopt;
        const std::size_t distance = ((control & 31) << 8 | byte_at(packed, at++)) + std::size_t{1};
        if (!copy_back(out, distance, length + 2, size)) return std::nullopt;
    }
    if (out.size() != size) return std::nullopt;
    return out;
}

}  // namespace assay::redis
