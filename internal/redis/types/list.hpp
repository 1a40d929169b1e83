// List: a sequence of byte strings, cheap at both ends.
//
// A small list is one node (list_node.hpp): one allocation beside the word that owns it, reported
// as listpack. A larger one is a deque of nodes (list_chain.hpp), reported as quicklist. Limits of
// Redis 7.2 decide: a list leaves the small form when what is added would exceed
// list-max-listpack-size, and returns to it when one node is left at half of that. Inside the deque
// a node holds as much as that setting says, so that DUMP has the nodes that Redis expects.
//
// Constant time: size, push, pop, front, back. By index: a walk over nodes, each one header, from
// the nearer end, then over at most one node. (Rejected: an index over the nodes; a million
// elements are 1500 of them. Redis' compression of inner nodes: it trades the memory of a rare case
// for a branch everywhere; the setting is accepted and changes nothing.)
//
// The empty list is a null word without an allocation; the keyspace has no empty lists. Values are
// borrowed until the next change. Arguments must not lie in the list that is changed. No thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "internal/redis/types/limits.hpp"
#include "internal/redis/types/list_chain.hpp"
#include "internal/redis/types/list_match.hpp"
#include "internal/redis/types/list_node.hpp"

namespace assay::redis {

class List {
  public:
    List() = default;
    List(List&& other) noexcept : word_(std::exchange(other.word_, 0)) {}
    List& operator=(List&& other) noexcept {
        std::swap(word_, other.word_);
        return *this;
    }
    List(const List&) = delete;
    List& operator=(const List&) = delete;
    ~List();
    List clone() const;

    std::size_t size() const {
        if (is_chain()) return chain().size();
        return word_ == 0 ? 0 : only_node().count();
    }
    bool empty() const { return size() == 0; }
    // As OBJECT ENCODING says: "listpack" or "quicklist".
    std::string_view encoding() const { return is_chain() ? "quicklist" : "listpack"; }

    // One after the other, so the last one given ends up outermost. A batch is one step for the
    // limits: what a command adds is passed in one call.
    void push_front(std::span<const std::string_view> elements, const Limits& limits) {
        push(elements, ListEnd::kFront, limits);
    }
    void push_back(std::span<const std::string_view> elements, const Limits& limits) {
        push(elements, ListEnd::kBack, limits);
    }
    void push_front(std::string_view element, const Limits& limits) {
        push_front({&element, 1}, limits);
    }
    void push_back(std::string_view element, const Limits& limits) {
        push_back({&element, 1}, limits);
    }

    // The list is not empty.
    PackedValue front() const;
    PackedValue back() const;
    void pop_front(const Limits& limits) { pop(ListEnd::kFront, limits); }
    void pop_back(const Limits& limits) { pop(ListEnd::kBack, limits); }

    // index < size().
    PackedValue at(std::size_t index) const;
    void set(std::size_t index, std::string_view element, const Limits& limits);
    // The element comes to stand at that index; index <= size().
    void insert(std::size_t index, std::string_view element, const Limits& limits);
    // Removes up to `count` from `index` on.
    void erase(std::size_t index, std::size_t count, const Limits& limits);
    // Keeps up to `count` from `index` on.
    void keep(std::size_t index, std::size_t count, const Limits& limits);
    // Removes the first elements equal to `element`, or the last ones; returns how many.
    std::size_t remove(std::string_view element, std::size_t most, ListEnd end,
                       const Limits& limits);

    // visit(PackedValue) for up to `count` elements from `index` on; backward: towards the front.
    template <class Visit>
    void for_each(std::size_t index, std::size_t count, Visit&& visit) const;
    template <class Visit>
    void for_each_backward(std::size_t index, std::size_t count, Visit&& visit) const;
    template <class Visit>
    void for_each(Visit&& visit) const {
        for_each(0, size(), visit);
    }

    // Indices of elements equal to `element`, in the order of the search: `skip` matches are passed
    // over, `most_looked_at` elements are compared (0: all), `found` says whether to go on.
    using Found = std::function<bool(std::size_t index)>;
    void search(std::string_view element, ListEnd end, std::size_t skip, std::size_t most_looked_at,
                const Found& found) const;
    // The first one's index.
    std::optional<std::size_t> find(std::string_view element) const;

    // For DUMP and RESTORE: visit(const ListNodeView&), front to back.
    template <class Visit>
    void for_each_node(Visit&& visit) const;
    std::size_t node_count() const;
    // A node more at the back, of a validated listpack that is not empty; settle() when all are in.
    void append_listpack(ListpackView pack);
    void append_plain(std::string_view element);
    // Brings the list into the form that a list of this size is created in.
    void settle(const Limits& limits);

    // Bytes taken from the allocator; a long list is estimated from the first `samples` nodes, 0
    // looks at all.
    std::size_t memory_usage(std::size_t samples = 5) const;

  private:
    static constexpr std::uintptr_t kChainTag = 1;

    bool is_chain() const { return (word_ & kChainTag) != 0; }
    ListChain& chain() const { return *reinterpret_cast<ListChain*>(word_ - kChainTag); }
    ListNodeView only_node() const {
        return ListNodeView(reinterpret_cast<const std::uint8_t*>(word_));
    }
    ListNodeView node_at(std::size_t index) const {
        return is_chain() ? ListNodeView(chain().node(index)) : only_node();
    }
    // edit(ListNode&) for the node of a small list, which may be empty and is dropped when it is
    // empty afterwards.
    template <class Edit>
    void edit_only_node(Edit&& edit);

    ListChain::Place locate(std::size_t index) const {
        return is_chain() ? chain().locate(index) : ListChain::Place{0, index};
    }
    ListNode take_only_node();
    void make_chain();
    void push(std::span<const std::string_view> elements, ListEnd end, const Limits& limits);
    void pop(ListEnd end, const Limits& limits);
    void grow_for(std::size_t elements, std::size_t text_bytes, const Limits& limits);
    void shrink(const Limits& limits, std::size_t divisor = 2);

    std::uintptr_t word_ = 0;  // ListNode's block, or ListChain* with the tag
};

template <class Visit>
void List::for_each(std::size_t index, std::size_t count, Visit&& visit) const {
    if (index >= size()) return;
    auto [node, within] = locate(index);
    for (count = std::min(count, size() - index); count > 0; ++node, within = 0) {
        const ListNodeView view = node_at(node);
        std::size_t here = std::min(count, view.count() - within);
        count -= here;
        if (view.is_plain()) {
            visit(PackedValue(view.plain_text()));
            continue;
        }
        const std::uint8_t* entry = view.seek(within);
        for (; here > 0; --here, entry = entry_after(entry)) visit(entry_value(entry));
    }
}

template <class Visit>
void List::for_each_backward(std::size_t index, std::size_t count, Visit&& visit) const {
    if (index >= size() || count == 0) return;
    auto [node, within] = locate(index);
    for (count = std::min(count, index + 1);; within = node_at(--node).count() - 1) {
        const ListNodeView view = node_at(node);
        std::size_t here = std::min(count, within + 1);
        count -= here;
        if (view.is_plain()) {
            visit(PackedValue(view.plain_text()));
        } else {
            const std::uint8_t* entry = view.seek(within);
            for (; here > 0; --here) {
                visit(entry_value(entry));
                if (here > 1) entry = entry_before(entry);
            }
        }
        if (count == 0) return;
    }
}

template <class Visit>
void List::for_each_node(Visit&& visit) const {
    for (std::size_t i = 0; i < node_count(); ++i) visit(node_at(i));
}

}  // namespace assay::redis
