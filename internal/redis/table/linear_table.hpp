// The hash table of the server: the keyspace, and the members and fields of large values.
//
// Linear hashing (Litwin 1980). A table of n buckets, 2^L <= n < 2^(L+1), addresses by L bits of
// the hash where the bucket has not been split yet in this round, by L+1 bits where it has. An
// insert that makes the table too full splits one bucket, an operation that finds it too empty
// merges a few: the cost of every operation is bounded, there is no resize and no second table, and
// memory per entry stays the same from ten entries to a thousand million. Two long chains are not
// merged: who scans and takes what he sees empties one part of the hashes and leaves another full,
// and the table would shrink faster than that part (in chains of a thousand entries).
//
// A bucket is one cache line of 8 words {tag:16, pointer:48}: the tag is the top of the hash (never
// 0), entries are aligned to 16, and bit 0 of the pointer is the policy's flag ("expires"), so that
// both are known without touching the entry. A full bucket's last word may instead be a link
// (bit 1) to an overflow bucket. Words of a chain lie without holes. Overflow buckets lie dense in
// an array of their own, the last one moves into a freed place: so memory follows the size down,
// and choosing a bucket and a slot at random finds each entry with exactly the same chance.
//
// At 6.5 entries per bucket a table costs 11.9 to 12.5 bytes per entry, overflow included, and a
// hit looks into 1.1 to 1.2 buckets. An empty table is one null pointer.
//
// Rejected: open addressing and Redis' dict (a resize, done at once or dragged along in two
// tables), extendible hashing (its directory doubles at once), a tree (more misses per look-up).
//
// The table owns its entries and destroys them through the policy. Not thread-safe; a table may be
// moved to another thread and destroyed there. No operation throws.
//
//   struct Policy {
//       using Entry = Member;                                     // aligned to 16
//       static std::string_view key(const Entry&) noexcept;       // constant while in the table
//       static void destroy(Entry*) noexcept;
//       static bool flag(const Entry&) noexcept;                  // optional: bit 0 of the word
//       static std::uint64_t hash(std::string_view) noexcept;     // optional: not hash_bytes()
//   };
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "internal/redis/memory/memory.hpp"
#include "internal/redis/table/bucket_array.hpp"
#include "internal/redis/table/hash.hpp"

namespace assay::redis {

template <class Policy>
class LinearTable {
  public:
    using Entry = typename Policy::Entry;

    // Where an entry stands. Holds until the next insert() or take() of its table.
    class Position {
      public:
        explicit operator bool() const noexcept { return word_ != nullptr; }
        Entry* entry() const noexcept { return pointer_of(*word_); }
        // The flag as it was when the entry was inserted or replaced.
        bool flagged() const noexcept { return (*word_ & kFlag) != 0; }

      private:
        friend class LinearTable;
        explicit Position(std::uint64_t* word) noexcept : word_(word) {}
        std::uint64_t* word_;
    };

    LinearTable() noexcept = default;
    LinearTable(LinearTable&& other) noexcept : root_(std::exchange(other.root_, nullptr)) {}
    LinearTable& operator=(LinearTable&& other) noexcept {
        if (this != &other) {
            clear();
            root_ = std::exchange(other.root_, nullptr);
        }
        return *this;
    }
    ~LinearTable() { clear(); }

    std::size_t size() const noexcept { return root_ == nullptr ? 0 : root_->size; }
    bool empty() const noexcept { return size() == 0; }

    static std::uint64_t hash(std::string_view key) noexcept {
        if constexpr (requires { Policy::hash(key); }) {
            return Policy::hash(key);
        } else {
            return hash_bytes(key);
        }
    }

    // The entry with this key, or null. Here and below `hash` is hash(key).
    Entry* find(std::string_view key) const noexcept { return find(key, hash(key)); }
    Entry* find(std::string_view key, std::uint64_t hash) const noexcept {
        const Position position = locate(key, hash);
        return position ? position.entry() : nullptr;
    }
    Position locate(std::string_view key, std::uint64_t hash) const noexcept;
    // Where this very entry stands, which is in the table.
    Position locate(const Entry* entry, std::uint64_t hash) const noexcept;

    // Adds an entry whose key is not there yet.
    void insert(Entry* entry) noexcept { insert(entry, hash(Policy::key(*entry))); }
    void insert(Entry* entry, std::uint64_t hash) noexcept;

    // Puts an entry with the same key in the place of another; the former is the caller's now. With
    // the same entry it reads the flag anew.
    Entry* replace(Position position, Entry* entry) noexcept {
        Entry* former = position.entry();
        *position.word_ = (*position.word_ & kTagMask) | word_of(entry);
        return former;
    }

    // Removes the entry, which is the caller's now; null when there is none.
    Entry* take(std::string_view key) noexcept {
        const std::uint64_t of_key = hash(key);
        const Position position = locate(key, of_key);
        return position ? take(position, of_key) : nullptr;
    }
    Entry* take(Position position, std::uint64_t hash) noexcept;

    // Destroys all entries and gives all memory back. Takes as long as there are entries: move a
    // large table to another thread and let it end there.
    void clear() noexcept;

    // Steps for a batch of keys: first all buckets, then all entries, then the look-ups. Where
    // prefetch_entry() says false the entry is not in the first bucket of its chain: call it again
    // with depth 1, or leave that (one key in six).
    void prefetch_bucket(std::uint64_t hash) const noexcept {
        if (root_ != nullptr) prefetch(&home_of(hash));
    }
    bool prefetch_entry(std::uint64_t hash, unsigned depth = 0) const noexcept;

