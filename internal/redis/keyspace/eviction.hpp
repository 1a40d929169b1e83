// Chooses the key to give up when memory runs out.
//
// As Redis documents it: a few keys of each database are sampled, the best candidates of all
// samples so far are kept in a small pool, and the best of those goes. With the pool, five samples
// come close to true LRU or LFU. The pool holds copies of keys, because entries come and go.
//
// A policy such as volatile-lfu is an order and a set of eligible keys. Only chooses: who evicts
// the key tells the world.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "internal/redis/keyspace/keyspace.hpp"

namespace assay::redis {

enum class EvictionOrder : std::uint8_t {
    kNone,    // nothing goes: commands that need memory fail
    kRandom,  // any
    kLru,     // longest idle first
    kLfu,     // least frequently used first
    kTtl,     // nearest expiry first
};

struct EvictionRules {
    EvictionOrder order = EvictionOrder::kNone;
    bool only_volatile = false;  // keys without expiry are safe; always so for kTtl
    std::size_t samples = 5;     // setting maxmemory-samples

    bool operator==(const EvictionRules&) const = default;
};

class Eviction {
  public:
    struct Victim {
        std::size_t database = 0;
        Entry* entry = nullptr;  // null: no key may go
    };
    Victim pick(Keyspace& keyspace, const EvictionRules& rules);

  private:
    static constexpr std::size_t kPool = 16;

    struct Candidate {
        std::int64_t score;  // the highest goes first
        std::size_t database;
        std::string key;
    };

    Victim pick_random(Keyspace& keyspace, const EvictionRules& rules);
    void collect(Keyspace& keyspace, Database& database);
    void consider(Keyspace& keyspace, Database& database, const Entry& entry);
    Victim best(Keyspace& keyspace);

    EvictionRules rules_;
    std::vector<Candidate> pool_;  // by score, the highest last
    std::size_t next_database_ = 0;
};

}  // namespace assay::redis
