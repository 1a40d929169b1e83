// ListChain: the large form of a list, a deque of nodes that hold as much as the limits say.
//
// A node takes elements while it is below the limit; an element in the middle of a full node splits
// it, and erasing joins small neighbours again, so that no crumbs are left. No node is empty. The
// deque (not a linked list, as Redis has) gives the walk by index one cache miss per node, which
// the processor overlaps. Values only, no thread.
#pragma once

#include <cstddef>
#include <deque>
#include <string_view>

#include "internal/redis/memory/memory.hpp"
#include "internal/redis/types/limits.hpp"
#include "internal/redis/types/list_match.hpp"
#include "internal/redis/types/list_node.hpp"

namespace assay::redis {

// What a node may hold, by list-max-listpack-size.
struct ListNodeLimit {
    explicit ListNodeLimit(const Limits& limits);
    bool by_count;      // the setting is a number of elements
    std::size_t bytes;  // as a listpack
    std::size_t count;
};

class ListChain {
  public:
    struct Place {
        std::size_t node;
        std::size_t index;  // within the node
    };

    ListChain() = default;
    // Of one packed node that is not empty.
    explicit ListChain(ListNode&& node);
    ListChain(const ListChain& other);
    ListChain& operator=(const ListChain&) = delete;

    std::size_t size() const { return size_; }
    std::size_t node_count() const { return nodes_.size(); }
    const ListNode& node(std::size_t index) const { return nodes_[index]; }
    Place locate(std::size_t index) const;  // index < size()

    void push(std::string_view element, const Limits& limits, ListEnd end);
    void pop(ListEnd end);
    // index < size().
    void set(std::size_t index, std::string_view element, const Limits& limits);
    // index <= size().
    void insert(std::size_t index, std::string_view element, const Limits& limits);
    // All of them are there.
    void erase(std::size_t index, std::size_t count, const Limits& limits);
    std::size_t remove(const ListMatch& match, std::size_t most, ListEnd end);
    // A node more at the back.
    void append(ListNode&& node);
    // The only node, which leaves an empty chain behind.
    ListNode take_only_node();

    std::size_t memory_usage(std::size_t samples) const;

  private:
    void insert_between(std::size_t node, std::string_view element, const Limits& limits);
    void erase_elements(std::size_t index, std::size_t count);
    void merge_around(std::size_t node, const Limits& limits);

    std::size_t size_ = 0;  // elements
    std::deque<ListNode, memory::Allocator<ListNode>> nodes_;
};

}  // namespace assay::redis
