#include "internal/redis/table/hash.hpp"

#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <ctime>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace assay::redis {
namespace {

struct Secret {
    alignas(64) std::array<unsigned char, XXH3_SECRET_DEFAULT_SIZE> bytes;

    Secret() {
        std::array<std::uint64_t, 4> seed{};
        if (getrandom(seed.data(), sizeof(seed), 0) != static_cast<ssize_t>(sizeof(seed))) {
            // A kernel without random numbers: unlike from run to run is all that is left.
            timespec now{};
            clock_gettime(CLOCK_REALTIME, &now);
            seed = {static_cast<std::uint64_t>(now.tv_sec), static_cast<std::uint64_t>(now.tv_nsec),
                    static_cast<std::uint64_t>(getpid()), reinterpret_cast<std::uintptr_t>(this)};
        }
        // Spread over the whole secret: XXH3 reads different parts for different lengths.
        for (std::size_t i = 0; i < bytes.size(); i += sizeof(std::uint64_t)) {
            const std::uint64_t word = XXH3_64bits_withSeed(seed.data(), sizeof(seed), i);
            XXH_memcpy(bytes.data() + i, &word, sizeof(word));
        }
    }
};

}  // namespace

std::uint64_t hash_bytes(std::string_view bytes) noexcept {
    static const Secret secret;
    return XXH3_64bits_withSecret(bytes.data(), bytes.size(), secret.bytes.data(),
                                  secret.bytes.size());
}

}  // namespace assay::redis
