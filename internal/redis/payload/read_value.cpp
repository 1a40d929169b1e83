#include <algorithm>
#include <utility>
#include <vector>

#include "internal/redis/payload/value.hpp"
#include "internal/redis/payload/ziplist.hpp"

namespace assay::redis {
namespace {

std::span<const std::uint8_t> as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

Result<Listpack> take_listpack(RdbReader& reader) {
    ASSAY_TRY(const std::string blob, reader.take_string());
    ASSAY_CHECK(validate_listpack(as_bytes(blob)));
    return Listpack::copy_of(as_bytes(blob));
}

// Whether every stride-th element, from the first on, is there once.
bool has_distinct(const ListpackView& pack, std::size_t stride) {
    std::vector<std::string> texts;
    std::size_t index = 0;
    for (const PackedValue value : pack) {
        IntegerText buffer;
        if (index++ % stride == 0) texts.emplace_back(value.text(buffer));
    }
    std::sort(texts.begin(), texts.end());
    return std::adjacent_find(texts.begin(), texts.end()) == texts.end();
}

// Collects the entries of a ziplist in a listpack, the form from which the rest goes on.
Result<Listpack> take_ziplist(RdbReader& reader) {
    ASSAY_TRY(const std::string blob, reader.take_string());
    Listpack pack;
    bool fits = true;
    ASSAY_CHECK(read_ziplist(blob, [&](const PackedValue& value) {
        constexpr std::size_t kFrame = 16;
        const std::size_t bytes = value.text_size();
        fits = bytes <= kMaxPackedElementBytes &&
               pack.size_bytes() + bytes + kFrame <= Listpack::kMaxBytes;
        if (fits) pack.append(PackedElement(value));
        return fits;
    }));
    if (!fits) return reader.error("a ziplist too large");
    return pack;
}

Result<List> read_list(RdbReader& reader, const Limits& limits) {
    List list;
    ASSAY_TRY(std::uint64_t left, reader.take_length());
    for (; left > 0; --left) {
        ASSAY_TRY(const std::string element, reader.take_string());
        list.push_back(element, limits);
    }
    return list;
}

Result<List> read_ziplist_nodes(RdbReader& reader, std::uint64_t nodes, const Limits& limits) {
    List list;
    for (; nodes > 0; --nodes) {
        ASSAY_TRY(const Listpack pack, take_ziplist(reader));
        for (const PackedValue value : pack) {
            IntegerText buffer;
            list.push_back(value.text(buffer), limits);
        }
    }
    return list;
}

Result<List> read_listpack_nodes(RdbReader& reader, const Limits& limits) {
    List list;
    ASSAY_TRY(std::uint64_t nodes, reader.take_length());
    for (; nodes > 0; --nodes) {
        ASSAY_TRY(const std::uint64_t container, reader.take_length());
        if (container == static_cast<std::uint64_t>(RdbListNode::kPlain)) {
            ASSAY_TRY(const std::string element, reader.take_string());
            list.append_plain(element);
        } else if (container == static_cast<std::uint64_t>(RdbListNode::kPacked)) {
            ASSAY_TRY(const Listpack pack, take_listpack(reader));
            if (!pack.empty()) list.append_listpack(pack);
        } else {
            return reader.error("an unknown list node");
        }
    }
    list.settle(limits);
    return list;
}

Result<Set> read_set(RdbReader& reader, const Limits& limits) {
    Set set;
    ASSAY_TRY(std::uint64_t left, reader.take_length());
    for (; left > 0; --left) {
        ASSAY_TRY(const std::string member, reader.take_string());
        if (!set.add(member, limits)) return reader.error("a member twice");
    }
    return set;
}

Result<Set> read_intset(RdbReader& reader, const Limits& limits) {
    ASSAY_TRY(const std::string blob, reader.take_string());
    ASSAY_CHECK(validate_intset(as_bytes(blob)));
    Set set = Set::of_intset(IntSet::copy_of(as_bytes(blob)));
    set.settle(limits);
    return set;
}

Result<Set> read_listpack_set(RdbReader& reader, const Limits& limits) {
    ASSAY_TRY(Listpack pack, take_listpack(reader));
    if (!has_distinct(pack, 1)) return reader.error("a member twice");
    Set set = Set::of_listpack(std::move(pack));
    set.settle(limits);
    return set;
}

Result<SortedSet> read_sorted_set(RdbReader& reader, bool has_text_scores, const Limits& limits) {
    SortedSet set;
    ASSAY_TRY(std::uint64_t left, reader.take_length());
    for (; left > 0; --left) {
        ASSAY_TRY(const std::string member, reader.take_string());
        ASSAY_TRY(const double score,
                  has_text_scores ? reader.take_score_text() : reader.take_score());
        if (set.set(member, score, limits) != SortedSet::Change::kAdded) {
            return reader.error("a member twice");
        }
    }
    return set;
}

Result<SortedSet> adopt_pairs(RdbReader& reader, Listpack pairs, const Limits& limits) {
    if (!packed_pairs::is_sorted_set(pairs)) return reader.error("no sorted set");
    SortedSet set = SortedSet::adopt(std::move(pairs));
    set.settle(limits);
    return set;
}

Result<Hash> adopt_fields(RdbReader& reader, Listpack fields, const Limits& limits) {
    if (fields.count() % 2 != 0) return reader.error("a field without value");
    if (!has_distinct(fields, 2)) return reader.error("a field twice");
    Hash hash = Hash::of_listpack(std::move(fields));
    hash.settle(limits);
    return hash;
}

Result<Hash> read_hash(RdbReader& reader, const Limits& limits) {
    Hash hash;
    ASSAY_TRY(std::uint64_t left, reader.take_length());
    for (; left > 0; --left) {
        ASSAY_TRY(const std::string field, reader.take_string());
        ASSAY_TRY(const std::string value, reader.take_string());
        if (!hash.set(field, value, limits)) return reader.error("a field twice");
    }
    return hash;
}

Result<Hash> read_hash_with_ttl(RdbReader& reader, const Limits& limits) {
    Hash hash;
    ASSAY_TRY(const std::int64_t earliest, reader.take_milliseconds());
    ASSAY_TRY(std::uint64_t left, reader.take_length());
    for (; left > 0; --left) {
        ASSAY_TRY(const std::uint64_t ttl, reader.take_length());
        ASSAY_TRY(const std::string field, reader.take_string());
        ASSAY_TRY(const std::string value, reader.take_string());
        if (!hash.set(field, value, limits)) return reader.error("a field twice");
        if (ttl == 0) continue;
        const auto at = static_cast<std::int64_t>(static_cast<std::uint64_t>(earliest) + ttl - 1);
        if (at < 0) return reader.error("no time to expire at");
        hash.set_field_expiry(field, at);
    }
    return hash;
}

// Field, value and the time to expire at, 0 for none.
Result<Hash> read_triples(RdbReader& reader, const Limits& limits) {
    ASSAY_CHECK(reader.take_milliseconds());  // the earliest; the triples say it too
    ASSAY_TRY(const Listpack triples, take_listpack(reader));
    if (triples.count() % 3 != 0) return reader.error("a field without value");
    Hash hash;
    for (auto at = triples.begin(); at != triples.end(); ++at) {
        IntegerText field_buffer;
        IntegerText value_buffer;
        const std::string_view field = (*at).text(field_buffer);
        const std::string_view value = (*++at).text(value_buffer);
        const PackedValue expiry = *++at;
        if (!expiry.is_integer() || expiry.integer() < 0) {
            return reader.error("no time to expire at");
        }
        if (!hash.set(field, value, limits)) return reader.error("a field twice");
        if (expiry.integer() > 0) hash.set_field_expiry(field, expiry.integer());
    }
    return hash;
}

template <class T>
Result<Value> as_value(RdbReader& reader, Result<T> value) {
    if (!value) return std::move(value).error();
    if constexpr (!std::is_same_v<T, std::string> && !std::is_same_v<T, Stream>) {
        if (value->empty()) return reader.error("an empty collection");
    }
    return Value(*std::move(value));
}

Result<Value> read_old_list(RdbType type, RdbReader& reader, const Limits& limits) {
    std::uint64_t nodes = 1;
    if (type == RdbType::kListOfZiplists) {
        ASSAY_TRY(nodes, reader.take_length());
    }
    return as_value(reader, read_ziplist_nodes(reader, nodes, limits));
}

Result<Value> read_packed(RdbType type, RdbReader& reader, const Limits& limits) {
    const bool is_old = type == RdbType::kSortedSetZiplist || type == RdbType::kHashZiplist;
    const bool is_hash = type == RdbType::kHashZiplist || type == RdbType::kHashListpack;
    ASSAY_TRY(Listpack pack, is_old ? take_ziplist(reader) : take_listpack(reader));
    if (is_hash) return as_value(reader, adopt_fields(reader, std::move(pack), limits));
    return as_value(reader, adopt_pairs(reader, std::move(pack), limits));
}

}  // namespace

Result<Value> read_value(RdbType type, RdbReader& reader, const Limits& limits) {
    switch (type) {
        case RdbType::kString:
            return as_value(reader, reader.take_string());
        case RdbType::kList:
            return as_value(reader, read_list(reader, limits));
        case RdbType::kListZiplist:
        case RdbType::kListOfZiplists:
            return read_old_list(type, reader, limits);
        case RdbType::kListOfListpacks:
            return as_value(reader, read_listpack_nodes(reader, limits));
        case RdbType::kSet:
            return as_value(reader, read_set(reader, limits));
        case RdbType::kSetIntSet:
            return as_value(reader, read_intset(reader, limits));
        case RdbType::kSetListpack:
            return as_value(reader, read_listpack_set(reader, limits));
        case RdbType::kSortedSetText:
        case RdbType::kSortedSet:
            return as_value(reader,
                            read_sorted_set(reader, type == RdbType::kSortedSetText, limits));
        case RdbType::kHash:
            return as_value(reader, read_hash(reader, limits));
        case RdbType::kHashWithTtl:
            return as_value(reader, read_hash_with_ttl(reader, limits));
        case RdbType::kHashListpackWithTtl:
            return as_value(reader, read_triples(reader, limits));
        case RdbType::kSortedSetZiplist:
        case RdbType::kSortedSetListpack:
        case RdbType::kHashZiplist:
        case RdbType::kHashListpack:
            return read_packed(type, reader, limits);
        case RdbType::kStream1:
        case RdbType::kStream2:
        case RdbType::kStream3:
            return as_value(reader, read_stream(type, reader));
        case RdbType::kHashZipmap:
            return reader.error("a zipmap, which no server since 2.6 writes");
    }
    return reader.error("an unknown type");
}

}  // namespace assay::redis
