#include "internal/redis/types/stream.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace assay::redis {

Stream::Stream() : state_(memory::create<State>()) {}

Stream Stream::clone() const {
    Stream copied;
    for (const auto& [id, node] : state_->nodes) {
        copied.adopt_node(id, Listpack::copy_of(node.bytes()));
    }
    State& state = *copied.state_;
    state.entries_added = state_->entries_added;
    state.last_id = state_->last_id;
    state.max_deleted_id = state_->max_deleted_id;
    for (const auto& [name, group] : state_->groups) {
        group.copy_to(*copied.add_group(name, group.last_delivered(), group.entries_read()));
    }
    return copied;
}

std::size_t Stream::memory_usage() const {
    constexpr std::size_t kMapNode = 4 * sizeof(void*) + sizeof(NodeMap::value_type);
    std::size_t bytes = memory::footprint(state_.get());
    for (const auto& [id, node] : state_->nodes) bytes += kMapNode + node.memory_usage();
    for (const auto& [name, group] : state_->groups) {
        bytes += kMapNode + sizeof(group) + name.capacity() + group.memory_usage();
    }
    return bytes;
}

Stream::NodeMap::const_iterator Stream::node_of(StreamId id) const {
    auto at = state_->nodes.upper_bound(id);
    if (at != state_->nodes.begin()) --at;
    return at;
}

StreamId Stream::top_id() const {
    StreamId top;
    for_each_reversed({}, kMaxStreamId, [&](const StreamEntry& entry) {
        top = entry.id();
        return false;
    });
    return top;
}

void Stream::renew_first_id() {
    state_->first_id = {};
    for_each({}, kMaxStreamId, [&](const StreamEntry& entry) {
        state_->first_id = entry.id();
        return false;
    });
}

bool Stream::contains(StreamId id) const {
    bool found = false;
    for_each(id, id, [&](const StreamEntry&) { found = true; });
    return found;
}

Appended Stream::choose_id(const IdRequest& request, std::uint64_t now_ms) const {
    const StreamId last = state_->last_id;
    const auto after_last = next_id(last);
    if (!after_last) return {AppendStatus::kExhausted, {}};
    StreamId id = request.id;
    if (request.kind == IdRequest::Kind::kAuto) {
        id = now_ms > last.ms ? StreamId{now_ms, 0} : *after_last;
    } else if (request.kind == IdRequest::Kind::kAutoSequence) {
        id.sequence = 0;
        if (id.ms == last.ms) id = *after_last;
        if (id.ms != request.id.ms) return {AppendStatus::kNotGreater, {}};
    }
    if (id <= last) return {AppendStatus::kNotGreater, {}};
    return {AppendStatus::kDone, id};
}

// The last node, if an entry of so many bytes may join it.
Listpack* Stream::open_node(std::size_t bytes, const Limits& limits) {
    if (state_->nodes.empty()) return nullptr;
    Listpack& node = state_->nodes.rbegin()->second;
    std::size_t max_bytes = limits.stream_node_max_bytes;
    if (max_bytes == 0 || max_bytes > Listpack::kMaxBytes) max_bytes = Listpack::kMaxBytes;
    if (node.size_bytes() + bytes >= max_bytes) return nullptr;
    const auto deleted_at = node.next(node.first());
    const auto entries = static_cast<std::size_t>(node.value(node.first()).integer() +
                                                  node.value(deleted_at).integer());
    const std::size_t max_entries = limits.stream_node_max_entries;
    if (max_entries != 0 && entries >= max_entries) return nullptr;
    return &node;
}

Appended Stream::append(const IdRequest& request, std::uint64_t now_ms,
                        std::span<const std::string_view> fields, const Limits& limits) {
    const Appended chosen = choose_id(request, now_ms);
    if (chosen.status != AppendStatus::kDone) return chosen;
    constexpr std::size_t kFrame = 10;  // an element's own bytes beside its text, at most
    std::size_t bytes = 0;
    for (const std::string_view item : fields) {
        if (item.size() > kMaxPackedElementBytes) return {AppendStatus::kTooLarge, {}};
        bytes += item.size();
    }
    if (bytes + (fields.size() + 16) * kFrame > Listpack::kMaxBytes) {
        return {AppendStatus::kTooLarge, {}};
    }
    if (Listpack* node = open_node(bytes, limits)) {
        const StreamId node_id = state_->nodes.rbegin()->first;
        stream_node::append(*node, node_id, chosen.id, fields);
    } else {
        state_->nodes.emplace_hint(state_->nodes.end(), chosen.id, stream_node::make(fields));
    }
    if (state_->size == 0) state_->first_id = chosen.id;
    ++state_->size;
    ++state_->entries_added;
    state_->last_id = chosen.id;
    return chosen;
}

