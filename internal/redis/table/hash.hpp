// The one hash of bytes: XXH3, 64 bits, keyed with a secret of this process.
//
// The secret comes from the kernel at the first call, so that nobody outside can choose keys that
// collide. Values differ from process to process: never store or send one.
#pragma once

#include <cstdint>
#include <string_view>

namespace assay::redis {

// Any thread.
[[nodiscard]] std::uint64_t hash_bytes(std::string_view bytes) noexcept;

}  // namespace assay::redis
