#include "internal/redis/types/list_match.hpp"

namespace assay::redis {

std::size_t ListMatch::remove_from(ListNode& node, std::size_t most, ListEnd end) const {
    if (node.is_plain()) {
        if (node.plain_text() != text_) return 0;
        node = ListNode(0);
        return 1;
    }
    std::size_t removed = 0;
    if (end == ListEnd::kFront) {
        for (const std::uint8_t* entry = node.begin(); entry != node.end() && removed < most;) {
            const bool match = packed_.equals(entry);
            entry = match ? node.erase(entry, 1) : entry_after(entry);
            removed += match ? 1 : 0;
        }
        return removed;
    }
    for (const std::uint8_t* behind = node.end(); behind != node.begin() && removed < most;) {
        const std::uint8_t* const entry = entry_before(behind);
        const bool match = packed_.equals(entry);
        behind = match ? node.erase(entry, 1) : entry;
        removed += match ? 1 : 0;
    }
    return removed;
}

}  // namespace assay::redis
