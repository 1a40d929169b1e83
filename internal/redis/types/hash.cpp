#include "internal/redis/types/hash.hpp"

#include <algorithm>

namespace assay::redis {
namespace {

using Table = LinearTable<HashFieldPolicy>;

// Where a field stands in a listpack is found by looking at every other element.
constexpr unsigned kSkipValues = 1;

bool is_short(std::size_t text_size, const Limits& limits) {
    return text_size <= std::min(limits.hash_max_listpack_value, kMaxPackedElementBytes);
}

}  // namespace

Hash::~Hash() {
    if (is_table()) {
        memory::destroy(&large());
    } else {
        memory::release(reinterpret_cast<void*>(word_));
    }
}

Hash Hash::of_listpack(Listpack&& pack) {
    Hash hash;
    hash.word_ = reinterpret_cast<std::uintptr_t>(pack.release());
    return hash;
}

Hash Hash::clone() const {
    if (word_ == 0) return {};
    if (!is_table()) return of_listpack(Listpack::copy_of(listpack().bytes()));
    Hash copy;
    copy.word_ = reinterpret_cast<std::uintptr_t>(memory::create<Large>()) | kTableTag;
    large().fields.for_each([&](HashField* field) {
        HashField* const created =
            HashField::create(field->field(), field->value(), field->has_deadline());
        copy.large().fields.insert(created);
        if (!field->has_deadline()) return;
        copy.large().deadlines.add(created, large().deadlines.at_ms(*field));
    });
    return copy;
}

template <class Edit>
void Hash::edit(Edit&& edit) {
    Listpack pack =
        word_ == 0 ? Listpack() : Listpack::adopt(reinterpret_cast<std::uint8_t*>(word_));
    edit(pack);
    word_ = reinterpret_cast<std::uintptr_t>(pack.release());
}

std::size_t Hash::size() const {
    if (is_table()) return large().fields.size();
    return word_ == 0 ? 0 : listpack().count() / 2;
}

void Hash::expect(std::size_t fields, std::size_t longest_text, const Limits& limits) {
    if (is_table()) return;
    if (fields > limits.hash_max_listpack_entries || !is_short(longest_text, limits)) make_table();
}

bool Hash::set(std::string_view field, std::string_view value, const Limits& limits,
               Deadline deadline) {
    expect(1, std::max(field.size(), value.size()), limits);
    if (!is_table() && !has_room_for(field, value)) make_table();
    if (is_table()) return set_in_table(field, value, deadline);
    const bool added = set_packed(field, value);
    if (added) expect(size(), 0, limits);
    return added;
}

bool Hash::has_room_for(std::string_view field, std::string_view value) const {
    constexpr std::size_t kOverhead = 32;  // of two elements, at most
    return word_ == 0 ||
           listpack().size_bytes() + field.size() + value.size() + kOverhead <= Listpack::kMaxBytes;
}

bool Hash::set_packed(std::string_view field, std::string_view value) {
    const PackedElement element(value);
    bool added = false;
    edit([&](Listpack& pack) {
        const PackedElement name(field);
        const auto at = pack.find(name, pack.first(), kSkipValues);
        added = at == pack.end_position();
        if (added) {
            pack.append(name);
            pack.append(element);
        } else {
            pack.replace(pack.next(at), element);
        }
    });
    return added;
}

bool Hash::set_in_table(std::string_view field, std::string_view value, Deadline deadline) {
    Table& fields = large().fields;
    const std::uint64_t hash = Table::hash(field);
    const Table::Position position = fields.locate(field, hash);
    if (!position) {
        fields.insert(HashField::create(field, value, false), hash);
        return true;
    }
    HashField* const found = position.entry();
    const bool keeps = found->has_deadline() && deadline == Deadline::kKeep;
    if (found->has_deadline() == keeps && found->try_set_value(value)) return false;
    rebuild(position, value, keeps);
    return false;
}

HashField* Hash::rebuild(Table::Position position, std::string_view value, bool has_deadline) {
    HashField* const former = position.entry();
    HashField* const built = HashField::create(former->field(), value, has_deadline);
    FieldDeadlines& deadlines = large().deadlines;
    if (former->has_deadline() && has_deadline) {
        deadlines.move(former->place(), built);
    } else if (former->has_deadline()) {
        deadlines.remove(*former);
    }
    memory::release(large().fields.replace(position, built));
    return built;
}

std::optional<PackedValue> Hash::get(std::string_view field) const {
    if (word_ == 0) return std::nullopt;
    if (is_table()) {
        const HashField* const found = large().fields.find(field);
        if (found == nullptr) return std::nullopt;
        return PackedValue(found->value());
    }
    const ListpackView pack = listpack();
    const auto at = pack.find(field, kSkipValues);
    if (at == pack.end_position()) return std::nullopt;
    return pack.value(pack.next(at));
}

bool Hash::erase(std::string_view field) {
    if (word_ == 0) return false;
    if (is_table()) {
        HashField* const taken = large().fields.take(field);
        if (taken == nullptr) return false;
        if (taken->has_deadline()) large().deadlines.remove(*taken);
        memory::release(taken);
        return true;
    }
    const auto at = listpack().find(field, kSkipValues);
    if (at == listpack().end_position()) return false;
    edit([&](Listpack& pack) { pack.erase(at, 2); });
    return true;
}

void Hash::make_table() {
    Hash table;
    table.word_ = reinterpret_cast<std::uintptr_t>(memory::create<Large>()) | kTableTag;
    for_each([&](PackedValue field, PackedValue value) {
        IntegerText field_text;
        IntegerText value_text;
        table.set_in_table(field.text(field_text), value.text(value_text), Deadline::kDrop);
    });
    *this = std::move(table);
}

void Hash::settle(const Limits& limits) {
    if (is_table()) return;
    std::size_t longest = 0;
    for_each([&](PackedValue field, PackedValue value) {
        longest = std::max({longest, field.text_size(), value.text_size()});
    });
    expect(size(), longest, limits);
}

bool Hash::set_field_expiry(std::string_view field, std::int64_t at_ms) {
    if (!contains(field)) return false;
    if (!is_table()) make_table();
    const Table::Position position = large().fields.locate(field, Table::hash(field));
    HashField* const found = position.entry();
    if (found->has_deadline()) {
        large().deadlines.change(*found, at_ms);
    } else {
        large().deadlines.add(rebuild(position, found->value(), true), at_ms);
    }
    return true;
}

std::optional<std::int64_t> Hash::field_expiry(std::string_view field) const {
    if (!is_table()) return std::nullopt;
    const HashField* const found = large().fields.find(field);
    if (found == nullptr || !found->has_deadline()) return std::nullopt;
    return large().deadlines.at_ms(*found);
}

bool Hash::persist(std::string_view field) {
    if (!is_table()) return false;
    const Table::Position position = large().fields.locate(field, Table::hash(field));
    if (!position || !position.entry()->has_deadline()) return false;
    rebuild(position, position.entry()->value(), false);
    return true;
}

std::size_t Hash::volatile_size() const {
    return is_table() ? large().deadlines.size() : 0;
}

std::optional<std::int64_t> Hash::next_expiry() const {
    if (volatile_size() == 0) return std::nullopt;
    return large().deadlines.next_ms();
}

void Hash::drop_next() {
    HashField* const field = large().deadlines.next();
    large().deadlines.remove(*field);
    memory::release(large().fields.take(field->field()));
}

std::span<const std::uint8_t> Hash::packed_bytes() const {
    if (word_ == 0 || is_table()) return {};
    return listpack().bytes();
}

std::size_t Hash::memory_usage(std::size_t samples) const {
    if (word_ == 0) return 0;
    if (!is_table()) return memory::footprint(reinterpret_cast<const void*>(word_));
    std::size_t bytes = 0;
    std::size_t seen = 0;
    std::uint64_t cursor = 0;
    do {
        cursor = large().fields.scan(cursor, [&](HashField* field) {
            bytes += memory::footprint(field);
            ++seen;
        });
    } while (cursor != 0 && (samples == 0 || seen < samples));
    if (seen > 0) bytes = bytes * large().fields.size() / seen;
    return memory::footprint(&large()) + large().fields.memory_usage() +
           large().deadlines.memory_usage() + bytes;
}

}  // namespace assay::redis