    // Visits a part of the table; returns the cursor to go on with, 0 at the end. Starts with 0. An
    // entry that is there during the whole scan is visited at least once, whatever is inserted and
    // taken in between. emit(Entry*) must not change the table: note what to take, take it after.
    template <class Emit>
    std::uint64_t scan(std::uint64_t cursor, Emit&& emit) const {
        return scan_bucket(cursor, emit);
    }

    // Visits the entries with the flag of one bucket, without touching the others; returns the
    // cursor to go on with, 0 at the end. Starts with 0. Goes from the last bucket to the first: so
    // what is taken on the way leaves the table where it shrinks. A split may move an entry to
    // where the sweep has been: that one is met the next time. emit(Entry*) as for scan().
    template <class Emit>
    std::uint64_t sweep_flagged(std::uint64_t cursor, Emit&& emit) const;

    // Visits all entries, in no order. emit(Entry*) must not change the table.
    template <class Emit>
    void for_each(Emit&& emit) const;

    // An entry, each with the same chance; null when empty. `random` gives 64 random bits a call.
    template <class Random>
    Entry* sample(Random& random) const;
    // The same among the entries with the flag, but gives up after `tries`: null then.
    template <class Random>
    Entry* sample_flagged(Random& random, std::size_t tries) const;

    // Bytes of the heap behind the table, without those of its entries.
    std::size_t memory_usage() const noexcept;

  private:
    struct Root {
        std::size_t size = 0;
        BucketArray home;
        BucketArray overflow;
    };

    static constexpr std::uint64_t kFlag = 1;
    static constexpr std::uint64_t kLink = 2;
    static constexpr std::uint64_t kTagMask = std::uint64_t{0xffff} << 48;
    static constexpr std::uint64_t kPointerMask = ~kTagMask & ~std::uint64_t{15};
    static constexpr std::size_t kSlots = 8;
    static constexpr std::size_t kLast = kSlots - 1;
    static constexpr std::size_t kMostMerged = 24;
    static constexpr int kMergesAtOnce = 4;

    // 6.5 entries per bucket at most, 3 at least.
    bool is_crowded() const noexcept { return 2 * root_->size > 13 * root_->home.size(); }
    bool is_sparse() const noexcept {
        return root_->home.size() > 1 && root_->size < 3 * root_->home.size();
    }

    static std::uint64_t tag_of(std::uint64_t hash) noexcept {
        return (hash & kTagMask) | (std::uint64_t{1} << 48);
    }
    static std::uint64_t word_of(const Entry* entry) noexcept {
        std::uint64_t flag = 0;
        if constexpr (requires { Policy::flag(*entry); }) flag = Policy::flag(*entry) ? kFlag : 0;
        return reinterpret_cast<std::uintptr_t>(entry) | flag;
    }
    static Entry* pointer_of(std::uint64_t word) noexcept {
        return reinterpret_cast<Entry*>(word & kPointerMask);
    }
    // A link has no tag, so it never looks like an entry with the tag that is sought.
    static Bucket* link_of(std::uint64_t word) noexcept {
        return (word & (kTagMask | kLink)) == kLink ? reinterpret_cast<Bucket*>(word & kPointerMask)
                                                    : nullptr;
    }
    static std::uint64_t link_to(const Bucket& bucket) noexcept {
        return reinterpret_cast<std::uintptr_t>(&bucket) | kLink;
    }
    static std::uint64_t hash_of(std::uint64_t word) noexcept {
        return hash(Policy::key(*pointer_of(word)));
    }

    std::uint64_t low_mask() const noexcept { return std::bit_floor(root_->home.size()) - 1; }
    std::uint64_t high_mask() const noexcept { return 2 * low_mask() + 1; }
    std::size_t address_of(std::uint64_t hash) const noexcept {
        const std::uint64_t low = low_mask();
        const std::uint64_t high = hash & (2 * low + 1);
        return high < root_->home.size() ? high : hash & low;
    }
    Bucket& home_of(std::uint64_t hash) const noexcept { return root_->home[address_of(hash)]; }

    static std::uint64_t* nth_word(Bucket& head, std::size_t n) noexcept;
    static std::size_t fill_of(const Bucket& bucket) noexcept;
    void append(Bucket& head, std::uint64_t word) noexcept;
    void remove(Bucket& head, std::uint64_t* hole) noexcept;
    void free_overflow(Bucket& bucket) noexcept;
    bool relink(std::size_t address, const Bucket& from, const Bucket& to) noexcept;
    static std::size_t chain_size(Bucket& head) noexcept;
    void balance() noexcept;
    void split() noexcept;
    bool merge() noexcept;

    template <class Emit>
    static void visit_words(const Bucket& bucket, std::uint64_t marks, Emit& emit);
    template <class Emit>
    std::uint64_t scan_bucket(std::uint64_t cursor, Emit& emit) const;
    template <class Emit>
    void visit_chain(std::size_t address, std::uint64_t marks, Emit& emit) const;
    template <class Random>
    std::uint64_t random_word(Random& random) const;

    Root* root_ = nullptr;
};

}  // namespace assay::redis

#include "internal/redis/table/linear_table_ops.hpp"
