#include "internal/redis/types/list_chain.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace assay::redis {
namespace {

// With a limit by count, a node is still no larger than this.
constexpr std::size_t kSafeNodeBytes = 8192;
constexpr std::array<std::size_t, 5> kNodeBytes = {4096, 8192, 16384, 32768, 65536};

std::size_t node_bytes(std::int32_t setting) {
    if (setting >= 0) return kSafeNodeBytes;
    const auto level = static_cast<std::size_t>(-(std::int64_t{setting} + 1));
    return kNodeBytes[std::min(level, kNodeBytes.size() - 1)];
}

bool fits(const ListNodeView& node, const PackedElement& element, const ListNodeLimit& limit) {
    return !node.is_plain() && node.listpack_bytes() + element.size() <= limit.bytes &&
           node.count() < limit.count;
}

bool wants_plain_node(std::string_view element, const Limits& limits) {
    return element.size() >= std::min(limits.list_packed_threshold, kMaxPackedElementBytes);
}

// A node for this element and for more beside it. With a limit by count nobody knows how large they
// will be: such nodes grow as they need.
ListNode node_of(const PackedElement& element, const ListNodeLimit& limit, ListNode::Growth side) {
    ListNode node(limit.by_count ? element.size() : std::max(limit.bytes, element.size()), side);
    node.push_back(element);
    return node;
}

}  // namespace

ListNodeLimit::ListNodeLimit(const Limits& limits)
    : by_count(limits.list_max_listpack_size >= 0),
      bytes(node_bytes(limits.list_max_listpack_size)),
      count(by_count ? static_cast<std::size_t>(std::max(limits.list_max_listpack_size, 1))
                     : std::numeric_limits<std::uint32_t>::max()) {}

ListChain::ListChain(ListNode&& node) : size_(node.count()) {
    nodes_.push_back(std::move(node));
}

ListChain::ListChain(const ListChain& other) : size_(other.size_) {
    for (const ListNode& node : other.nodes_) nodes_.push_back(node.clone());
}

ListChain::Place ListChain::locate(std::size_t index) const {
    if (index < size_ / 2) {
        std::size_t node = 0;
        while (index >= nodes_[node].count()) index -= nodes_[node++].count();
        return {node, index};
    }
    std::size_t first = size_;  // of the node's elements
    std::size_t node = nodes_.size();
    while (first > index) first -= nodes_[--node].count();
    return {node, index - first};
}

void ListChain::push(std::string_view element, const Limits& limits, ListEnd end) {
    const bool in_front = end == ListEnd::kFront;
    const bool plain = wants_plain_node(element, limits);
    const ListNodeLimit limit(limits);
    const PackedElement packed(element);
    ++size_;
    if (!plain && !nodes_.empty()) {
        ListNode& outermost = in_front ? nodes_.front() : nodes_.back();
        if (fits(outermost, packed, limit)) {
            outermost.insert(in_front ? outermost.begin() : outermost.end(), packed);
            return;
        }
    }
    const auto growth = in_front ? ListNode::Growth::kFront : ListNode::Growth::kBack;
    ListNode node = plain ? ListNode::plain(element) : node_of(packed, limit, growth);
    if (in_front) {
        nodes_.push_front(std::move(node));
    } else {
        nodes_.push_back(std::move(node));
    }
}

void ListChain::pop(ListEnd end) {
    --size_;
    const bool in_front = end == ListEnd::kFront;
    ListNode& outermost = in_front ? nodes_.front() : nodes_.back();
    if (outermost.count() > 1) {
        outermost.erase(in_front ? outermost.begin() : entry_before(outermost.end()), 1);
    } else if (in_front) {
        nodes_.pop_front();
    } else {
        nodes_.pop_back();
    }
}

void ListChain::set(std::size_t index, std::string_view element, const Limits& limits) {
    const Place place = locate(index);
    ListNode& node = nodes_[place.node];
    if (!node.is_plain() && !wants_plain_node(element, limits)) {
        const PackedElement packed(element);
        const std::uint8_t* const entry = node.seek(place.index);
        const std::size_t changed = node.listpack_bytes() - entry_size(entry) + packed.size();
        if (changed <= ListNodeLimit(limits).bytes) {
            node.replace(entry, packed);
            return;
        }
    }
    erase_elements(index, 1);
    insert(index, element, limits);
}

