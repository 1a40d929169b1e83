#include "internal/redis/types/list.hpp"

#include <algorithm>

#include "internal/redis/memory/memory.hpp"

namespace assay::redis {

List::~List() {
    if (is_chain()) {
        memory::destroy(&chain());
    } else {
        memory::release(reinterpret_cast<void*>(word_));
    }
}

List List::clone() const {
    List copy;
    if (is_chain()) {
        copy.word_ =
            reinterpret_cast<std::uintptr_t>(memory::create<ListChain>(chain())) | kChainTag;
    } else if (word_ != 0) {
        copy.edit_only_node([&](ListNode& node) { node.append(only_node()); });
    }
    return copy;
}

ListNode List::take_only_node() {
    const std::uintptr_t block = std::exchange(word_, 0);
    return block == 0 ? ListNode(0) : ListNode::adopt(reinterpret_cast<std::uint8_t*>(block));
}

template <class Edit>
void List::edit_only_node(Edit&& edit) {
    ListNode node = take_only_node();
    edit(node);
    word_ = node.count() == 0 ? 0 : reinterpret_cast<std::uintptr_t>(node.release());
}

void List::make_chain() {
    auto* const chain =
        word_ == 0 ? memory::create<ListChain>() : memory::create<ListChain>(take_only_node());
    word_ = reinterpret_cast<std::uintptr_t>(chain) | kChainTag;
}

void List::grow_for(std::size_t elements, std::size_t text_bytes, const Limits& limits) {
    if (is_chain()) return;
    const ListNodeLimit limit(limits);
    const std::size_t bytes = word_ == 0 ? ListpackView::kFrameBytes : only_node().listpack_bytes();
    if (bytes + text_bytes > limit.bytes || size() + elements > limit.count) make_chain();
}

void List::shrink(const Limits& limits, std::size_t divisor) {
    if (!is_chain() || chain().node_count() > 1) return;
    if (chain().node_count() == 1) {
        const ListNodeLimit limit(limits);
        const ListNode& node = chain().node(0);
        if (node.is_plain() || node.listpack_bytes() > limit.bytes / divisor ||
            node.count() > limit.count / divisor) {
            return;
        }
    }
    ListChain* const emptied = &chain();
    word_ = 0;
    if (emptied->node_count() == 1) {
        ListNode node = emptied->take_only_node();
        node.fit();
        word_ = reinterpret_cast<std::uintptr_t>(node.release());
    }
    memory::destroy(emptied);
}

void List::push(std::span<const std::string_view> elements, ListEnd end, const Limits& limits) {
    std::size_t bytes = 0;
    for (const std::string_view element : elements) bytes += element.size();
    grow_for(elements.size(), bytes, limits);
    if (is_chain()) {
        for (const std::string_view element : elements) chain().push(element, limits, end);
        return;
    }
    edit_only_node([&](ListNode& node) {
        for (const std::string_view element : elements) {
            node.insert(end == ListEnd::kFront ? node.begin() : node.end(), PackedElement(element));
        }
    });
}

PackedValue List::front() const {
    return node_at(0).at(0);
}

PackedValue List::back() const {
    const ListNodeView node = node_at(node_count() - 1);
    return node.at(node.count() - 1);
}

void List::pop(ListEnd end, const Limits& limits) {
    if (is_chain()) {
        chain().pop(end);
        shrink(limits);
        return;
    }
    edit_only_node([&](ListNode& node) {
        node.erase(end == ListEnd::kFront ? node.begin() : entry_before(node.end()), 1);
        node.fit();
    });
}

PackedValue List::at(std::size_t index) const {
    const ListChain::Place place = locate(index);
    return node_at(place.node).at(place.index);
}

void List::set(std::size_t index, std::string_view element, const Limits& limits) {
    grow_for(1, element.size(), limits);
    if (is_chain()) {
        chain().set(index, element, limits);
        shrink(limits);
        return;
    }
    edit_only_node([&](ListNode& node) { node.replace(node.seek(index), PackedElement(element)); });
}

void List::insert(std::size_t index, std::string_view element, const Limits& limits) {
    grow_for(1, element.size(), limits);
    if (is_chain()) {
        chain().insert(index, element, limits);
        return;
    }
    edit_only_node([&](ListNode& node) { node.insert(node.seek(index), PackedElement(element)); });
}

void List::erase(std::size_t index, std::size_t count, const Limits& limits) {
    if (index >= size() || count == 0) return;
    count = std::min(count, size() - index);
    if (is_chain()) {
        chain().erase(index, count, limits);
        shrink(limits);
        return;
    }
    edit_only_node([&](ListNode& node) {
        node.erase(node.seek(index), count);
        node.fit();
    });
}

void List::keep(std::size_t index, std::size_t count, const Limits& limits) {
    const std::size_t end = index >= size() ? index : index + std::min(count, size() - index);
    if (end < size()) erase(end, size() - end, limits);
    erase(0, index, limits);
}

std::size_t List::remove(std::string_view element, std::size_t most, ListEnd end,
                         const Limits& limits) {
    const ListMatch match(element);
    std::size_t removed = 0;
    if (is_chain()) {
        removed = chain().remove(match, most, end);
        shrink(limits);
    } else if (word_ != 0) {
        edit_only_node([&](ListNode& node) {
            removed = match.remove_from(node, most, end);
            node.fit();
        });
    }
    return removed;
}

void List::search(std::string_view element, ListEnd end, std::size_t skip,
                  std::size_t most_looked_at, const Found& found) const {
    const ListMatch match(element);
    const bool forward = end == ListEnd::kFront;
    const std::size_t nodes = node_count();
    std::size_t looked_at = 0;
    std::size_t first = forward ? 0 : size();  // of the node's elements
    for (std::size_t i = 0; i < nodes; ++i) {
        const ListNodeView node = node_at(forward ? i : nodes - 1 - i);
        if (!forward) first -= node.count();
        const bool more = match.compare_each(node, end, [&](std::size_t index, bool matches) {
            ++looked_at;
            if (matches && skip > 0) {
                --skip;
            } else if (matches && !found(first + index)) {
                return false;
            }
            return looked_at != most_looked_at;
        });
        if (!more) return;
        if (forward) first += node.count();
    }
}

std::optional<std::size_t> List::find(std::string_view element) const {
    std::optional<std::size_t> first;
    search(element, ListEnd::kFront, 0, 0, [&](std::size_t index) {
        first = index;
        return false;
    });
    return first;
}

std::size_t List::node_count() const {
    if (is_chain()) return chain().node_count();
    return word_ == 0 ? 0 : 1;
}

void List::append_listpack(ListpackView pack) {
    if (!is_chain()) make_chain();
    chain().append(ListNode::copy_of(pack));
}

void List::append_plain(std::string_view element) {
    if (!is_chain()) make_chain();
    chain().append(ListNode::plain(element));
}

void List::settle(const Limits& limits) {
    if (is_chain()) {
        shrink(limits, 1);
    } else {
        grow_for(0, 0, limits);
    }
}

std::size_t List::memory_usage(std::size_t samples) const {
    if (is_chain()) return memory::footprint(&chain()) + chain().memory_usage(samples);
    return word_ == 0 ? 0 : only_node().memory_usage();
}

}  // namespace assay::redis