bool Stream::remove(StreamId id) {
    const auto constant = node_of(id);
    if (constant == state_->nodes.end() || constant->first > id) return false;
    const auto at = state_->nodes.find(constant->first);
    Listpack& node = at->second;
    const stream_node::Head head = stream_node::read_head(node);
    for (auto place = head.first_entry; place != node.end_position();) {
        const stream_node::Entry entry = stream_node::entry_at(node, at->first, head, place);
        place = entry.end;
        if (entry.id < id) continue;
        if (entry.id > id || entry.is_deleted) return false;
        if (head.live == 1) {
            state_->nodes.erase(at);
        } else {
            stream_node::mark_deleted(node, entry);
        }
        --state_->size;
        state_->max_deleted_id = std::max(state_->max_deleted_id, id);
        if (state_->size == 0 || id == state_->first_id) renew_first_id();
        return true;
    }
    return false;
}

bool Stream::goes_whole(const NodeMap::value_type& node, std::size_t live, const Trim& trim) const {
    if (trim.strategy == Trim::Strategy::kMaxLength) return state_->size - live >= trim.max_length;
    const ListpackView& view = node.second;
    const auto last = stream_node::entry_before(view, node.first, stream_node::read_head(view),
                                                view.end_position());
    return last->id < trim.min_id;
}

// Removes what is too much from the front of a node.
std::size_t Stream::trim_inside(NodeMap::iterator at, const Trim& trim) {
    Listpack& node = at->second;
    std::size_t removed = 0;
    stream_node::Head head = stream_node::read_head(node);
    for (auto place = head.first_entry; place != node.end_position();) {
        const stream_node::Entry entry = stream_node::entry_at(node, at->first, head, place);
        const bool is_enough = trim.strategy == Trim::Strategy::kMaxLength
                                   ? state_->size <= trim.max_length
                                   : entry.id >= trim.min_id;
        if (is_enough) break;
        place = entry.end;
        if (entry.is_deleted) continue;
        const auto bytes = static_cast<std::ptrdiff_t>(node.size_bytes());
        stream_node::mark_deleted(node, entry);
        place = static_cast<ListpackView::Position>(
            place + (static_cast<std::ptrdiff_t>(node.size_bytes()) - bytes));
        head = stream_node::read_head(node);
        --state_->size;
        ++removed;
    }
    if (head.live == 0) state_->nodes.erase(at);
    return removed;
}

std::uint64_t Stream::trim(const Trim& trim) {
    std::uint64_t removed = 0;
    for (auto at = state_->nodes.begin(); at != state_->nodes.end();) {
        const bool is_short = state_->size <= trim.max_length;
        if (trim.strategy == Trim::Strategy::kMaxLength && is_short) break;
        const std::size_t live = stream_node::read_head(at->second).live;
        if (trim.limit != 0 && removed + live > trim.limit) break;
        if (goes_whole(*at, live, trim)) {
            state_->size -= live;
            removed += live;
            at = state_->nodes.erase(at);
            continue;
        }
        if (!trim.is_approximate) removed += trim_inside(at, trim);
        break;
    }
    if (removed > 0) renew_first_id();
    return removed;
}

ConsumerGroup* Stream::find_group(std::string_view name) {
    const auto found = state_->groups.find(name);
    return found == state_->groups.end() ? nullptr : &found->second;
}

ConsumerGroup* Stream::add_group(std::string_view name, StreamId last_delivered,
                                 std::optional<std::uint64_t> entries_read) {
    const auto [at, is_new] =
        state_->groups.try_emplace(AccountedString(name), last_delivered, entries_read);
    return is_new ? &at->second : nullptr;
}

bool Stream::remove_group(std::string_view name) {
    const auto found = state_->groups.find(name);
    if (found == state_->groups.end()) return false;
    state_->groups.erase(found);
    return true;
}

