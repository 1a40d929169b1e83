// Set: different byte strings, in no order.
//
// Three forms, chosen by the rules of Redis 7.2 from what is added, and never left downwards: an
// intset while all members are integers, a listpack while they are few and short, a table (linear
// hashing, a block per member). One word owns any of them and says in its low bits which it is, so
// a small set is one allocation. (Rejected: a virtual base; it would cost an object per set.)
//
// The empty set is a null word; it takes a form with the first member. Members are borrowed until
// the next change; arguments must not lie in the set that is changed. No thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "internal/redis/memory/memory.hpp"
#include "internal/redis/table/linear_table.hpp"
#include "internal/redis/types/intset.hpp"
#include "internal/redis/types/limits.hpp"
#include "internal/redis/types/listpack.hpp"
#include "internal/redis/types/sampling.hpp"
#include "internal/redis/types/set_member.hpp"

namespace assay::redis {

class Set {
  public:
    Set() = default;
    Set(Set&& other) noexcept : word_(std::exchange(other.word_, 0)) {}
    Set& operator=(Set&& other) noexcept {
        std::swap(word_, other.word_);
        return *this;
    }
    Set(const Set&) = delete;
    Set& operator=(const Set&) = delete;
    ~Set();
    Set clone() const;
    // Of validated blobs, as they come from RESTORE; settle() afterwards.
    static Set of_intset(IntSet&& ints);
    static Set of_listpack(Listpack&& pack);

    std::size_t size() const;
    bool empty() const { return size() == 0; }
    // As OBJECT ENCODING says: "intset", "listpack" or "hashtable".
    std::string_view encoding() const;

    // What a command is about to add, so that the form is right from the start and a table has its
    // members allocated once: the number of members, and the first of them.
    void expect(std::string_view first, std::size_t members, const Limits& limits);
    // False when it was there already.
    bool add(std::string_view member, const Limits& limits);
    // False when it was not there.
    bool remove(std::string_view member);
    bool contains(std::string_view member) const;
    bool contains(PackedValue member) const;
    // Takes the form of an intset if all members are integers and few enough, as results of
    // intersections do.
    void narrow_to_integers(const Limits& limits);
    // Leaves a packed form that is too large by these limits.
    void settle(const Limits& limits);

    // visit(PackedValue) for every member.
    template <class Visit>
    void for_each(Visit&& visit) const;
    // The same in parts (LinearTable::scan); packed forms are one part.
    template <class Visit>
    std::uint64_t scan(std::uint64_t cursor, Visit&& visit) const;

    // One member, each with the same chance; the set is not empty.
    template <class Random>
    PackedValue sample(Random& random) const;
    // visit(PackedValue) for `count` different members, or for all when there are no more.
    template <class Random, class Visit>
    void sample_distinct(std::size_t count, Random& random, Visit&& visit) const;
    // Removes one member; visit(PackedValue) sees it before. The set is not empty.
    template <class Random, class Visit>
    void pop(Random& random, Visit&& visit);

    // The blob of an intset or a listpack, for DUMP; empty for a table.
    std::span<const std::uint8_t> packed_bytes() const;
    // Bytes taken from the allocator; a table's members are estimated from `samples` of them, 0
    // looks at all.
    std::size_t memory_usage(std::size_t samples = 5) const;

  private:
    using Table = LinearTable<SetMemberPolicy>;
    enum class Form : std::uintptr_t { kIntSet = 0, kListpack = 1, kTable = 2 };
    static constexpr std::uintptr_t kFormMask = 3;

    Form form() const { return static_cast<Form>(word_ & kFormMask); }
    std::uint8_t* blob() const { return reinterpret_cast<std::uint8_t*>(word_ & ~kFormMask); }
    Table& table() const { return *reinterpret_cast<Table*>(word_ & ~kFormMask); }
    IntSetView ints() const { return IntSetView(blob()); }
    ListpackView listpack() const { return ListpackView(blob()); }
    void own(const void* pointer, Form form);
    // edit(IntSet&) or edit(Listpack&) on what the word owns; returns what it returns.
    template <class Packed, class Edit>
    auto edit(Edit&& edit);
    PackedValue packed_at(std::size_t index) const;
    void erase_packed(std::size_t index);
    bool add_to_ints(std::string_view member, const Limits& limits);
    bool add_to_listpack(std::string_view member, const Limits& limits);
    bool add_to_table(std::string_view member);
    bool ints_fit_listpack(std::string_view member, const Limits& limits) const;
    void make_listpack();
    void make_table();

    std::uintptr_t word_ = 0;
};

template <class Visit>
void Set::for_each(Visit&& visit) const {
    if (word_ == 0) return;
    switch (form()) {
        case Form::kIntSet: {
            const IntSetView members = ints();
            for (std::size_t i = 0; i < members.size(); ++i) visit(PackedValue(members.at(i)));
            return;
        }
        case Form::kListpack:
            for (const PackedValue value : listpack()) visit(value);
            return;
        case Form::kTable:
            table().for_each([&](SetMember* member) { visit(PackedValue(member->text())); });
    }
}

template <class Visit>
std::uint64_t Set::scan(std::uint64_t cursor, Visit&& visit) const {
    if (form() == Form::kTable) {
        return table().scan(cursor, [&](SetMember* member) { visit(PackedValue(member->text())); });
    }
    for_each(visit);
    return 0;
}

template <class Random>
PackedValue Set::sample(Random& random) const {
    if (form() == Form::kTable) return table().sample(random)->text();
    return packed_at(random() % size());
}

template <class Random, class Visit>
void Set::sample_distinct(std::size_t count, Random& random, Visit&& visit) const {
    if (form() == Form::kTable) {
        redis::sample_distinct(table(), count, random, [&](const SetMember* member) {
            visit(PackedValue(member->text()));
        });
        return;
    }
    Selection selection(count, size());
    for_each([&](PackedValue value) {
        if (selection.takes_next(random)) visit(value);
    });
}

template <class Random, class Visit>
void Set::pop(Random& random, Visit&& visit) {
    if (form() == Form::kTable) {
        SetMember* const member = table().sample(random);
        visit(PackedValue(member->text()));
        memory::release(table().take(member->text()));
        return;
    }
    const std::size_t index = random() % size();
    visit(packed_at(index));
    erase_packed(index);
}

}  // namespace assay::redis
