#include "internal/redis/keyspace/objects.hpp"

#include <array>

#include "internal/redis/types/hash.hpp"
#include "internal/redis/types/list.hpp"
#include "internal/redis/types/set.hpp"
#include "internal/redis/types/sorted_set.hpp"
#include "internal/redis/types/stream.hpp"

namespace assay::redis {
namespace {

// In the order of Type.
constinit std::array<ObjectOperations, kTypes> table = {
    ObjectOperations{},          operations_for<List>(), operations_for<Set>(),
    operations_for<SortedSet>(), operations_for<Hash>(), operations_for<Stream>(),
};

}  // namespace

std::string_view to_string(Type type) noexcept {
    constexpr std::array<std::string_view, kTypes> kNames = {"string", "list", "set",
                                                             "zset",   "hash", "stream"};
    return kNames[static_cast<std::size_t>(type)];
}

void define_objects(Type type, const ObjectOperations& operations) noexcept {
    table[static_cast<std::size_t>(type)] = operations;
}

const ObjectOperations& operations_of(Type type) noexcept {
    return table[static_cast<std::size_t>(type)];
}

}  // namespace assay::redis
