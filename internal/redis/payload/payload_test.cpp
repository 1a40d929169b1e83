#include "internal/redis/payload/payload.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <vector>

#include "internal/redis/payload/crc64.hpp"

namespace assay::redis {
namespace {

std::string text_of(const PackedValue& value) {
    IntegerText buffer;
    return std::string(value.text(buffer));
}

template <class T>
T restored(const std::string& payload, const Limits& limits = {}) {
    REQUIRE(has_valid_footer(payload));
    auto value = restore_payload(payload, limits);
    INFO((value ? std::string() : value.error().message));
    REQUIRE(value.has_value());
    return std::get<T>(*std::move(value));
}

bool is_refused(const std::string& body) {
    const auto value = restore_payload(body + std::string(10, '\0'), {});
    return !value.has_value();
}

const RdbVersion kVersions[] = {RdbVersion::k10, RdbVersion::k11};

TEST_CASE("CRC-64 has the published check value, whole and in parts") {
    CHECK(crc64("123456789") == 0xe9c6d914c4b8d9caULL);
    const std::string text = "some text that is longer than a step of eight bytes";
    for (std::size_t at = 0; at <= text.size(); ++at) {
        CHECK(crc64(text.substr(at), crc64(text.substr(0, at))) == crc64(text));
    }
}

TEST_CASE("strings of every form survive") {
    std::vector<std::string> texts = {"",
                                      "a",
                                      "0",
                                      "-1",
                                      "127",
                                      "-128",
                                      "128",
                                      "32767",
                                      "-32769",
                                      "2147483647",
                                      "-2147483648",
                                      "2147483648",
                                      "007",
                                      "+1",
                                      "-0",
                                      std::string(63, 'x'),
                                      std::string(64, 'y'),
                                      std::string(20'000, 'z'),
                                      std::string(3, '\0')};
    std::string noise;
    for (int i = 0; i < 20'000; ++i) noise += static_cast<char>(i % 251 * (i % 241) >> 3);
    texts.push_back(noise);
    for (const std::string& text : texts) {
        CHECK(restored<std::string>(dump_payload(std::string_view(text))) == text);
    }
    CHECK(dump_payload(std::string_view("12")).size() == 1 + 2 + 10);
    CHECK(dump_payload(std::string_view(texts[17])).size() < 400);
}

TEST_CASE("lists of both forms survive with their order") {
    for (const std::size_t size : {1u, 5u, 3000u}) {
        List list;
        std::vector<std::string> expected;
        for (std::size_t i = 0; i < size; ++i) {
            expected.push_back(i % 2 == 0 ? std::to_string(i) : "element " + std::to_string(i));
            list.push_back(expected.back(), Limits());
        }
        const List again = restored<List>(dump_payload(list));
        std::vector<std::string> elements;
        again.for_each([&](const PackedValue& value) { elements.push_back(text_of(value)); });
        CHECK(elements == expected);
        CHECK(again.encoding() == list.encoding());
    }
}

TEST_CASE("sets of all three forms survive") {
    for (const RdbVersion version : kVersions) {
        for (const int size : {3, 100, 1000}) {
            for (const char* prefix : {"", "m"}) {
                Set set;
                for (int i = 0; i < size; ++i) set.add(prefix + std::to_string(i), {});
                const Set again = restored<Set>(dump_payload(set, version));
                CHECK(again.size() == set.size());
                CHECK(again.encoding() == set.encoding());
                set.for_each([&](const PackedValue& member) { CHECK(again.contains(member)); });
            }
        }
    }
}

TEST_CASE("sorted sets of both forms survive with exact scores") {
    const double infinity = std::numeric_limits<double>::infinity();
    for (const int size : {4, 500}) {
        SortedSet set;
        set.set("low", -infinity, {});
        set.set("high", infinity, {});
        for (int i = 0; i < size; ++i) set.set("m" + std::to_string(i), std::sqrt(i) - 3, {});
        const SortedSet again = restored<SortedSet>(dump_payload(set));
        CHECK(again.encoding() == set.encoding());
        CHECK(again.size() == set.size());
        set.for_each(set.all(), [&](const PackedValue& member, double score) {
            CHECK(again.score(text_of(member)) == score);
        });
    }
}

std::map<std::string, std::string> fields_of(const Hash& hash) {
    std::map<std::string, std::string> fields;
    hash.for_each([&](const PackedValue& field, const PackedValue& value) {
        fields[text_of(field)] = text_of(value);
    });
    return fields;
}

TEST_CASE("hashes of both forms survive, and the times their fields expire at") {
    for (const int size : {4, 1000}) {
        Hash hash;
        for (int i = 0; i < size; ++i) hash.set("f" + std::to_string(i), std::to_string(i), {});
        const Hash again = restored<Hash>(dump_payload(hash));
        CHECK(again.encoding() == hash.encoding());
        CHECK(fields_of(again) == fields_of(hash));
    }
    Hash hash;
    for (const char* field : {"a", "b", "c"}) hash.set(field, "v", {});
    hash.set_field_expiry("a", 1'700'000'000'000);
    hash.set_field_expiry("c", 1'700'000'000'777);
    const Hash again = restored<Hash>(dump_payload(hash));
    CHECK(fields_of(again) == fields_of(hash));
    CHECK(again.field_expiry("a") == 1'700'000'000'000);
    CHECK_FALSE(again.field_expiry("b"));
    CHECK(again.field_expiry("c") == 1'700'000'000'777);
}

Stream make_stream() {
    Stream stream;
    for (std::uint64_t i = 1; i <= 250; ++i) {
        const std::string value = std::to_string(i);
        const std::vector<std::string_view> fields = {"field", value, "other", "text"};
        stream.append({IdRequest::Kind::kExplicit, {i, i % 3}}, 0, fields, {});
    }
    stream.remove({100, 1});
    Trim trim;
    trim.max_length = 240;
    stream.trim(trim);
    ConsumerGroup& group = *stream.add_group("group", {20, 2}, 20);
    Consumer& alice = *group.add_consumer("alice", 1000).first;
    group.add_consumer("bob", 2000);
    group.deliver({11, 2}, alice, 1500);
    group.deliver({12, 0}, alice, 1500).delivery_count = 7;
    alice.active_time_ms = 1500;
    stream.add_group("unknown position", {5, 0}, std::nullopt);
    return stream;
}

TEST_CASE("streams survive with figures, groups, consumers and what is pending") {
    const Stream stream = make_stream();
    for (const RdbVersion version : kVersions) {
        Stream again = restored<Stream>(dump_payload(stream, version));
        CHECK(again.size() == stream.size());
        CHECK(again.first_id() == stream.first_id());
        CHECK(again.last_id() == stream.last_id());
        CHECK(again.max_deleted_id() == StreamId{100, 1});
        CHECK(again.entries_added() == 250);
        CHECK(again.groups().size() == 2);
        ConsumerGroup* group = again.find_group("group");
        REQUIRE(group != nullptr);
        CHECK(group->entries_read() == 20u);
        CHECK(group->consumers().size() == 2);
        CHECK(group->find_consumer("alice")->pending.size() == 2);
        CHECK(group->find_consumer("bob")->active_time_ms ==
              (version == RdbVersion::k11 ? -1 : 2000));
        CHECK(group->find_pending({12, 0})->delivery_count == 7);
        CHECK_FALSE(again.find_group("unknown position")->entries_read());
        CHECK(dump_payload(again) == dump_payload(again.clone()));
        if (version == RdbVersion::k11) CHECK(dump_payload(again) == dump_payload(stream));
    }
    CHECK(restored<Stream>(dump_payload(Stream())).empty());
}

TEST_CASE("a footer that does not belong to the bytes is not valid") {
    const std::string good = dump_payload(std::string_view("text"));
    CHECK_FALSE(has_valid_footer(""));
    CHECK_FALSE(has_valid_footer(good.substr(0, good.size() - 1)));
    for (std::size_t at = 0; at < good.size(); ++at) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ 1);
        CHECK_FALSE(has_valid_footer(bad));
    }
}

TEST_CASE("values that cannot be are refused") {
    using std::string_literals::operator""s;
    CHECK(is_refused(""));
    CHECK(is_refused("\x63"));               // no such type
    CHECK(is_refused("\x09\x01\x00\xff"s));  // zipmap
    CHECK(
        is_refused("\0\x05"
                   "abc"s));  // a string cut off
    CHECK(
        is_refused("\0\x01"
                   "ab"s));          // bytes left over
    CHECK(is_refused("\0\xc4\0"s));  // no such form of string
    CHECK(is_refused("\x01\0"s));    // an empty list
    CHECK(
        is_refused("\x02\x02\x01"
                   "a\x01"
                   "a"s));  // a member twice
    CHECK(
        is_refused("\x04\x02\x01"
                   "f\x01"
                   "1\x01"
                   "f\x01"
                   "2"s));  // a field twice
    CHECK(
        is_refused("\x05\x01\x01"
                   "a\0\0\0\0\0\0\xf8\x7f"s));                       // NaN
    CHECK(is_refused("\x02\x81\xff\xff\xff\xff\xff\xff\xff\xff"s));  // more members than bytes
    CHECK(
        is_refused("\x12\x01\x03\x01"
                   "a"s));  // no such list node
}

TEST_CASE("packed blobs that are valid listpacks but not such values are refused") {
    const auto body_of = [](RdbType type, const std::vector<std::string_view>& elements) {
        Listpack pack;
        for (const std::string_view element : elements) pack.append(element);
        std::string body;
        RdbWriter writer(body);
        writer.type(type);
        const auto bytes = pack.bytes();
        writer.string(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
        return body;
    };
    const RdbType sorted = RdbType::kSortedSetListpack;
    CHECK_FALSE(is_refused(body_of(sorted, {"a", "1", "b", "1", "c", "1.5"})));
    CHECK(is_refused(body_of(sorted, {})));
    CHECK(is_refused(body_of(sorted, {"a"})));
    CHECK(is_refused(body_of(sorted, {"a", "x"})));
    CHECK(is_refused(body_of(sorted, {"a", "nan"})));
    CHECK(is_refused(body_of(sorted, {"b", "1", "a", "1"})));
    CHECK(is_refused(body_of(sorted, {"a", "1", "a", "2"})));
    CHECK_FALSE(is_refused(body_of(RdbType::kHashListpack, {"a", "1", "b", "1"})));
    CHECK(is_refused(body_of(RdbType::kHashListpack, {"a", "1", "a", "2"})));
    CHECK(is_refused(body_of(RdbType::kHashListpack, {"a", "1", "b"})));
    CHECK_FALSE(is_refused(body_of(RdbType::kSetListpack, {"a", "1"})));
    CHECK(is_refused(body_of(RdbType::kSetListpack, {"a", "a"})));
}

TEST_CASE("a hash of listpack triples with times, as 7.4 writes them, is read") {
    Listpack triples;
    for (const std::string_view text : {"a", "1", "1700000000000", "b", "2", "0"}) {
        triples.append(text);
    }
    std::string body;
    RdbWriter writer(body);
    writer.type(RdbType::kHashListpackWithTtl);
    writer.milliseconds(1'700'000'000'000);
    const auto bytes = triples.bytes();
    writer.string(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    const auto value = restore_payload(body + std::string(10, '\0'), {});
    REQUIRE(value.has_value());
    const Hash& hash = std::get<Hash>(*value);
    CHECK(hash.field_expiry("a") == 1'700'000'000'000);
    CHECK_FALSE(hash.field_expiry("b"));
}

TEST_CASE("values that other limits packed take the form of ours") {
    Limits wide;
    wide.zset_max_listpack_entries = 1000;
    wide.hash_max_listpack_entries = 2000;
    SortedSet set;
    Hash hash;
    for (int i = 0; i < 900; ++i) {
        set.set(std::to_string(i), i, wide);
        hash.set(std::to_string(i), "v", wide);
    }
    CHECK(restored<SortedSet>(dump_payload(set)).encoding() == "skiplist");
    CHECK(restored<Hash>(dump_payload(hash)).encoding() == "hashtable");
    CHECK(restored<SortedSet>(dump_payload(set), wide).encoding() == "listpack");
}

}  // namespace
}  // namespace assay::redis
