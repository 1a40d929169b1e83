// The bytes of a connection, in one piece and in small pieces, fed or received, give the same
// commands and the same error. The first byte says how small, and whether the client has logged in.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pkg/resp/parse_fixture.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    using assay::resp::parse_in_steps;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::size_t step = (1u + data[0] % 32u) * ((data[0] & 0x20) != 0 ? 256u : 1u);
    const bool authenticated = data[0] < 0xC0;
    // Announced lengths of turned bits shall not cost gigabytes.
    assay::resp::RequestLimits limits;
    limits.max_bulk_bytes = 1 << 20;
    limits.max_query_bytes = 1 << 20;
    const auto whole = parse_in_steps(bytes, bytes.size() + 1, 0, authenticated, limits);
    if (parse_in_steps(bytes, step, 0, authenticated, limits) != whole) std::abort();
    if (parse_in_steps(bytes, step, 1024, authenticated, limits) != whole) std::abort();
    if (parse_in_steps(bytes, bytes.size() + 1, 4096, authenticated, limits) != whole) std::abort();
    return 0;
}
