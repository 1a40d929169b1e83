// Any bytes are a value or an error; what is a value can be written, and reads back as it was
// written. The footer is not asked for, since no mutation would pass it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "internal/redis/payload/payload.hpp"

namespace assay::redis {
namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

template <class T>
void check(const T& value) {
    for (const RdbVersion version : {RdbVersion::k10, RdbVersion::k11}) {
        const std::string payload = dump_payload(value, version);
        require(has_valid_footer(payload));
        const auto again = restore_payload(payload, {});
        require(again.has_value());
        require(std::holds_alternative<T>(*again));
    }
}

}  // namespace
}  // namespace assay::redis

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace redis = assay::redis;
    const std::string_view payload(reinterpret_cast<const char*>(data), size);
    const auto value = redis::restore_payload(payload, {});
    if (value) {
        std::visit([](const auto& held) { redis::check(held); }, *value);
    } else {
        redis::require(!value.error().message.empty());
    }
    return 0;
}
