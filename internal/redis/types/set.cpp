#include "internal/redis/types/set.hpp"

#include <algorithm>

namespace assay::redis {
namespace {

// More members would make changes of one array too slow, whatever the setting.
constexpr std::size_t kMaxIntSetEntries = std::size_t{1} << 30;

std::size_t max_intset_entries(const Limits& limits) {
    return std::min(limits.set_max_intset_entries, kMaxIntSetEntries);
}

bool is_short(std::size_t text_size, const Limits& limits) {
    return text_size <= std::min(limits.set_max_listpack_value, kMaxPackedElementBytes);
}

}  // namespace

Set::~Set() {
    if (word_ == 0) return;
    if (form() == Form::kTable) {
        memory::destroy(&table());
    } else {
        memory::release(blob());
    }
}

Set Set::of_intset(IntSet&& ints) {
    Set set;
    set.own(ints.release(), Form::kIntSet);
    return set;
}

Set Set::of_listpack(Listpack&& pack) {
    Set set;
    set.own(pack.release(), Form::kListpack);
    return set;
}

Set Set::clone() const {
    if (word_ == 0) return {};
    if (form() == Form::kIntSet) return of_intset(IntSet::copy_of(ints().bytes()));
    if (form() == Form::kListpack) return of_listpack(Listpack::copy_of(listpack().bytes()));
    Set copy;
    copy.own(memory::create<Table>(), Form::kTable);
    for_each(
        [&](PackedValue member) { copy.table().insert(SetMember::create(member.stored_text())); });
    return copy;
}

void Set::own(const void* pointer, Form form) {
    word_ = reinterpret_cast<std::uintptr_t>(pointer) | static_cast<std::uintptr_t>(form);
}

template <class Packed, class Edit>
auto Set::edit(Edit&& edit) {
    const Form form = this->form();
    Packed packed = Packed::adopt(blob());
    const auto answer = edit(packed);
    own(packed.release(), form);
    return answer;
}

std::size_t Set::size() const {
    if (word_ == 0) return 0;
    if (form() == Form::kIntSet) return ints().size();
    return form() == Form::kListpack ? listpack().count() : table().size();
}

std::string_view Set::encoding() const {
    if (form() == Form::kTable) return "hashtable";
    return form() == Form::kListpack || word_ == 0 ? "listpack" : "intset";
}

void Set::expect(std::string_view first, std::size_t members, const Limits& limits) {
    if (word_ == 0) {
        if (canonical_integer(first) && members <= max_intset_entries(limits)) {
            own(IntSet().release(), Form::kIntSet);
        } else if (members <= limits.set_max_listpack_entries) {
            own(Listpack().release(), Form::kListpack);
        } else {
            own(memory::create<Table>(), Form::kTable);
        }
        return;
    }
    if ((form() == Form::kListpack && members > limits.set_max_listpack_entries) ||
        (form() == Form::kIntSet && members > max_intset_entries(limits))) {
        make_table();
    }
}

bool Set::add(std::string_view member, const Limits& limits) {
    if (word_ == 0) expect(member, 1, limits);
    if (form() == Form::kTable) return add_to_table(member);
    return form() == Form::kIntSet ? add_to_ints(member, limits) : add_to_listpack(member, limits);
}

bool Set::add_to_ints(std::string_view member, const Limits& limits) {
    if (const auto number = canonical_integer(member)) {
        const bool added = edit<IntSet>([&](IntSet& ints) { return ints.add(*number); });
        if (added && size() > max_intset_entries(limits)) make_table();
        return added;
    }
    if (ints_fit_listpack(member, limits)) {
        make_listpack();
        return add_to_listpack(member, limits);
    }
    make_table();
    return add_to_table(member);
}

// Whether the members and the new one are few and short enough; the longest stands at an end.
bool Set::ints_fit_listpack(std::string_view member, const Limits& limits) const {
    const IntSetView members = ints();
    if (members.size() >= limits.set_max_listpack_entries || !is_short(member.size(), limits)) {
        return false;
    }
    return members.empty() ||
           (is_short(PackedValue(members.at(0)).text_size(), limits) &&
            is_short(PackedValue(members.at(members.size() - 1)).text_size(), limits));
}

bool Set::add_to_listpack(std::string_view member, const Limits& limits) {
    const PackedElement element(member);
    const ListpackView pack = listpack();
    if (pack.find(element, pack.first()) != pack.end_position()) return false;
    const bool fits = pack.count() < limits.set_max_listpack_entries &&
                      is_short(member.size(), limits) &&
                      pack.size_bytes() + element.size() <= Listpack::kMaxBytes;
    if (!fits) {
        make_table();
        return add_to_table(member);
    }
    return edit<Listpack>([&](Listpack& blob) {
        blob.append(element);
        return true;
    });
}

bool Set::add_to_table(std::string_view member) {
    const std::uint64_t hash = Table::hash(member);
    if (table().find(member, hash) != nullptr) return false;
    table().insert(SetMember::create(member), hash);
    return true;
}

void Set::make_listpack() {
    const IntSet members = IntSet::adopt(blob());
    Listpack pack;
    for (std::size_t i = 0; i < members.size(); ++i) pack.append(members.at(i));
    own(pack.release(), Form::kListpack);
}

void Set::make_table() {
    Set large;
    large.own(memory::create<Table>(), Form::kTable);
    for_each([&](PackedValue member) {
        IntegerText buffer;
        large.add_to_table(member.text(buffer));
    });
    *this = std::move(large);
}

bool Set::remove(std::string_view member) {
    if (word_ == 0) return false;
    if (form() == Form::kTable) {
        SetMember* const taken = table().take(member);
        memory::release(taken);
        return taken != nullptr;
    }
    if (form() == Form::kIntSet) {
        const auto number = canonical_integer(member);
        return number && edit<IntSet>([&](IntSet& ints) { return ints.remove(*number); });
    }
    const auto at = listpack().find(member);
    if (at == listpack().end_position()) return false;
    edit<Listpack>([&](Listpack& pack) { return pack.erase(at); });
    return true;
}

bool Set::contains(std::string_view member) const {
    if (word_ == 0) return false;
    if (form() == Form::kTable) return table().find(member) != nullptr;
    if (form() == Form::kListpack) return listpack().find(member) != listpack().end_position();
    const auto number = canonical_integer(member);
    return number && ints().contains(*number);
}

bool Set::contains(PackedValue member) const {
    if (member.is_integer() && word_ != 0 && form() == Form::kIntSet) {
        return ints().contains(member.integer());
    }
    IntegerText buffer;
    return contains(member.text(buffer));
}

void Set::narrow_to_integers(const Limits& limits) {
    if (word_ == 0 || form() == Form::kIntSet || size() > max_intset_entries(limits)) return;
    bool all_integers = true;
    for_each([&](PackedValue member) { all_integers = all_integers && member.as_integer(); });
    if (!all_integers) return;
    IntSet narrow;
    for_each([&](PackedValue member) { narrow.add(*member.as_integer()); });
    *this = of_intset(std::move(narrow));
}

void Set::settle(const Limits& limits) {
    if (word_ == 0 || form() == Form::kTable) return;
    const bool is_listpack = form() == Form::kListpack;
    std::size_t longest = 0;
    if (is_listpack) {
        for_each([&](PackedValue member) { longest = std::max(longest, member.text_size()); });
    }
    const std::size_t most =
        is_listpack ? limits.set_max_listpack_entries : max_intset_entries(limits);
    if (size() > most || !is_short(longest, limits)) make_table();
}

PackedValue Set::packed_at(std::size_t index) const {
    if (form() == Form::kIntSet) return ints().at(index);
    return listpack().value(listpack().seek(static_cast<std::int64_t>(index)));
}

void Set::erase_packed(std::size_t index) {
    if (form() == Form::kIntSet) {
        edit<IntSet>([&](IntSet& ints) {
            ints.erase_at(index);
            return true;
        });
        return;
    }
    edit<Listpack>(
        [&](Listpack& pack) { return pack.erase(pack.seek(static_cast<std::int64_t>(index))); });
}

std::span<const std::uint8_t> Set::packed_bytes() const {
    if (word_ == 0 || form() == Form::kTable) return {};
    return form() == Form::kIntSet ? ints().bytes() : listpack().bytes();
}

std::size_t Set::memory_usage(std::size_t samples) const {
    if (word_ == 0) return 0;
    if (form() != Form::kTable) return memory::footprint(blob());
    std::size_t members = 0;
    std::size_t seen = 0;
    std::uint64_t cursor = 0;
    do {
        cursor = table().scan(cursor, [&](SetMember* member) {
            members += memory::footprint(member);
            ++seen;
        });
    } while (cursor != 0 && (samples == 0 || seen < samples));
    if (seen > 0) members = members * table().size() / seen;
    return memory::footprint(&table()) + table().memory_usage() + members;
}

}  // namespace assay::redis
