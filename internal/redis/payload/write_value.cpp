#include "internal/redis/payload/value.hpp"

namespace assay::redis {
namespace {

std::string_view as_text(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void write_node(RdbWriter& writer, const ListNodeView& node) {
    if (node.is_plain()) {
        writer.length(static_cast<std::uint64_t>(RdbListNode::kPlain));
        writer.string(node.plain_text());
        return;
    }
    constexpr char kListpackEnd = '\xff';
    const auto header = node.listpack_header();
    std::string pack(as_text(header));
    pack += as_text(node.entries());
    pack += kListpackEnd;
    writer.length(static_cast<std::uint64_t>(RdbListNode::kPacked));
    writer.string(pack);
}

void write_with_ttl(RdbWriter& writer, const Hash& hash) {
    const std::int64_t earliest = hash.next_expiry().value_or(0);
    writer.milliseconds(earliest);
    writer.length(hash.size());
    hash.for_each([&](const PackedValue& field, const PackedValue& value) {
        IntegerText buffer;
        const auto expiry = hash.field_expiry(field.text(buffer));
        // Relative to the earliest, plus one, so that 0 is left for "none".
        writer.length(expiry ? static_cast<std::uint64_t>(*expiry - earliest) + 1 : 0);
        writer.string(field);
        writer.string(value);
    });
}

}  // namespace

RdbType rdb_type(std::string_view, RdbVersion) {
    return RdbType::kString;
}

RdbType rdb_type(const List&, RdbVersion) {
    return RdbType::kListOfListpacks;
}

RdbType rdb_type(const Set& set, RdbVersion version) {
    if (set.encoding() == "intset") return RdbType::kSetIntSet;
    const bool is_packed = set.encoding() == "listpack";
    return is_packed && version >= RdbVersion::k11 ? RdbType::kSetListpack : RdbType::kSet;
}

RdbType rdb_type(const SortedSet& set, RdbVersion) {
    return set.is_packed() ? RdbType::kSortedSetListpack : RdbType::kSortedSet;
}

RdbType rdb_type(const Hash& hash, RdbVersion) {
    if (hash.volatile_size() > 0) return RdbType::kHashWithTtl;
    return hash.packed_bytes().empty() ? RdbType::kHash : RdbType::kHashListpack;
}

void write_value(RdbWriter& writer, std::string_view text, RdbVersion) {
    writer.string(text);
}

void write_value(RdbWriter& writer, const List& list, RdbVersion) {
    writer.length(list.node_count());
    list.for_each_node([&](const ListNodeView& node) { write_node(writer, node); });
}

void write_value(RdbWriter& writer, const Set& set, RdbVersion version) {
    if (rdb_type(set, version) != RdbType::kSet) return writer.string(as_text(set.packed_bytes()));
    writer.length(set.size());
    set.for_each([&](const PackedValue& member) { writer.string(member); });
}

void write_value(RdbWriter& writer, const SortedSet& set, RdbVersion) {
    if (set.is_packed()) return writer.string(as_text(set.packed().bytes()));
    writer.length(set.size());
    // From the highest: the order in which the real server inserts fastest.
    set.for_each_reversed(set.all(), [&](const PackedValue& member, double score) {
        writer.string(member);
        writer.score(score);
    });
}

void write_value(RdbWriter& writer, const Hash& hash, RdbVersion) {
    if (hash.volatile_size() > 0) return write_with_ttl(writer, hash);
    if (!hash.packed_bytes().empty()) return writer.string(as_text(hash.packed_bytes()));
    writer.length(hash.size());
    hash.for_each([&](const PackedValue& field, const PackedValue& value) {
        writer.string(field);
        writer.string(value);
    });
}

}  // namespace assay::redis
