// The scan's guarantees, with the table growing and shrinking under it.
#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "internal/redis/table/linear_table.hpp"

namespace memory = assay::redis::memory;
using assay::redis::LinearTable;

namespace {

struct Key {
    std::string text;
};
struct KeyPolicy {
    using Entry = Key;
    static std::string_view key(const Key& key) noexcept { return key.text; }
    static void destroy(Key* key) noexcept { memory::destroy(key); }
    static bool flag(const Key&) noexcept { return true; }
};
using Table = LinearTable<KeyPolicy>;

void insert(Table& table, std::string key) {
    if (table.find(key) == nullptr) table.insert(memory::create<Key>(Key{std::move(key)}));
}

void fill(Table& table, const std::string& prefix, int count) {
    for (int i = 0; i < count; ++i) insert(table, prefix + std::to_string(i));
}

}  // namespace

TEST_CASE("a scan of a table at rest returns every entry once") {
    for (const int count : {1, 6, 7, 8, 50, 1000, 4711}) {
        Table table;
        fill(table, "k", count);
        std::set<std::string> seen;
        std::uint64_t cursor = 0;
        int returned = 0;
        do {
            cursor = table.scan(cursor, [&](const Key* key) {
                seen.insert(key->text);
                ++returned;
            });
        } while (cursor != 0);
        CHECK(returned == count);
        CHECK(seen.size() == static_cast<std::size_t>(count));
    }
}

// Between two steps of the scan the table grows, shrinks or sways, by up to many times its size.
TEST_CASE("what is there during a whole scan is returned, whatever comes and goes") {
    const auto seed = GENERATE(range(1u, 41u));
    std::mt19937_64 random(seed);
    Table table;
    const int kept = static_cast<int>(random() % 500) + 1;
    fill(table, "kept", kept);
    int passing = static_cast<int>(random() % 5000);
    fill(table, "passing", passing);
    std::unordered_map<std::string, int> seen;
    std::uint64_t cursor = 0;
    int steps = 0;
    do {
        cursor = table.scan(cursor, [&](const Key* key) { ++seen[key->text]; });
        const int change = static_cast<int>(random() % 400);
        if (random() % 2 == 0 && passing < 20000) {
            for (int i = 0; i < change; ++i) insert(table, "passing" + std::to_string(passing++));
        } else {
            for (int i = 0; i < 2 * change && passing > 0; ++i) {
                memory::destroy(table.take("passing" + std::to_string(--passing)));
            }
        }
        REQUIRE(++steps < 100000);
    } while (cursor != 0);
    INFO("seed " << seed);
    int repeats = 0;
    for (int i = 0; i < kept; ++i) {
        const int times = seen["kept" + std::to_string(i)];
        REQUIRE(times >= 1);
        repeats += times - 1;
    }
    CHECK(repeats <= kept);
}

TEST_CASE("a scan ends while the table only grows") {
    Table table;
    fill(table, "kept", 100);
    std::uint64_t cursor = 0;
    int steps = 0;
    int returned = 0;
    do {
        cursor = table.scan(cursor, [&](const Key*) { ++returned; });
        insert(table, "more" + std::to_string(steps++));
    } while (cursor != 0);
    CHECK(returned >= 100);
    CHECK(steps < 200);
}

TEST_CASE("any number is a cursor") {
    Table table;
    fill(table, "k", 1000);
    std::mt19937_64 random(3);
    for (int i = 0; i < 1000; ++i) {
        std::uint64_t cursor = random();
        for (int steps = 0; cursor != 0 && steps < 3; ++steps) {
            cursor = table.scan(cursor, [](const Key* key) { CHECK(!key->text.empty()); });
        }
    }
}

// It empties one part of the hashes after the other; chains must not pile up in what is left.
TEST_CASE("a scan may take what it has just returned, and its steps stay short") {
    Table table;
    fill(table, "k", 100000);
    std::uint64_t cursor = 0;
    int taken = 0;
    do {
        std::set<std::string> found;
        cursor = table.scan(cursor, [&](const Key* key) { found.insert(key->text); });
        REQUIRE(found.size() < 40);
        for (const std::string& key : found) {
            memory::destroy(table.take(key));
            ++taken;
        }
    } while (cursor != 0);
    CHECK(taken == 100000);
    CHECK(table.empty());
    // What is too large after that shrinks as the table is used.
    for (int i = 0; i < 5000; ++i) {
        insert(table, "one");
        memory::destroy(table.take("one"));
    }
    CHECK(table.memory_usage() < 1000);
}

TEST_CASE("a sweep that takes what it meets leaves nothing, and a sweep ends while others insert") {
    Table table;
    fill(table, "k", 20000);
    std::uint64_t cursor = 0;
    do {
        std::set<std::string> found;
        cursor = table.sweep_flagged(cursor, [&](const Key* key) { found.insert(key->text); });
        REQUIRE(found.size() < 40);
        for (const std::string& key : found) memory::destroy(table.take(key));
    } while (cursor != 0);
    CHECK(table.empty());
    fill(table, "k", 1000);
    int steps = 0;
    do {
        cursor = table.sweep_flagged(cursor, [](const Key*) {});
        insert(table, "more" + std::to_string(steps++));
    } while (cursor != 0);
    CHECK(steps < 200);
}
