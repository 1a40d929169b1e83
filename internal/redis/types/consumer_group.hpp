// A consumer group of a stream: how far it has read, and who still owes an acknowledgement for
// what.
//
// Every entry that was delivered and not acknowledged stands once in the group's list, with its
// time and count of deliveries, and once in the list of the consumer that has it, which points to
// the former: both questions, "who has this entry" and "what has this consumer", are one look-up.
// Lists and consumers are ordered (by id, by name), as replies and payloads show them.
//
// The group knows ids, not entries: what needs the stream is a function of Stream. Times are Unix
// milliseconds given by the caller. Nodes and references stay valid until the thing itself is
// removed. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "internal/redis/memory/memory.hpp"
#include "internal/redis/types/stream_id.hpp"

namespace assay::redis {

using AccountedString = std::basic_string<char, std::char_traits<char>, memory::Allocator<char>>;

template <class Key, class Value, class Less>
using AccountedMap = std::map<Key, Value, Less, memory::Allocator<std::pair<const Key, Value>>>;

struct NameLess {
    using is_transparent = void;
    bool operator()(std::string_view left, std::string_view right) const { return left < right; }
};

struct Consumer;

// A delivery that waits for its acknowledgement.
struct Pending {
    std::int64_t delivery_time_ms = 0;
    std::uint64_t delivery_count = 0;
    Consumer* consumer = nullptr;
};
using PendingMap = AccountedMap<StreamId, Pending, std::less<StreamId>>;

struct Consumer {
    std::string_view name;             // the key under which the group keeps it
    std::int64_t seen_time_ms = 0;     // of the last command it sent
    std::int64_t active_time_ms = -1;  // of the last one that gave it an entry; -1: never
    AccountedMap<StreamId, Pending*, std::less<StreamId>> pending = {};
};
using ConsumerMap = AccountedMap<AccountedString, Consumer, NameLess>;

// What XCLAIM and XAUTOCLAIM ask for.
struct Claim {
    std::int64_t min_idle_ms = 0;  // younger deliveries stay where they are
    std::int64_t delivery_time_ms = 0;
    std::optional<std::uint64_t> delivery_count = {};  // else one more, unless keeps_count
    bool keeps_count = false;
};

class ConsumerGroup {
  public:
    // `entries_read`: how many entries of the stream's history it has passed; nullopt: not known.
    ConsumerGroup(StreamId last_delivered, std::optional<std::uint64_t> entries_read)
        : last_delivered_(last_delivered), entries_read_(entries_read) {}
    ConsumerGroup(ConsumerGroup&&) = default;
    ConsumerGroup(const ConsumerGroup&) = delete;
    ConsumerGroup& operator=(const ConsumerGroup&) = delete;

    StreamId last_delivered() const { return last_delivered_; }
    std::optional<std::uint64_t> entries_read() const { return entries_read_; }
    void set_position(StreamId last_delivered, std::optional<std::uint64_t> entries_read) {
        last_delivered_ = last_delivered;
        entries_read_ = entries_read;
    }

    const ConsumerMap& consumers() const { return consumers_; }
    Consumer* find_consumer(std::string_view name);
    // The one of that name, made if need be; second: whether it was made.
    std::pair<Consumer*, bool> add_consumer(std::string_view name, std::int64_t now_ms);
    // With what it owes, which nobody will be asked for again; how many entries, nullopt: no such.
    std::optional<std::size_t> remove_consumer(std::string_view name);

    const PendingMap& pending() const { return pending_; }
    // Null when the entry is not pending.
    Pending* find_pending(StreamId id);
    // Notes a first delivery to a consumer. Is the entry pending already (the group was set back),
    // the new consumer takes it over.
    Pending& deliver(StreamId id, Consumer& consumer, std::int64_t now_ms);
    // False when it is not pending.
    bool acknowledge(StreamId id);
    // Gives a pending entry to a consumer; false when it is too young for that. Deliveries that
    // have no consumer yet (find_or_add) are never too young.
    bool claim(StreamId id, Pending& pending, Consumer& consumer, const Claim& how,
               std::int64_t now_ms);
    // The pending entry, made without a consumer if need be: XCLAIM FORCE, payloads.
    Pending& find_or_add(StreamId id, std::int64_t now_ms);
    // Makes a pending entry without one the consumer's; false: it has one. For payloads.
    bool attach(StreamId id, Consumer& consumer);

    // Adds the consumers and what is pending to a group that has none.
    void copy_to(ConsumerGroup& empty) const;
    std::size_t memory_usage() const;

  private:
    void give(StreamId id, Pending& pending, Consumer& consumer);

    StreamId last_delivered_;
    std::optional<std::uint64_t> entries_read_;
    PendingMap pending_;
    ConsumerMap consumers_;
};

}  // namespace assay::redis
