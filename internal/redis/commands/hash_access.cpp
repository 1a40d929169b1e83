#include "internal/redis/commands/hash_access.hpp"

namespace assay::redis::commands {
namespace {

// Leaves nothing held if the last field went.
void drop_expired(Call& call, std::string_view key, Held<Hash>& hash) {
    if (hash->drop_expired(call.now_ms(), [](std::string_view) {}) == 0) return;
    call.changed(key, kHashEvents, "hexpired");
    if (erase_if_empty(call, key, hash)) hash.entry = nullptr;
}

}  // namespace

Held<Hash> find_hash(Call& call, std::string_view key, For purpose) {
    Held<Hash> hash = find<Hash>(call, key, purpose);
    if (hash) drop_expired(call, key, hash);
    return hash;
}

Held<Hash> find_or_make_hash(Call& call, std::string_view key) {
    Held<Hash> hash = find_hash(call, key, For::writing);
    if (!hash && !hash.wrong) {
        hash.entry = call.database().insert(key, NewValue::object(Type::kHash, Hash()));
    }
    return hash;
}

}  // namespace assay::redis::commands