void ListChain::insert(std::size_t index, std::string_view element, const Limits& limits) {
    if (index == 0) return push(element, limits, ListEnd::kFront);
    if (index == size_) return push(element, limits, ListEnd::kBack);
    const Place place = locate(index);
    if (place.index == 0) return insert_between(place.node, element, limits);
    const bool plain = wants_plain_node(element, limits);
    ListNode& node = nodes_[place.node];
    const std::uint8_t* const entry = node.seek(place.index);
    const PackedElement packed(element);
    if (!plain && fits(node, packed, ListNodeLimit(limits))) {
        node.insert(entry, packed);
        ++size_;
        return;
    }
    ListNode tail = node.split_off(entry, node.count() - place.index);
    nodes_.insert(nodes_.begin() + static_cast<std::ptrdiff_t>(place.node) + 1, std::move(tail));
    insert_between(place.node + 1, element, limits);
}

// Before the first element of `node`, which has a node before it.
void ListChain::insert_between(std::size_t node, std::string_view element, const Limits& limits) {
    const ListNodeLimit limit(limits);
    const auto at = nodes_.begin() + static_cast<std::ptrdiff_t>(node);
    ++size_;
    if (wants_plain_node(element, limits)) {
        nodes_.insert(at, ListNode::plain(element));
        return;
    }
    const PackedElement packed(element);
    if (fits(nodes_[node - 1], packed, limit)) {
        nodes_[node - 1].push_back(packed);
    } else if (fits(nodes_[node], packed, limit)) {
        nodes_[node].push_front(packed);
    } else {
        nodes_.insert(at, node_of(packed, limit, ListNode::Growth::kBack));
    }
}

void ListChain::erase(std::size_t index, std::size_t count, const Limits& limits) {
    const std::size_t node = locate(index).node;
    erase_elements(index, count);
    merge_around(node, limits);
}

void ListChain::erase_elements(std::size_t index, std::size_t count) {
    Place place = locate(index);
    size_ -= count;
    if (place.index > 0) {
        ListNode& node = nodes_[place.node];
        const std::size_t here = std::min(count, node.count() - place.index);
        node.erase(node.seek(place.index), here);
        count -= here;
        ++place.node;
    }
    std::size_t last = place.node;
    while (count > 0 && nodes_[last].count() <= count) count -= nodes_[last++].count();
    const auto first = nodes_.begin() + static_cast<std::ptrdiff_t>(place.node);
    nodes_.erase(first, first + static_cast<std::ptrdiff_t>(last - place.node));
    if (count > 0) nodes_[place.node].erase(nodes_[place.node].begin(), count);
}

void ListChain::merge_around(std::size_t node, const Limits& limits) {
    const ListNodeLimit limit(limits);
    std::size_t left = node == 0 ? 0 : node - 1;
    while (left <= node && left + 1 < nodes_.size()) {
        ListNode& into = nodes_[left];
        const ListNode& from = nodes_[left + 1];
        const bool small = !into.is_plain() && !from.is_plain() &&
                           into.listpack_bytes() + from.entry_bytes() <= limit.bytes / 2 &&
                           into.count() + from.count() <= limit.count;
        if (!small) {
            ++left;
            continue;
        }
        into.append(from);
        nodes_.erase(nodes_.begin() + static_cast<std::ptrdiff_t>(left) + 1);
    }
}

std::size_t ListChain::remove(const ListMatch& match, std::size_t most, ListEnd end) {
    std::size_t removed = 0;
    std::size_t kept = 0;
    for (std::size_t left = nodes_.size(); left > 0 && removed < most; --left) {
        const std::size_t at = end == ListEnd::kFront ? kept : left - 1;
        removed += match.remove_from(nodes_[at], most - removed, end);
        if (nodes_[at].count() > 0) {
            ++kept;
        } else {
            nodes_.erase(nodes_.begin() + static_cast<std::ptrdiff_t>(at));
        }
    }
    size_ -= removed;
    return removed;
}

void ListChain::append(ListNode&& node) {
    size_ += node.count();
    nodes_.push_back(std::move(node));
}

ListNode ListChain::take_only_node() {
    ListNode node = std::move(nodes_.front());
    nodes_.clear();
    size_ = 0;
    return node;
}

std::size_t ListChain::memory_usage(std::size_t samples) const {
    const std::size_t looked_at = samples == 0 ? nodes_.size() : std::min(samples, nodes_.size());
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < looked_at; ++i) bytes += nodes_[i].memory_usage();
    if (looked_at > 0) bytes = bytes * nodes_.size() / looked_at;
    return bytes + nodes_.size() * sizeof(ListNode);
}

}  // namespace assay::redis
