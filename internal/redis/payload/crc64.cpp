#include "internal/redis/payload/crc64.hpp"

#include <array>
#include <cstddef>
#include <cstring>

namespace assay::redis {
namespace {

constexpr std::uint64_t kReflectedPolynomial = 0x95ac9329ac4bc9b5;
constexpr std::size_t kStep = 8;

using Tables = std::array<std::array<std::uint64_t, 256>, kStep>;

// tables[n][b]: the effect of byte b with n more bytes behind it.
constexpr Tables make_tables() {
    Tables tables{};
    for (std::size_t byte = 0; byte < 256; ++byte) {
        std::uint64_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc & 1) != 0 ? (crc >> 1) ^ kReflectedPolynomial : crc >> 1;
        }
        tables[0][byte] = crc;
    }
    for (std::size_t n = 1; n < kStep; ++n) {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const std::uint64_t crc = tables[n - 1][byte];
            tables[n][byte] = tables[0][crc & 0xFF] ^ (crc >> 8);
        }
    }
    return tables;
}

constexpr Tables kTables = make_tables();

}  // namespace

std::uint64_t crc64(std::string_view bytes, std::uint64_t crc) {
    while (bytes.size() >= kStep) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), kStep);
        word ^= crc;
        crc = 0;
        for (std::size_t n = 0; n < kStep; ++n) {
            crc ^= kTables[kStep - 1 - n][(word >> (8 * n)) & 0xFF];
        }
        bytes.remove_prefix(kStep);
    }
    for (const char byte : bytes) {
        crc = kTables[0][(crc ^ static_cast<unsigned char>(byte)) & 0xFF] ^ (crc >> 8);
    }
    return crc;
}

}  // namespace assay::redis
