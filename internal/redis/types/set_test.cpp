#include "internal/redis/types/set.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "internal/testing/redis_server.hpp"

namespace assay::redis {
namespace {

using Model = std::set<std::string>;

std::string text_of(PackedValue value) {
    IntegerText buffer;
    return std::string(value.text(buffer));
}

// Fails when a member comes twice.
Model members_of(const Set& set) {
    Model members;
    set.for_each([&](PackedValue value) { REQUIRE(members.insert(text_of(value)).second); });
    return members;
}

Limits limits_of(std::size_t intset, std::size_t listpack, std::size_t value = 64) {
    Limits limits;
    limits.set_max_intset_entries = intset;
    limits.set_max_listpack_entries = listpack;
    limits.set_max_listpack_value = value;
    return limits;
}

std::string random_member(std::mt19937_64& random, std::size_t range) {
    switch (random() % 64) {
        case 0:
            return std::string(random() % 100, static_cast<char>(random()));
        case 1:
            return random() % 8 == 0 ? std::string(250 + random() % 10, 'l') : "-0";
        case 2:
            return "00" + std::to_string(random() % 20);
        case 3:
            return std::to_string(static_cast<std::int64_t>(random()));
        default:
            return std::to_string(random() % range);
    }
}

Set of_members(const std::vector<std::string>& members, const Limits& limits) {
    Set set;
    for (const std::string& member : members) set.add(member, limits);
    return set;
}

void check_samples(const Set& set, const Model& model, std::mt19937_64& random) {
    if (model.empty()) return;
    REQUIRE(model.contains(text_of(set.sample(random))));
    const std::size_t count = random() % (model.size() + 3);
    Model drawn;
    set.sample_distinct(count, random, [&](PackedValue value) {
        REQUIRE(model.contains(text_of(value)));
        REQUIRE(drawn.insert(text_of(value)).second);
    });
    REQUIRE(drawn.size() == std::min(count, model.size()));
    Model scanned;
    std::uint64_t cursor = 0;
    do {
        cursor = set.scan(cursor, [&](PackedValue value) { scanned.insert(text_of(value)); });
    } while (cursor != 0);
    REQUIRE(scanned == model);
}

}  // namespace

TEST_CASE("set: random changes agree with std::set, in every form", "[set]") {
    const std::uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    std::map<std::string, int> seen;
    for (int walk = 0; walk < 60; ++walk) {
        const Limits limits =
            limits_of(random() % 2 * 512, random() % 3 * 64, random() % 2 == 0 ? 64 : 10);
        const std::size_t range = walk % 3 == 0 ? 30 : 400;
        Set set;
        Model model;
        const bool only_integers = random() % 2 == 0;
        for (int step = 0; step < 2000; ++step) {
            const std::string member =
                only_integers ? std::to_string(random() % range) : random_member(random, range);
            REQUIRE(set.contains(member) == model.contains(member));
            const bool grow = step < 1200 ? random() % 4 != 0 : random() % 4 == 0;
            if (grow) {
                REQUIRE(set.add(member, limits) == model.insert(member).second);
            } else if (model.empty() || random() % 2 == 0) {
                REQUIRE(set.remove(member) == (model.erase(member) == 1));
            } else {
                std::string popped;
                set.pop(random, [&](PackedValue value) { popped = text_of(value); });
                REQUIRE(model.erase(popped) == 1);
            }
            REQUIRE(set.size() == model.size());
            if (step % 100 == 0) check_samples(set, model, random);
            ++seen[std::string(set.encoding())];
        }
        REQUIRE(members_of(set) == model);
        REQUIRE(members_of(set.clone()) == model);
    }
    for (const char* encoding : {"intset", "listpack", "hashtable"}) CHECK(seen[encoding] > 1000);
}

TEST_CASE("set: takes the encodings of Redis 7.2", "[set]") {
    const Limits limits = limits_of(4, 3, 5);
    CHECK(of_members({"1", "2", "3", "4"}, limits).encoding() == "intset");
    CHECK(of_members({"1", "2", "3", "4", "5"}, limits).encoding() == "hashtable");
    CHECK(of_members({"1", "2", "a"}, limits).encoding() == "listpack");
    CHECK(of_members({"1", "2", "3", "a"}, limits).encoding() == "hashtable");
    CHECK(of_members({"1", "longer"}, limits).encoding() == "hashtable");
    CHECK(of_members({"1234567", "a"}, limits).encoding() == "hashtable");
    CHECK(of_members({"a", "b", "c"}, limits).encoding() == "listpack");
    CHECK(of_members({"a", "b", "c", "c"}, limits).encoding() == "listpack");
    CHECK(of_members({"a", "b", "c", "d"}, limits).encoding() == "hashtable");
    CHECK(of_members({"007"}, limits).encoding() == "listpack");

    Set set = of_members({"a", "b"}, limits);
    set.remove("a");
    set.remove("b");
    CHECK(set.empty());
    CHECK(set.encoding() == "listpack");
}

TEST_CASE("set: a command's size chooses the form from the start", "[set]") {
    const Limits limits = limits_of(4, 3);
    const auto expecting = [&](std::string_view first, std::size_t members) {
        Set set;
        set.expect(first, members, limits);
        return set.encoding();
    };
    CHECK(expecting("1", 4) == "intset");
    CHECK(expecting("1", 5) == "hashtable");
    CHECK(expecting("a", 3) == "listpack");
    CHECK(expecting("a", 4) == "hashtable");
    Set ints = of_members({"1"}, limits);
    ints.expect("2", 5, limits);
    CHECK(ints.encoding() == "hashtable");
}

TEST_CASE("set: a result of integers alone is narrowed", "[set]") {
    const Limits limits = limits_of(4, 3);
    Set set = of_members({"a", "1", "2"}, limits);
    set.narrow_to_integers(limits);
    CHECK(set.encoding() == "listpack");
    set.remove("a");
    set.narrow_to_integers(limits);
    CHECK(set.encoding() == "intset");
    CHECK(members_of(set) == Model{"1", "2"});
    Set large = of_members({"1", "2", "3", "4", "5"}, limits);
    large.narrow_to_integers(limits);
    CHECK(large.encoding() == "hashtable");
}

TEST_CASE("set: a restored blob leaves the packed form where limits say so", "[set]") {
    Listpack pack;
    for (const char* text : {"a", "b", "a", "1"}) pack.append(std::string_view(text));
    Set set = Set::of_listpack(std::move(pack));
    set.settle(limits_of(4, 4));
    CHECK(set.encoding() == "listpack");
    set.settle(limits_of(4, 3));
    CHECK(set.encoding() == "hashtable");
    CHECK(members_of(set) == Model{"1", "a", "b"});  // a blob's duplicate goes
}

TEST_CASE("set: every member is drawn with the same chance", "[set]") {
    std::mt19937_64 random(1);
    for (const std::size_t listpack : {128u, 0u}) {
        Set set;
        for (const char* member : {"a", "b", "c", "d"}) set.add(member, limits_of(0, listpack));
        std::map<std::string, int> drawn;
        for (int i = 0; i < 4000; ++i) {
            ++drawn[text_of(set.sample(random))];
            set.sample_distinct(1, random, [&](PackedValue value) { ++drawn[text_of(value)]; });
        }
        for (const auto& [member, times] : drawn) CHECK(std::abs(times - 2000) < 250);
    }
}

TEST_CASE("set: members of every length keep their bytes", "[set]") {
    const Limits limits = limits_of(0, 0);
    Set set;
    Model model;
    for (const std::size_t size : {0u, 1u, 22u, 23u, 24u, 254u, 255u, 256u, 70000u}) {
        const std::string member(size, '\0');
        CHECK(set.add(member, limits));
        model.insert(member);
    }
    CHECK(members_of(set) == model);
    CHECK(members_of(set.clone()) == model);
}

TEST_CASE("set: integers are the intset that redis-server dumps", "[set]") {
    auto server = testing::RedisServer::start();
    if (!server) return;
    Set set;
    for (const std::string member : {"3", "-70000", "12", "9223372036854775807"}) {
        set.add(member, Limits{});
        server->call({"SADD", "k", member});
        const auto dump = server->dump("k");
        std::string_view body = dump.body;
        const auto bytes = set.packed_bytes();
        CHECK((testing::take_string(body) == std::string(bytes.begin(), bytes.end())));
    }
}

}  // namespace assay::redis
