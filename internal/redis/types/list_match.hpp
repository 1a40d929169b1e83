// What a list is searched for, and the search within one node.
//
// In packed nodes elements are compared as bytes of an entry, in plain ones as text. Borrows the
// text. Values only, no thread.
#pragma once

#include <cstddef>
#include <string_view>

#include "internal/redis/types/list_node.hpp"

namespace assay::redis {

// The end of a list, or of a node, that something begins at.
enum class ListEnd { kFront, kBack };

class ListMatch {
  public:
    explicit ListMatch(std::string_view element) : text_(element), packed_(element) {}

    // Removes up to `most` equal elements, the first ones from that end; returns how many. A plain
    // node that matches is an empty packed one afterwards.
    std::size_t remove_from(ListNode& node, std::size_t most, ListEnd end) const;

    // visit(index in the node, whether it is equal) for the elements in turn, until that says no;
    // false then.
    template <class Visit>
    bool compare_each(const ListNodeView& node, ListEnd end, Visit&& visit) const;

  private:
    std::string_view text_;
    PackedElement packed_;
};

template <class Visit>
bool ListMatch::compare_each(const ListNodeView& node, ListEnd end, Visit&& visit) const {
    if (node.is_plain()) return visit(std::size_t{0}, node.plain_text() == text_);
    if (end == ListEnd::kFront) {
        std::size_t index = 0;
        for (const std::uint8_t* entry = node.begin(); entry != node.end(); ++index) {
            if (!visit(index, packed_.equals(entry))) return false;
            entry = entry_after(entry);
        }
        return true;
    }
    const std::uint8_t* entry = node.end();
    for (std::size_t index = node.count(); index-- > 0;) {
        entry = entry_before(entry);
        if (!visit(index, packed_.equals(entry))) return false;
    }
    return true;
}

}  // namespace assay::redis
