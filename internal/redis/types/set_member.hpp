// SetMember: a byte string in a block of its own, as the table of a large set holds it.
//
// One length byte, or 255 and four of them, then the bytes: a member of up to 23 bytes takes the
// smallest block there is. Values only, no thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "internal/redis/memory/memory.hpp"
#include "internal/redis/table/linear_table.hpp"

namespace assay::redis {

class SetMember {
  public:
    // memory::release() ends it. `text` is shorter than 4 GiB.
    static SetMember* create(std::string_view text) {
        const bool is_long = text.size() >= kLong;
        const std::size_t head = is_long ? 1 + sizeof(std::uint32_t) : 1;
        auto* const block = static_cast<std::uint8_t*>(memory::allocate(head + text.size()));
        block[0] = is_long ? kLong : static_cast<std::uint8_t>(text.size());
        if (is_long) {
            const auto size = static_cast<std::uint32_t>(text.size());
            std::memcpy(block + 1, &size, sizeof size);
        }
        if (!text.empty()) std::memcpy(block + head, text.data(), text.size());
        return reinterpret_cast<SetMember*>(block);
    }

    std::string_view text() const noexcept {
        const auto* const data = reinterpret_cast<const char*>(this);
        if (first_ != kLong) return {data + 1, first_};
        std::uint32_t size = 0;
        std::memcpy(&size, data + 1, sizeof size);
        return {data + 1 + sizeof size, size};
    }

  private:
    static constexpr std::uint8_t kLong = 255;
    std::uint8_t first_;
};

struct SetMemberPolicy {
    using Entry = SetMember;
    static std::string_view key(const SetMember& member) noexcept { return member.text(); }
    static void destroy(SetMember* member) noexcept { memory::release(member); }
};

}  // namespace assay::redis
