// One database: its keys, their values and expiry times.
//
// A key is gone the moment its time passes: every look-up checks, deletes what is over and tells
// the listener, so that notifications and replicas follow. Expiry needs no second table: entries
// that have one are marked in the word of the table, and their number is known (active_expiry.hpp
// walks the marks).
//
// Entries are handed out as pointers. They hold while the entry stands and no function here that
// returns it anew has been called for it: values grow, so entries move. Other keys may come and go.
//
// Belongs to the thread that holds the keyspace.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "internal/redis/keyspace/access.hpp"
#include "internal/redis/keyspace/clock.hpp"
#include "internal/redis/keyspace/entry.hpp"
#include "internal/redis/keyspace/lazy_free.hpp"
#include "internal/redis/keyspace/random.hpp"
#include "internal/redis/table/hash.hpp"
#include "internal/redis/table/linear_table.hpp"

namespace assay::redis {

// A key and its hash, which is computed once per command. Borrows the bytes.
struct HashedKey {
    HashedKey(std::string_view key) noexcept : bytes(key), hash(hash_bytes(key)) {}
    HashedKey(std::string_view key, std::uint64_t known_hash) noexcept
        : bytes(key), hash(known_hash) {}

    std::string_view bytes;
    std::uint64_t hash;
};

// Is told of every key that expires, before it goes. Must not touch the keyspace.
class ExpiryListener {
  public:
    virtual void expired(std::size_t database, std::string_view key) = 0;

  protected:
    ~ExpiryListener() = default;
};

// What all databases of a keyspace share.
struct Environment {
    explicit Environment(std::uint64_t seed) : random(seed) {}

    Clock clock;
    AccessRules access_rules;
    Random random;
    LazyFree lazy_free;
    ExpiryListener* listener = nullptr;
    // False on a replica, and while clients are paused: what is over is not found, but stays.
    bool deletes_expired = true;
    std::uint64_t expired_keys = 0;  // since the start
};

class Database {
  public:
    Database(Environment& environment, std::size_t index) noexcept
        : environment_(environment), index_(index) {}
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    std::size_t index() const noexcept { return index_; }
    std::size_t size() const noexcept { return table_.size(); }
    std::size_t volatile_count() const noexcept { return volatile_count_; }

    // The entry of a key, or null: as a command that uses it (find) or one that only asks about it
    // and must not make it look used (peek).
    Entry* find(const HashedKey& key) noexcept;
    Entry* peek(const HashedKey& key) noexcept;
    // Notes a use, as find() does.
    void touch(Entry* entry) noexcept;

    // Brings keys into the cache before they are looked up: 4 to 32 at a time.
    void prefetch(std::span<const HashedKey> keys) const noexcept;

    // Inserts or overwrites; never null. Without `expiry` the key has none afterwards.
    Entry* set(const HashedKey& key, const NewValue& value, ExpiryTime expiry = {}) noexcept;
    // The key is not there: find() or peek() has just said so.
    Entry* insert(const HashedKey& key, const NewValue& value, ExpiryTime expiry = {}) noexcept;
    // Takes an entry from elsewhere (copy, restore, another database). Its key is not there.
    Entry* adopt(Entry* entry) noexcept;

    // These return the entry as it is then.
    Entry* assign(Entry* entry, const NewValue& value, ExpiryTime expiry) noexcept;
    Entry* edit_text(Entry* entry, std::size_t size) noexcept;
    Entry* set_expiry(Entry* entry, ExpiryTime expiry) noexcept;
    // Overwrites what stands under the new key, which is not part of the entry. The access and
    // the expiry stay.
    Entry* rename(Entry* entry, const HashedKey& key) noexcept;

    // Removes the entry, which is the caller's then.
    Entry* take(Entry* entry) noexcept;
    // Removes and frees it, at once or, where that takes long, on the lazy thread.
    void erase(Entry* entry) noexcept { Entry::destroy(take(entry)); }
    void unlink(Entry* entry) noexcept { environment_.lazy_free.dispose(take(entry)); }
    // Removes it because its time has passed: counts, tells the listener, unlinks.
    void expire(Entry* entry) noexcept;

    // Any key, each with the same chance; null when there is none.
    Entry* random_key() noexcept;
    // See LinearTable::scan(). emit(const Entry&) must not change the database.
    template <class Emit>
    std::uint64_t scan(std::uint64_t cursor, Emit&& emit);
    // All entries, in no order. emit(const Entry&) must not change the database.
    template <class Emit>
    void for_each(Emit&& emit) const;

    // Deletes everything here, or moves it out so that another thread can.
    void flush() noexcept;
    EntryTable take_all() noexcept;
    // Exchanges all keys; the indexes stay.
    void swap(Database& other) noexcept;

    // Milliseconds left on average, by a small sample; 0 without volatile keys.
    std::int64_t average_ttl_ms() noexcept;
    // Bytes of the table, without its entries.
    std::size_t table_memory() const noexcept { return table_.memory_usage(); }

    // For active_expiry.hpp and eviction.hpp, which walk and sample.
    const EntryTable& table() const noexcept { return table_; }
    std::uint64_t& expiry_cursor() noexcept { return expiry_cursor_; }
    std::uint64_t& eviction_cursor() noexcept { return eviction_cursor_; }

  private:
    std::int64_t now_ms() const noexcept { return environment_.clock.now_ms(); }
    EntryTable::Position place_of(const Entry* entry) const noexcept {
        return table_.locate(entry, hash_bytes(entry->key()));
    }
    void put(EntryTable::Position place, Entry* entry) noexcept;
    Entry* add(Entry* entry, std::uint64_t hash) noexcept;
    Entry* take(EntryTable::Position place, std::uint64_t hash) noexcept;

    Environment& environment_;
    std::size_t index_;
    EntryTable table_;
    std::size_t volatile_count_ = 0;
    std::uint64_t expiry_cursor_ = 0;
    std::uint64_t eviction_cursor_ = 0;
};

template <class Emit>
std::uint64_t Database::scan(std::uint64_t cursor, Emit&& emit) {
    std::vector<Entry*> over;
    const std::uint64_t next = table_.scan(cursor, [&](Entry* entry) {
        if (!entry->is_expired(now_ms())) {
            emit(static_cast<const Entry&>(*entry));
        } else if (environment_.deletes_expired) {
            over.push_back(entry);
        }
    });
    for (Entry* entry : over) expire(entry);
    return next;
}

template <class Emit>
void Database::for_each(Emit&& emit) const {
    table_.for_each([&](const Entry* entry) {
        if (!entry->is_expired(now_ms())) emit(*entry);
    });
}

}  // namespace assay::redis