// Whether something from `id` on was deleted, so that counting from the end would be wrong.
bool Stream::has_tombstone_from(StreamId id) const {
    return state_->size > 0 && !state_->max_deleted_id.is_zero() && id <= state_->max_deleted_id;
}

void Stream::advance(ConsumerGroup& group, StreamId delivered) const {
    if (delivered <= group.last_delivered()) return;
    std::optional<std::uint64_t> read = group.entries_read();
    if (read && !has_tombstone_from(group.last_delivered())) {
        ++*read;
    } else if (state_->entries_added > 0) {
        read = entries_up_to(delivered);
    }
    group.set_position(delivered, read);
}

std::optional<std::uint64_t> Stream::entries_up_to(StreamId id) const {
    const State& state = *state_;
    if (state.entries_added == 0) return 0;
    if (state.size == 0 && id <= state.last_id) return state.entries_added;
    if (!id.is_zero() && id < state.max_deleted_id) return std::nullopt;
    if (id == state.last_id) return state.entries_added;
    if (id > state.last_id) return std::nullopt;
    const bool has_no_holes =
        state.max_deleted_id.is_zero() || state.max_deleted_id < state.first_id;
    if (has_no_holes && id < state.first_id) return state.entries_added - state.size;
    if (has_no_holes && id == state.first_id) return state.entries_added - state.size + 1;
    return std::nullopt;
}

std::optional<std::int64_t> Stream::lag(const ConsumerGroup& group) const {
    const State& state = *state_;
    if (state.entries_added == 0 || state.size == 0) return 0;
    const StreamId position = group.last_delivered();
    const bool has_all_ahead = position < state.first_id && state.max_deleted_id < state.first_id;
    if (has_all_ahead) return static_cast<std::int64_t>(state.size);
    std::optional<std::uint64_t> read = group.entries_read();
    if (!read || has_tombstone_from(position)) read = entries_up_to(position);
    if (!read) return std::nullopt;
    return static_cast<std::int64_t>(state.entries_added - *read);
}

AutoClaimed Stream::auto_claim(ConsumerGroup& group, Consumer& consumer, StreamId start,
                               std::size_t count, const Claim& how, std::int64_t now_ms) const {
    constexpr std::size_t kAttemptsPerEntry = 10;
    AutoClaimed result{};
    std::size_t attempts = count * kAttemptsPerEntry;
    auto at = group.pending().lower_bound(start);
    for (; attempts > 0 && count > 0 && at != group.pending().end(); --attempts) {
        const StreamId id = at->first;
        ++at;
        if (!contains(id)) {
            group.acknowledge(id);
            result.deleted.push_back(id);
            --count;
        } else if (group.claim(id, *group.find_pending(id), consumer, how, now_ms)) {
            result.claimed.push_back(id);
            --count;
        }
    }
    if (at != group.pending().end()) result.next = at->first;
    return result;
}

void Stream::adopt_node(StreamId node_id, Listpack node) {
    const bool was_empty = empty();
    state_->size += stream_node::read_head(node).live;
    state_->nodes.emplace_hint(state_->nodes.end(), node_id, std::move(node));
    if (was_empty) renew_first_id();
}

namespace {

// Nodes of a radix tree over keys that share their first `depth` bytes: one per run of bytes
// without a branch, one per branch, one per key.
std::size_t count_radix_nodes(std::span<const StreamKey> keys, std::size_t depth) {
    const auto [differs, other] =
        std::mismatch(keys.front().begin(), keys.front().end(), keys.back().begin());
    static_cast<void>(other);
    const auto shared = static_cast<std::size_t>(differs - keys.front().begin());
    std::size_t nodes = (shared > depth ? 1 : 0) + 1;
    if (keys.size() == 1) return nodes;
    while (!keys.empty()) {
        const auto end = std::find_if(keys.begin(), keys.end(), [&](const StreamKey& key) {
            return key[shared] != keys.front()[shared];
        });
        const auto group = static_cast<std::size_t>(end - keys.begin());
        nodes += count_radix_nodes(keys.first(group), shared + 1);
        keys = keys.subspan(group);
    }
    return nodes;
}

}  // namespace

std::size_t Stream::radix_node_count() const {
    std::vector<StreamKey> keys;
    keys.reserve(state_->nodes.size());
    for (const auto& [id, node] : state_->nodes) keys.push_back(key_of(id));
    return keys.empty() ? 1 : count_radix_nodes(keys, 0);
}

}  // namespace assay::redis
