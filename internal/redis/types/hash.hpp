// Hash: fields and their values.
//
// Small hashes are a listpack of field, value, field, value…, larger ones a table (linear hashing,
// one block per field with its value). The rules of Redis 7.2 decide from what is added; a hash
// never goes back. One word owns either form, so a small hash is one allocation.
//
// A field may have a deadline (HEXPIRE). The first one turns the hash into a table, reported as
// hashtable, also where Redis 7.4 would say listpackex: few hashes have them, and one home for
// deadlines is enough. (Rejected: a third form with triples in the listpack.) No method looks at a
// clock: whoever reads or changes at a time calls drop_expired() with it before, which costs one
// comparison when nothing is due.
//
// The empty hash is a null word. Texts are borrowed until the next change; arguments must not lie
// in the hash that is changed, and are shorter than 4 GiB. No thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "internal/redis/memory/memory.hpp"
#include "internal/redis/table/linear_table.hpp"
#include "internal/redis/types/hash_field.hpp"
#include "internal/redis/types/limits.hpp"
#include "internal/redis/types/listpack.hpp"
#include "internal/redis/types/sampling.hpp"

namespace assay::redis {

class Hash {
  public:
    Hash() = default;
    Hash(Hash&& other) noexcept : word_(std::exchange(other.word_, 0)) {}
    Hash& operator=(Hash&& other) noexcept {
        std::swap(word_, other.word_);
        return *this;
    }
    Hash(const Hash&) = delete;
    Hash& operator=(const Hash&) = delete;
    ~Hash();
    Hash clone() const;
    // Of a validated listpack with an even number of elements, from RESTORE; settle() afterwards.
    static Hash of_listpack(Listpack&& pack);

    // Number of fields.
    std::size_t size() const;
    bool empty() const { return size() == 0; }
    // As OBJECT ENCODING says: "listpack" or "hashtable".
    std::string_view encoding() const { return is_table() ? "hashtable" : "listpack"; }

    // What a command is about to set: the number of fields, and the length of the longest text
    // among fields and values.
    void expect(std::size_t fields, std::size_t longest_text, const Limits& limits);
    // Whether the field is new. An overwritten one loses its deadline unless told otherwise.
    enum class Deadline { kDrop, kKeep };
    bool set(std::string_view field, std::string_view value, const Limits& limits,
             Deadline deadline = Deadline::kDrop);
    std::optional<PackedValue> get(std::string_view field) const;
    bool contains(std::string_view field) const { return get(field).has_value(); }
    // False when it was not there.
    bool erase(std::string_view field);
    // Leaves the packed form if it is too large by these limits.
    void settle(const Limits& limits);

    // visit(field, value), both PackedValue, for every field.
    template <class Visit>
    void for_each(Visit&& visit) const;
    // The same in parts (LinearTable::scan); a packed hash is one part.
    template <class Visit>
    std::uint64_t scan(std::uint64_t cursor, Visit&& visit) const;
    // visit(field, value) for one field, each with the same chance; the hash is not empty.
    template <class Random, class Visit>
    void sample(Random& random, Visit&& visit) const;
    // The same for `count` different fields, or for all when there are no more.
    template <class Random, class Visit>
    void sample_distinct(std::size_t count, Random& random, Visit&& visit) const;

    // Deadlines, in milliseconds of whatever clock the caller uses. The field ends at the deadline.
    // False when there is no such field.
    bool set_field_expiry(std::string_view field, std::int64_t at_ms);
    std::optional<std::int64_t> field_expiry(std::string_view field) const;
    // False when it has none.
    bool persist(std::string_view field);
    // How many fields have one.
    std::size_t volatile_size() const;
    // The earliest.
    std::optional<std::int64_t> next_expiry() const;
    // Removes fields whose deadline is not after now_ms, earliest first and at most so many;
    // visit(std::string_view field) sees each before it goes. Returns how many went.
    template <class Visit>
    std::size_t drop_expired(std::int64_t now_ms, Visit&& visit,
                             std::size_t most = std::numeric_limits<std::size_t>::max());

    // The listpack, for DUMP; empty for a table.
    std::span<const std::uint8_t> packed_bytes() const;
    // Bytes taken from the allocator; a table's fields are estimated from `samples` of them, 0
    // looks at all.
    std::size_t memory_usage(std::size_t samples = 5) const;

  private:
    struct Large {
        LinearTable<HashFieldPolicy> fields;
        FieldDeadlines deadlines;
    };
    static constexpr std::uintptr_t kTableTag = 1;

    bool is_table() const { return (word_ & kTableTag) != 0; }
    Large& large() const { return *reinterpret_cast<Large*>(word_ - kTableTag); }
    ListpackView listpack() const {
        return ListpackView(reinterpret_cast<const std::uint8_t*>(word_));
    }
    // edit(Listpack&) on the packed form.
    template <class Edit>
    void edit(Edit&& edit);

    bool has_room_for(std::string_view field, std::string_view value) const;
    bool set_packed(std::string_view field, std::string_view value);
    bool set_in_table(std::string_view field, std::string_view value, Deadline deadline);
    void make_table();
    // Gives the field a block with or without a place for a deadline.
    HashField* rebuild(LinearTable<HashFieldPolicy>::Position position, std::string_view value,
                       bool has_deadline);
    void drop_next();

    std::uintptr_t word_ = 0;  // a listpack, or Large* with the tag
};

template <class Visit>
void Hash::for_each(Visit&& visit) const {
    if (word_ == 0) return;
    if (is_table()) {
        large().fields.for_each([&](HashField* field) {
            visit(PackedValue(field->field()), PackedValue(field->value()));
        });
        return;
    }
    const auto end = listpack().end();
    for (auto at = listpack().begin(); at != end; ++at) {
        const PackedValue field = *at;
        visit(field, *++at);
    }
}

template <class Visit>
std::uint64_t Hash::scan(std::uint64_t cursor, Visit&& visit) const {
    if (is_table()) {
        return large().fields.scan(cursor, [&](HashField* field) {
            visit(PackedValue(field->field()), PackedValue(field->value()));
        });
    }
    for_each(visit);
    return 0;
}

template <class Random, class Visit>
void Hash::sample(Random& random, Visit&& visit) const {
    if (is_table()) {
        const HashField* const field = large().fields.sample(random);
        visit(PackedValue(field->field()), PackedValue(field->value()));
        return;
    }
    const ListpackView pack = listpack();
    const auto at = pack.seek(static_cast<std::int64_t>(random() % size() * 2));
    visit(pack.value(at), pack.value(pack.next(at)));
}

template <class Random, class Visit>
void Hash::sample_distinct(std::size_t count, Random& random, Visit&& visit) const {
    if (is_table()) {
        redis::sample_distinct(large().fields, count, random, [&](const HashField* field) {
            visit(PackedValue(field->field()), PackedValue(field->value()));
        });
        return;
    }
    Selection selection(count, size());
    for_each([&](PackedValue field, PackedValue value) {
        if (selection.takes_next(random)) visit(field, value);
    });
}

template <class Visit>
std::size_t Hash::drop_expired(std::int64_t now_ms, Visit&& visit, std::size_t most) {
    if (!is_table()) return 0;
    const FieldDeadlines& deadlines = large().deadlines;
    std::size_t dropped = 0;
    for (; dropped < most && !deadlines.empty() && deadlines.next_ms() <= now_ms; ++dropped) {
        visit(deadlines.next()->field());
        drop_next();
    }
    return dropped;
}

}  // namespace assay::redis
