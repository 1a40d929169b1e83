// A stream: entries of field-value pairs, ordered by an id that only grows, and consumer groups.
//
// Entries lie in nodes (stream_node.hpp) of at most stream-node-max-bytes and -entries; an ordered
// map finds the node of an id. Appending touches the last node alone, a range starts with one
// look-up. The stream also remembers what its entries no longer tell: the last id given, how many
// entries there ever were, and the largest id deleted from its middle; from these a group's lag is
// worked out, where that is possible.
//
// One word owns the whole. Times are arguments, ids are made here. Visitors must not change the
// stream, and may return false to stop. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "internal/redis/types/consumer_group.hpp"
#include "internal/redis/types/limits.hpp"
#include "internal/redis/types/listpack.hpp"
#include "internal/redis/types/stream_id.hpp"
#include "internal/redis/types/stream_node.hpp"

namespace assay::redis {

// One entry as visited. Borrows the stream.
class StreamEntry {
  public:
    StreamEntry(const ListpackView& node, const stream_node::Head& head,
                const stream_node::Entry& entry)
        : node_(node), head_(head), entry_(entry) {}

    StreamId id() const { return entry_.id; }
    std::size_t field_count() const { return entry_.field_count; }
    // visit(PackedValue field, PackedValue value) for each pair.
    template <class Visit>
    void for_each_field(Visit visit) const;

  private:
    ListpackView node_;
    const stream_node::Head& head_;
    const stream_node::Entry& entry_;
};

// The id that XADD asks for: all of it, its milliseconds, or none.
struct IdRequest {
    enum class Kind { kExplicit, kAutoSequence, kAuto };
    Kind kind = Kind::kAuto;
    StreamId id = {};
};

enum class AppendStatus {
    kDone,
    kNotGreater,  // than the last id
    kExhausted,   // the last id is the largest there is
    kTooLarge,    // more bytes than a node can hold
};
struct Appended {
    AppendStatus status;
    StreamId id;  // kDone only
};

struct Trim {
    enum class Strategy { kMaxLength, kMinId };
    Strategy strategy = Strategy::kMaxLength;
    std::uint64_t max_length = 0;
    StreamId min_id = {};
    bool is_approximate = false;  // whole nodes only
    std::uint64_t limit = 0;      // of entries removed, whole nodes only; 0: none
};

struct AutoClaimed {
    StreamId next;                  // where to go on, 0-0 at the end
    std::vector<StreamId> claimed;  // in order
    std::vector<StreamId> deleted;  // were pending but are no longer in the stream
};

class Stream {
  public:
    using NodeMap = AccountedMap<StreamId, Listpack, std::less<StreamId>>;
    using GroupMap = AccountedMap<AccountedString, ConsumerGroup, NameLess>;

    Stream();
    Stream(Stream&&) noexcept = default;
    Stream& operator=(Stream&&) noexcept = default;
    ~Stream() = default;
    Stream clone() const;

    std::uint64_t size() const { return state_->size; }
    bool empty() const { return size() == 0; }
    std::string_view encoding() const { return "stream"; }
    std::size_t memory_usage() const;

    StreamId last_id() const { return state_->last_id; }
    // 0-0 when empty.
    StreamId first_id() const { return state_->first_id; }
    StreamId max_deleted_id() const { return state_->max_deleted_id; }
    std::uint64_t entries_added() const { return state_->entries_added; }
    // XSETID and payloads: the caller has checked them against top_id() and size().
    void set_last_id(StreamId id) { state_->last_id = id; }
    void set_max_deleted_id(StreamId id) { state_->max_deleted_id = id; }
    void set_entries_added(std::uint64_t count) { state_->entries_added = count; }
    // The largest id that is there; 0-0 when empty.
    StreamId top_id() const;

    // The id that a request gives now.
    Appended choose_id(const IdRequest& request, std::uint64_t now_ms) const;
    // `fields` is field, value, field, value…, not empty.
    Appended append(const IdRequest& request, std::uint64_t now_ms,
                    std::span<const std::string_view> fields, const Limits& limits);
    // False when there is no such entry.
    bool remove(StreamId id);
    // Returns how many entries went.
    std::uint64_t trim(const Trim& trim);
    bool contains(StreamId id) const;

    // visit(const StreamEntry&) for entries from `first` to `last`, both included, upwards or
    // downwards.
    template <class Visit>
    void for_each(StreamId first, StreamId last, Visit visit) const;
    template <class Visit>
    void for_each_reversed(StreamId first, StreamId last, Visit visit) const;

