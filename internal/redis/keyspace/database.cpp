#include "internal/redis/keyspace/database.hpp"

#include <array>
#include <utility>

namespace assay::redis {

Entry* Database::peek(const HashedKey& key) noexcept {
    Entry* entry = table_.find(key.bytes, key.hash);
    if (entry == nullptr || !entry->is_expired(now_ms())) return entry;
    if (environment_.deletes_expired) expire(entry);
    return nullptr;
}

Entry* Database::find(const HashedKey& key) noexcept {
    Entry* entry = peek(key);
    if (entry != nullptr) touch(entry);
    return entry;
}

void Database::touch(Entry* entry) noexcept {
    const std::uint32_t before = entry->access();
    const std::uint32_t now =
        next_access(environment_.access_rules, before, now_ms(), environment_.random);
    if (now != before) entry->set_access(now);  // else its cache line stays clean
}

void Database::prefetch(std::span<const HashedKey> keys) const noexcept {
    constexpr std::size_t kMost = 32;
    std::array<std::uint64_t, kMost> deeper;
    std::size_t count = 0;
    for (const HashedKey& key : keys) table_.prefetch_bucket(key.hash);
    for (const HashedKey& key : keys) {
        if (!table_.prefetch_entry(key.hash) && count < kMost) deeper[count++] = key.hash;
    }
    for (std::size_t i = 0; i < count; ++i) table_.prefetch_entry(deeper[i], 1);
}

// Puts an entry in the place of the one that it was, whose memory may be gone.
void Database::put(EntryTable::Position place, Entry* entry) noexcept {
    volatile_count_ -= place.flagged() ? 1 : 0;
    table_.replace(place, entry);
    volatile_count_ += place.flagged() ? 1 : 0;
}

Entry* Database::add(Entry* entry, std::uint64_t hash) noexcept {
    table_.insert(entry, hash);
    volatile_count_ += entry->has_expiry() ? 1 : 0;
    return entry;
}

Entry* Database::take(EntryTable::Position place, std::uint64_t hash) noexcept {
    volatile_count_ -= place.flagged() ? 1 : 0;
    return table_.take(place, hash);
}

Entry* Database::set(const HashedKey& key, const NewValue& value, ExpiryTime expiry) noexcept {
    const EntryTable::Position place = table_.locate(key.bytes, key.hash);
    if (!place) return insert(key, value, expiry);
    Entry* entry = place.entry();
    if (entry->is_expired(now_ms()) && environment_.deletes_expired) {
        expire(entry);
        return insert(key, value, expiry);
    }
    if (entry->effort() >= LazyFree::kWorthwhile) {
        unlink(entry);
        return insert(key, value, expiry);
    }
    entry = Entry::assign(entry, value, expiry);
    put(place, entry);
    touch(entry);
    return entry;
}

Entry* Database::insert(const HashedKey& key, const NewValue& value, ExpiryTime expiry) noexcept {
    // What is over and must stay is not found, but stands here.
    if (!environment_.deletes_expired) {
        if (const auto place = table_.locate(key.bytes, key.hash)) {
            Entry::destroy(take(place, key.hash));
        }
    }
    Entry* entry = Entry::create(key.bytes, value, expiry);
    entry->set_access(first_access(environment_.access_rules, now_ms()));
    return add(entry, key.hash);
}

Entry* Database::adopt(Entry* entry) noexcept {
    const std::uint64_t hash = hash_bytes(entry->key());
    if (!environment_.deletes_expired) {
        if (const auto place = table_.locate(entry->key(), hash)) {
            Entry::destroy(take(place, hash));
        }
    }
    return add(entry, hash);
}

Entry* Database::assign(Entry* entry, const NewValue& value, ExpiryTime expiry) noexcept {
    const EntryTable::Position place = place_of(entry);
    entry = Entry::assign(entry, value, expiry);
    put(place, entry);
    return entry;
}

Entry* Database::edit_text(Entry* entry, std::size_t size) noexcept {
    const EntryTable::Position place = place_of(entry);
    entry = Entry::edit_text(entry, size);
    put(place, entry);
    return entry;
}

Entry* Database::set_expiry(Entry* entry, ExpiryTime expiry) noexcept {
    const EntryTable::Position place = place_of(entry);
    entry = Entry::set_expiry(entry, expiry);
    put(place, entry);
    return entry;
}

Entry* Database::rename(Entry* entry, const HashedKey& key) noexcept {
    entry = take(entry);
    if (const auto place = table_.locate(key.bytes, key.hash)) {
        environment_.lazy_free.dispose(take(place, key.hash));
    }
    return add(Entry::rename(entry, key.bytes), key.hash);
}

Entry* Database::take(Entry* entry) noexcept {
    const std::uint64_t hash = hash_bytes(entry->key());
    return take(table_.locate(entry, hash), hash);
}

void Database::expire(Entry* entry) noexcept {
    ++environment_.expired_keys;
    if (environment_.listener != nullptr) environment_.listener->expired(index_, entry->key());
    unlink(entry);
}

Entry* Database::random_key() noexcept {
    constexpr int kMostTries = 100;  // where nearly all is over, and stays
    for (int tries = 0; tries < kMostTries; ++tries) {
        Entry* entry = table_.sample(environment_.random);
        if (entry == nullptr || !entry->is_expired(now_ms())) return entry;
        if (!environment_.deletes_expired) continue;
        expire(entry);
        tries = 0;
    }
    return nullptr;
}

void Database::flush() noexcept {
    take_all().clear();
}

EntryTable Database::take_all() noexcept {
    volatile_count_ = 0;
    expiry_cursor_ = 0;
    eviction_cursor_ = 0;
    return std::move(table_);
}

void Database::swap(Database& other) noexcept {
    std::swap(table_, other.table_);
    std::swap(volatile_count_, other.volatile_count_);
    std::swap(expiry_cursor_, other.expiry_cursor_);
    std::swap(eviction_cursor_, other.eviction_cursor_);
}

std::int64_t Database::average_ttl_ms() noexcept {
    constexpr std::int64_t kSample = 16;
    constexpr std::size_t kTries = 64;
    if (volatile_count_ == 0) return 0;
    std::int64_t sum = 0;
    std::int64_t count = 0;
    for (std::int64_t i = 0; i < kSample; ++i) {
        const Entry* entry = table_.sample_flagged(environment_.random, kTries);
        if (entry == nullptr || entry->is_expired(now_ms())) continue;
        sum += *entry->expiry() - now_ms();
        ++count;
    }
    return count == 0 ? 0 : sum / count;
}

}  // namespace assay::redis
