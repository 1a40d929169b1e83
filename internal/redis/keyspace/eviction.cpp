#include "internal/redis/keyspace/eviction.hpp"

#include <algorithm>
#include <limits>

namespace assay::redis {
namespace {

// Tries to hit a volatile key by chance before walking to the next one.
constexpr std::size_t kTries = 32;

bool is_for_volatile(const EvictionRules& rules) {
    return rules.only_volatile || rules.order == EvictionOrder::kTtl;
}

std::size_t eligible(const Database& database, const EvictionRules& rules) {
    return is_for_volatile(rules) ? database.volatile_count() : database.size();
}

// A volatile key further on; the walk goes on where the last ended, so each of few volatile keys
// among many others is met after a share of the table. There is one.
Entry* next_volatile(Database& database) {
    Entry* found = nullptr;
    std::uint64_t& cursor = database.eviction_cursor();
    while (found == nullptr) {
        cursor = database.table().sweep_flagged(cursor, [&](Entry* entry) { found = entry; });
    }
    return found;
}

// One of the eligible keys, of which there are some.
Entry* sample(Database& database, const EvictionRules& rules, Random& random) {
    if (!is_for_volatile(rules)) return database.table().sample(random);
    Entry* entry = database.table().sample_flagged(random, kTries);
    return entry != nullptr ? entry : next_volatile(database);
}

std::int64_t score_of(const Environment& environment, EvictionOrder order, const Entry& entry) {
    const std::int64_t now_ms = environment.clock.now_ms();
    switch (order) {
        case EvictionOrder::kLru:
            return idle_seconds(entry.access(), now_ms);
        case EvictionOrder::kLfu:
            return -std::int64_t{frequency(environment.access_rules, entry.access(), now_ms)};
        default:
            return -entry.expiry().value_or(std::numeric_limits<std::int64_t>::max());
    }
}

}  // namespace

Eviction::Victim Eviction::pick(Keyspace& keyspace, const EvictionRules& rules) {
    if (rules.order == EvictionOrder::kNone) return {};
    if (rules.order == EvictionOrder::kRandom) return pick_random(keyspace, rules);
    if (rules != rules_) pool_.clear();
    rules_ = rules;
    while (true) {
        bool any = false;
        for (std::size_t i = 0; i < keyspace.databases(); ++i) {
            if (eligible(keyspace[i], rules) == 0) continue;
            collect(keyspace, keyspace[i]);
            any = true;
        }
        if (!any) return {};
        if (const Victim victim = best(keyspace); victim.entry != nullptr) return victim;
    }
}

Eviction::Victim Eviction::pick_random(Keyspace& keyspace, const EvictionRules& rules) {
    for (std::size_t i = 0; i < keyspace.databases(); ++i) {
        const std::size_t index = next_database_++ % keyspace.databases();
        if (eligible(keyspace[index], rules) == 0) continue;
        return {index, sample(keyspace[index], rules, keyspace.environment().random)};
    }
    return {};
}

void Eviction::collect(Keyspace& keyspace, Database& database) {
    for (std::size_t i = 0; i < rules_.samples; ++i) {
        consider(keyspace, database, *sample(database, rules_, keyspace.environment().random));
    }
}

void Eviction::consider(Keyspace& keyspace, Database& database, const Entry& entry) {
    const std::int64_t score = score_of(keyspace.environment(), rules_.order, entry);
    if (pool_.size() == kPool && score <= pool_.front().score) return;
    const auto is_same = [&](const Candidate& candidate) {
        return candidate.database == database.index() && candidate.key == entry.key();
    };
    std::erase_if(pool_, is_same);
    if (pool_.size() == kPool) pool_.erase(pool_.begin());
    const auto place = std::upper_bound(
        pool_.begin(), pool_.end(), score,
        [](std::int64_t sought, const Candidate& candidate) { return sought < candidate.score; });
    pool_.insert(place, Candidate{score, database.index(), std::string(entry.key())});
}

// The best candidate that is still there; it leaves the pool.
Eviction::Victim Eviction::best(Keyspace& keyspace) {
    while (!pool_.empty()) {
        const Candidate candidate = std::move(pool_.back());
        pool_.pop_back();
        Entry* entry = keyspace[candidate.database].table().find(candidate.key);
        if (entry == nullptr || (is_for_volatile(rules_) && !entry->has_expiry())) continue;
        return {candidate.database, entry};
    }
    return {};
}

}  // namespace assay::redis