    const GroupMap& groups() const { return state_->groups; }
    ConsumerGroup* find_group(std::string_view name);
    // Null when that name is taken.
    ConsumerGroup* add_group(std::string_view name, StreamId last_delivered,
                             std::optional<std::uint64_t> entries_read);
    bool remove_group(std::string_view name);

    // Moves a group's position over an entry that it is given, and keeps its count of entries read
    // as exact as can be.
    void advance(ConsumerGroup& group, StreamId delivered) const;
    // How many entries of the whole history are up to this id, if that can be known.
    std::optional<std::uint64_t> entries_up_to(StreamId id) const;
    // Entries that the group has still to get; nullopt: cannot be known. Below zero where a client
    // has said that more were read than there are.
    std::optional<std::int64_t> lag(const ConsumerGroup& group) const;
    // Claims up to `count` pending entries from `start` on, looking at ten times as many at most.
    AutoClaimed auto_claim(ConsumerGroup& group, Consumer& consumer, StreamId start,
                           std::size_t count, const Claim& how, std::int64_t now_ms) const;

    // By node id. What DUMP carries.
    const NodeMap& nodes() const { return state_->nodes; }
    // A node read from a payload: validated, and behind all there are.
    void adopt_node(StreamId node_id, Listpack node);
    // The number of nodes of the radix tree that Redis would hold, which XINFO STREAM tells.
    std::size_t radix_node_count() const;

  private:
    struct State {
        NodeMap nodes;
        std::uint64_t size = 0;
        std::uint64_t entries_added = 0;
        StreamId last_id;
        StreamId first_id;
        StreamId max_deleted_id;
        GroupMap groups;
    };
    struct Destroy {
        void operator()(State* state) const { memory::destroy(state); }
    };

    // The node that holds ids from `id` on, or the next one.
    NodeMap::const_iterator node_of(StreamId id) const;
    Listpack* open_node(std::size_t bytes, const Limits& limits);
    std::size_t trim_inside(NodeMap::iterator at, const Trim& trim);
    bool goes_whole(const NodeMap::value_type& node, std::size_t live, const Trim& trim) const;
    void renew_first_id();
    bool has_tombstone_from(StreamId id) const;
    template <class Visit>
    static bool goes_on(Visit& visit, const StreamEntry& entry);

    std::unique_ptr<State, Destroy> state_;
};

template <class Visit>
void StreamEntry::for_each_field(Visit visit) const {
    auto item = entry_.first_item;
    auto master = head_.first_field;
    for (std::size_t i = 0; i < entry_.field_count; ++i) {
        auto& field = entry_.has_same_fields ? master : item;
        const PackedValue name = node_.value(field);
        field = node_.next(field);
        visit(name, node_.value(item));
        item = node_.next(item);
    }
}

template <class Visit>
bool Stream::goes_on(Visit& visit, const StreamEntry& entry) {
    if constexpr (std::is_void_v<decltype(visit(entry))>) {
        visit(entry);
        return true;
    } else {
        return visit(entry);
    }
}

template <class Visit>
void Stream::for_each(StreamId first, StreamId last, Visit visit) const {
    for (auto at = node_of(first); at != state_->nodes.end() && at->first <= last; ++at) {
        const ListpackView& node = at->second;
        const stream_node::Head head = stream_node::read_head(node);
        for (auto place = head.first_entry; place != node.end_position();) {
            const stream_node::Entry entry = stream_node::entry_at(node, at->first, head, place);
            if (entry.id > last) return;
            place = entry.end;
            if (entry.is_deleted || entry.id < first) continue;
            if (!goes_on(visit, StreamEntry(node, head, entry))) return;
        }
    }
}

template <class Visit>
void Stream::for_each_reversed(StreamId first, StreamId last, Visit visit) const {
    for (auto at = state_->nodes.upper_bound(last); at != state_->nodes.begin();) {
        --at;
        const ListpackView& node = at->second;
        const stream_node::Head head = stream_node::read_head(node);
        auto end = node.end_position();
        while (const auto entry = stream_node::entry_before(node, at->first, head, end)) {
            if (entry->id < first) return;
            end = entry->begin;
            if (entry->is_deleted || entry->id > last) continue;
            if (!goes_on(visit, StreamEntry(node, head, *entry))) return;
        }
    }
}

}  // namespace assay::redis
