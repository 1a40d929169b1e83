// The bodies of LinearTable, whose contract and idea are in linear_table.hpp; included by it.
#pragma once

#include <algorithm>
#include <limits>

#include "internal/redis/table/linear_table.hpp"

namespace assay::redis {

inline std::uint64_t reverse_bits(std::uint64_t word) noexcept {
    constexpr std::uint64_t kOdd = 0x5555555555555555;
    constexpr std::uint64_t kPairs = 0x3333333333333333;
    constexpr std::uint64_t kNibbles = 0x0f0f0f0f0f0f0f0f;
    word = (word >> 1 & kOdd) | (word & kOdd) << 1;
    word = (word >> 2 & kPairs) | (word & kPairs) << 2;
    word = (word >> 4 & kNibbles) | (word & kNibbles) << 4;
    return __builtin_bswap64(word);
}

// The first cursor behind the interval of the bucket that `cursor` leads to, of which `mask` tells
// how many bits are its address.
inline std::uint64_t next_in_reverse(std::uint64_t cursor, std::uint64_t mask) noexcept {
    return reverse_bits(reverse_bits(cursor | ~mask) + 1);
}

template <class Policy>
auto LinearTable<Policy>::locate(std::string_view key, std::uint64_t hash) const noexcept
    -> Position {
    if (root_ == nullptr) return Position(nullptr);
    const std::uint64_t tag = tag_of(hash);
    for (Bucket* bucket = &home_of(hash); bucket != nullptr;
         bucket = link_of(bucket->words[kLast])) {
        for (std::uint64_t& word : bucket->words) {
            if ((word & kTagMask) == tag && Policy::key(*pointer_of(word)) == key) {
                return Position(&word);
            }
        }
    }
    return Position(nullptr);
}

template <class Policy>
auto LinearTable<Policy>::locate(const Entry* entry, std::uint64_t hash) const noexcept
    -> Position {
    for (Bucket* bucket = &home_of(hash); bucket != nullptr;
         bucket = link_of(bucket->words[kLast])) {
        for (std::uint64_t& word : bucket->words) {
            if (pointer_of(word) == entry) return Position(&word);
        }
    }
    return Position(nullptr);
}

template <class Policy>
void LinearTable<Policy>::insert(Entry* entry, std::uint64_t hash) noexcept {
    if (root_ == nullptr) {
        root_ = memory::create<Root>();
        root_->home.push();
    }
    append(home_of(hash), tag_of(hash) | word_of(entry));
    ++root_->size;
    balance();
}

template <class Policy>
auto LinearTable<Policy>::take(Position position, std::uint64_t hash) noexcept -> Entry* {
    Entry* entry = position.entry();
    remove(home_of(hash), position.word_);
    --root_->size;
    balance();
    return entry;
}

template <class Policy>
void LinearTable<Policy>::clear() noexcept {
    if (root_ == nullptr) return;
    for_each([](Entry* entry) { Policy::destroy(entry); });
    memory::destroy(std::exchange(root_, nullptr));
}

template <class Policy>
bool LinearTable<Policy>::prefetch_entry(std::uint64_t hash, unsigned depth) const noexcept {
    if (root_ == nullptr) return true;
    const Bucket* bucket = &home_of(hash);
    for (; depth > 0 && bucket != nullptr; --depth) bucket = link_of(bucket->words[kLast]);
    if (bucket == nullptr) return true;
    const std::uint64_t tag = tag_of(hash);
    bool is_met = false;
    for (const std::uint64_t word : bucket->words) {
        if ((word & kTagMask) != tag) continue;
        // An entry of 64 bytes lies in two lines more often than in one, and the heap's word that
        // tells its size stands before it.
        const char* entry = reinterpret_cast<const char*>(pointer_of(word));
        prefetch(entry - sizeof(std::uint64_t));
        prefetch(entry + 48);
        is_met = true;
    }
    const Bucket* next = link_of(bucket->words[kLast]);
    if (is_met || next == nullptr) return true;
    prefetch(next);
    return false;
}

template <class Policy>
std::size_t LinearTable<Policy>::memory_usage() const noexcept {
    if (root_ == nullptr) return 0;
    return memory::footprint(root_) + root_->home.memory_usage() + root_->overflow.memory_usage();
}

// The n-th entry of a chain, or a word that is 0, or null.
template <class Policy>
std::uint64_t* LinearTable<Policy>::nth_word(Bucket& head, std::size_t n) noexcept {
    Bucket* bucket = &head;
    for (; n >= kLast; n -= kLast) {
        Bucket* next = link_of(bucket->words[kLast]);
        if (next == nullptr) break;
        bucket = next;
    }
    return n < kSlots ? &bucket->words[n] : nullptr;
}

// How many words of the last bucket of a chain are in use.
template <class Policy>
std::size_t LinearTable<Policy>::fill_of(const Bucket& bucket) noexcept {
    std::size_t fill = 0;
    while (fill < kSlots && bucket.words[fill] != 0) ++fill;
    return fill;
}

template <class Policy>
void LinearTable<Policy>::append(Bucket& head, std::uint64_t word) noexcept {
    Bucket* tail = &head;
    while (Bucket* next = link_of(tail->words[kLast])) tail = next;
    const std::size_t fill = fill_of(*tail);
    if (fill < kSlots) {
        tail->words[fill] = word;
        return;
    }
    Bucket& added = root_->overflow.push();
    added.words[0] = std::exchange(tail->words[kLast], link_to(added));
    added.words[1] = word;
}

// Fills the hole with the chain's last word. An overflow bucket holds two entries at least: the
// last but one goes back in the place of the link.
template <class Policy>
void LinearTable<Policy>::remove(Bucket& head, std::uint64_t* hole) noexcept {
    Bucket* before = nullptr;
    Bucket* tail = &head;
    while (Bucket* next = link_of(tail->words[kLast])) {
        before = tail;
        tail = next;
    }
    const std::size_t last = fill_of(*tail) - 1;
    const std::uint64_t moved = std::exchange(tail->words[last], 0);
    if (hole != &tail->words[last]) *hole = moved;
    if (before == nullptr || last > 1) return;
    before->words[kLast] = tail->words[0];
    free_overflow(*tail);
}

// Moves the last overflow bucket into the place of one that is no longer linked. Whose chain it
// belongs to its first entry tells; while a bucket is split or merged that entry may be in the
// chain that shorter addresses lead to.
template <class Policy>
void LinearTable<Policy>::free_overflow(Bucket& bucket) noexcept {
    Bucket& last = root_->overflow[root_->overflow.size() - 1];
    if (&last != &bucket) {
        bucket = last;
        const std::uint64_t hash = hash_of(bucket.words[0]);
        std::uint64_t mask = high_mask();
        while (!relink(hash & mask, last, bucket) && mask != 0) mask >>= 1;
    }
    root_->overflow.pop();
}

template <class Policy>
bool LinearTable<Policy>::relink(std::size_t address, const Bucket& from,
                                 const Bucket& to) noexcept {
    if (address >= root_->home.size()) return false;
    for (Bucket* at = &root_->home[address]; at != nullptr; at = link_of(at->words[kLast])) {
        if (at->words[kLast] != link_to(from)) continue;
        at->words[kLast] = link_to(to);
        return true;
    }
    return false;
}

template <class Policy>
std::size_t LinearTable<Policy>::chain_size(Bucket& head) noexcept {
    std::size_t size = 0;
    Bucket* tail = &head;
    while (Bucket* next = link_of(tail->words[kLast])) {
        size += kLast;
        tail = next;
    }
    return size + fill_of(*tail);
}

template <class Policy>
void LinearTable<Policy>::balance() noexcept {
    if (is_crowded()) {
        split();
        return;
    }
    for (int i = 0; i < kMergesAtOnce && is_sparse(); ++i) {
        if (!merge()) return;
    }
}

// Entries move one at a time, and after each the table is whole but for entries of this chain that
// are still to move: that is what free_overflow() relies on.
template <class Policy>
void LinearTable<Policy>::split() noexcept {
    const std::size_t from = root_->home.size() - std::bit_floor(root_->home.size());
    const std::size_t to = root_->home.size();
    Bucket& target = root_->home.push();
    Bucket& source = root_->home[from];
    for (const Bucket* at = &source; at != nullptr; at = link_of(at->words[kLast])) {
        for (const std::uint64_t word : at->words) prefetch(pointer_of(word));
    }
    const std::uint64_t mask = std::bit_ceil(to + 1) - 1;
    for (std::size_t n = 0;;) {
        std::uint64_t* word = nth_word(source, n);
        if (word == nullptr || *word == 0) return;
        if ((hash_of(*word) & mask) == from) {
            ++n;
            continue;
        }
        append(target, *word);
        remove(source, word);
    }
}

// The last bucket back into the one that it was split from; false when that would be a long chain.
template <class Policy>
bool LinearTable<Policy>::merge() noexcept {
    const std::size_t from = root_->home.size() - 1;
    Bucket& source = root_->home[from];
    Bucket& target = root_->home[from - std::bit_floor(from)];
    if (chain_size(source) + chain_size(target) > kMostMerged) return false;
    while (source.words[0] != 0) {
        append(target, source.words[0]);
        remove(source, source.words.data());
    }
    root_->home.pop();
    return true;
}

template <class Policy>
template <class Emit>
void LinearTable<Policy>::visit_words(const Bucket& bucket, std::uint64_t marks, Emit& emit) {
    for (const std::uint64_t word : bucket.words) {
        if (link_of(word) == nullptr && (word & marks) == marks) prefetch(pointer_of(word));
    }
    for (const std::uint64_t word : bucket.words) {
        if (word == 0) return;
        if (link_of(word) == nullptr && (word & marks) == marks) emit(pointer_of(word));
    }
}

template <class Policy>
template <class Emit>
void LinearTable<Policy>::visit_chain(std::size_t address, std::uint64_t marks, Emit& emit) const {
    for (const Bucket* at = &root_->home[address]; at != nullptr; at = link_of(at->words[kLast])) {
        visit_words(*at, marks, emit);
    }
}

// Read backwards, bit 0 first, hashes are a line on which every bucket owns an interval, of 2^-L of
// the line or half of that; splitting halves an interval and merging joins two. The cursor is the
// point up to which the line is done: the scan visits the bucket in whose interval it lies and
// goes on behind that. What is there all the time has a fixed point on the line, so it is met.
template <class Policy>
template <class Emit>
std::uint64_t LinearTable<Policy>::scan_bucket(std::uint64_t cursor, Emit& emit) const {
    if (root_ == nullptr) return 0;
    const std::size_t address = address_of(cursor);
    visit_chain(address, 0, emit);
    const std::size_t half = std::bit_floor(root_->home.size());
    const bool is_halved = address >= half || address < root_->home.size() - half;
    return next_in_reverse(cursor, is_halved ? high_mask() : low_mask());
}

template <class Policy>
template <class Emit>
std::uint64_t LinearTable<Policy>::sweep_flagged(std::uint64_t cursor, Emit&& emit) const {
    if (root_ == nullptr) return 0;
    const std::size_t homes = root_->home.size();
    const std::size_t address = (cursor == 0 || cursor > homes ? homes : cursor) - 1;
    visit_chain(address, kFlag, emit);
    return address;
}

template <class Policy>
template <class Emit>
void LinearTable<Policy>::for_each(Emit&& emit) const {
    if (root_ == nullptr) return;
    for (const BucketArray* array : {&root_->home, &root_->overflow}) {
        for (std::size_t i = 0; i < array->size(); ++i) visit_words((*array)[i], 0, emit);
    }
}

// Any word of any bucket; 0 when that is no entry.
template <class Policy>
template <class Random>
std::uint64_t LinearTable<Policy>::random_word(Random& random) const {
    static_assert(Random::min() == 0 && Random::max() == std::numeric_limits<std::uint64_t>::max());
    const std::uint64_t bits = random();
    const std::size_t homes = root_->home.size();
    const std::size_t index = ((bits >> 32) * (homes + root_->overflow.size())) >> 32;
    const Bucket& bucket = index < homes ? root_->home[index] : root_->overflow[index - homes];
    const std::uint64_t word = bucket.words[bits % kSlots];
    return link_of(word) == nullptr ? word : 0;
}

template <class Policy>
template <class Random>
auto LinearTable<Policy>::sample(Random& random) const -> Entry* {
    if (empty()) return nullptr;
    while (true) {
        if (const std::uint64_t word = random_word(random)) return pointer_of(word);
    }
}

template <class Policy>
template <class Random>
auto LinearTable<Policy>::sample_flagged(Random& random, std::size_t tries) const -> Entry* {
    if (root_ == nullptr) return nullptr;
    for (; tries > 0; --tries) {
        const std::uint64_t word = random_word(random);
        if ((word & kFlag) != 0) return pointer_of(word);
    }
    return nullptr;
}

}  // namespace assay::redis
