#include "internal/redis/table/linear_table.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <initializer_list>
#include <random>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace memory = assay::redis::memory;
using assay::redis::LinearTable;

namespace {

struct Member {
    std::string key;
    std::uint64_t value = 0;
    bool flagged = false;
};

int key_reads = 0;

struct MemberPolicy {
    using Entry = Member;
    static std::string_view key(const Member& member) noexcept {
        ++key_reads;
        return member.key;
    }
    static void destroy(Member* member) noexcept { memory::destroy(member); }
    static bool flag(const Member& member) noexcept { return member.flagged; }
};
using Table = LinearTable<MemberPolicy>;

// The worst that chosen keys could do if the secret were known: all in one chain.
struct CollidingPolicy {
    using Entry = Member;
    static std::string_view key(const Member& member) noexcept { return member.key; }
    static void destroy(Member* member) noexcept { memory::destroy(member); }
    static std::uint64_t hash(std::string_view) noexcept { return 0xabcdef; }
};

// Tags and addresses that are all different, all equal or hardly any.
struct ShortHashPolicy {
    using Entry = Member;
    static std::string_view key(const Member& member) noexcept { return member.key; }
    static void destroy(Member* member) noexcept { memory::destroy(member); }
    static std::uint64_t hash(std::string_view key) noexcept {
        return std::stoull(std::string(key)) % 97;
    }
};

Member* member(std::string key, std::uint64_t value = 0, bool flagged = false) {
    return memory::create<Member>(Member{std::move(key), value, flagged});
}

// Inserts, overwrites and takes keys of a range at random and compares with the standard's map.
// `growth` is the share of inserts, in percent.
template <class TableUnderTest>
void churn(TableUnderTest& table, std::unordered_map<std::string, std::uint64_t>& model, int steps,
           int range, int growth, std::mt19937_64& random) {
    for (int step = 0; step < steps; ++step) {
        const std::string key = std::to_string(random() % static_cast<std::uint64_t>(range));
        const std::uint64_t hash = TableUnderTest::hash(key);
        const auto position = table.locate(key, hash);
        const auto in_model = model.find(key);
        const bool agrees =
            position ? in_model != model.end() && position.entry()->value == in_model->second &&
                           table.locate(position.entry(), hash).entry() == position.entry()
                     : in_model == model.end();
        if (!agrees) FAIL("step " << step << ", key " << key);
        if (static_cast<int>(random() % 100) < growth) {
            const std::uint64_t value = random();
            if (position) {
                memory::destroy(table.replace(position, member(key, value)));
            } else {
                table.insert(member(key, value), hash);
            }
            model[key] = value;
        } else if (position) {
            memory::destroy(table.take(position, hash));
            model.erase(in_model);
        }
        if (table.size() != model.size()) FAIL("step " << step << ", size " << table.size());
    }
}

template <class TableUnderTest>
void require_equal(const TableUnderTest& table,
                   const std::unordered_map<std::string, std::uint64_t>& model) {
    std::size_t seen = 0;
    table.for_each([&](const Member* entry) {
        const auto found = model.find(entry->key);
        seen += found != model.end() && found->second == entry->value ? 1 : 0;
    });
    REQUIRE(seen == model.size());
    for (const auto& [key, value] : model) {
        const Member* entry = table.find(key);
        if (entry == nullptr || entry->value != value) FAIL("key " << key);
    }
}

}  // namespace

TEST_CASE("an empty table finds, takes and visits nothing and is one pointer") {
    CHECK(sizeof(Table) == sizeof(void*));
    const std::size_t before = memory::used();
    Table table;
    std::mt19937_64 random(1);
    CHECK(table.empty());
    CHECK(table.find("a") == nullptr);
    CHECK(table.take("a") == nullptr);
    CHECK(table.sample(random) == nullptr);
    CHECK(table.sample_flagged(random, 100) == nullptr);
    CHECK(table.scan(0, [](Member*) { FAIL("an entry of an empty table"); }) == 0);
    CHECK(table.memory_usage() == 0);
    CHECK(memory::used() == before);
}

TEST_CASE("a table agrees with the standard's map while it grows and shrinks") {
    const std::size_t before = memory::used();
    {
        const auto seed = GENERATE(1u, 2u, 3u);
        std::mt19937_64 random(seed);
        Table table;
        std::unordered_map<std::string, std::uint64_t> model;
        for (const int range : {20, 3000, 100000}) {
            churn(table, model, range * 2, range, 90, random);
            require_equal(table, model);
            churn(table, model, range * 2, range, 50, random);
            churn(table, model, range * 4, range, 4, random);
            require_equal(table, model);
        }
    }
    CHECK(memory::used() == before);
}

TEST_CASE("a table whose keys collide is slow and right") {
    std::mt19937_64 random(7);
    std::unordered_map<std::string, std::uint64_t> model;
    SECTION("all in one chain") {
        LinearTable<CollidingPolicy> table;
        churn(table, model, 3000, 300, 90, random);
        require_equal(table, model);
        churn(table, model, 3000, 300, 10, random);
        require_equal(table, model);
    }
    SECTION("97 chains with one tag") {
        LinearTable<ShortHashPolicy> table;
        churn(table, model, 20000, 4000, 90, random);
        require_equal(table, model);
        churn(table, model, 20000, 4000, 10, random);
        require_equal(table, model);
    }
}

TEST_CASE("keys are bytes: empty, with zeros, long, and prefixes of each other") {
    Table table;
    std::vector<std::string> keys;
    for (std::size_t size = 0; size < 300; ++size) keys.emplace_back(size, '\0');
    keys.emplace_back(1 << 20, 'x');
    for (const std::string& key : keys) table.insert(member(key, key.size()));
    for (const std::string& key : keys) {
        REQUIRE(table.find(key) != nullptr);
        CHECK(table.find(key)->value == key.size());
    }
    CHECK(table.find(std::string(300, '\0')) == nullptr);
}

// The work of an insert or take is the keys it reads (to hash them anew) and, of the same order,
// the words it moves. A table that is resized as a whole would read all of them.
TEST_CASE("no single insert or take does more than a bounded amount of work") {
    constexpr int kCount = 300000;
    Table table;
    int worst = 0;
    int sum = 0;
    for (int i = 0; i < kCount; ++i) {
        Member* entry = member("key:" + std::to_string(i));
        const std::uint64_t hash = Table::hash(entry->key);
        key_reads = 0;
        table.insert(entry, hash);
        worst = std::max(worst, key_reads);
        sum += key_reads;
    }
    CHECK(worst <= 64);
    CHECK(sum < 3 * kCount);
    worst = 0;
    for (int i = 0; i < kCount; ++i) {
        const std::string key = "key:" + std::to_string(i);
        key_reads = 0;
        memory::destroy(table.take(key));
        worst = std::max(worst, key_reads);
    }
    CHECK(worst <= 64);
    CHECK(table.empty());
}

TEST_CASE("memory per entry is constant and follows the size down") {
    Table table;
    const auto fill = [&](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; ++i) table.insert(member(std::to_string(i)));
    };
    std::size_t size = 0;
    for (const std::size_t next :
         std::initializer_list<std::size_t>{100, 1000, 10000, 60000, 100000, 131072, 200000}) {
        fill(size, next);
        size = next;
        const double each = static_cast<double>(table.memory_usage()) / static_cast<double>(size);
        INFO(size << " entries, " << each << " bytes each");
        CHECK(each < (size < 1000 ? 24.0 : size < 60000 ? 18.0 : 14.0));
    }
    for (std::size_t i = 1000; i < size; ++i) memory::destroy(table.take(std::to_string(i)));
    const double each = static_cast<double>(table.memory_usage()) / 1000;
    INFO(each << " bytes each after shrinking");
    CHECK(each < 40);
}

TEST_CASE("the flag of an entry is read when it is inserted and when it is replaced") {
    Table table;
    std::mt19937_64 random(5);
    for (int i = 0; i < 1000; ++i) table.insert(member(std::to_string(i), 0, i % 10 == 0));
    const auto count_flagged = [&] {
        int flagged = 0;
        std::uint64_t cursor = 0;
        do {
            cursor = table.sweep_flagged(cursor, [&](const Member* entry) {
                CHECK(entry->flagged);
                ++flagged;
            });
        } while (cursor != 0);
        return flagged;
    };
    CHECK(count_flagged() == 100);
    const auto position = table.locate("0", Table::hash("0"));
    CHECK(position.flagged());
    position.entry()->flagged = false;
    CHECK(table.replace(position, position.entry()) == position.entry());
    CHECK(!position.flagged());
    CHECK(count_flagged() == 99);
    CHECK(table.find("0") == position.entry());
    CHECK(table.sample_flagged(random, 1000)->flagged);
    for (int i = 0; i < 1000; i += 10) memory::destroy(table.take(std::to_string(i)));
    CHECK(table.sample_flagged(random, 1000) == nullptr);
}

// Pearson's statistic over all entries of a table that is half way through a round of splits, where
// some chains are twice as long as others.
TEST_CASE("sampling gives every entry the same chance") {
    constexpr std::size_t kEntries = 1300;
    constexpr std::size_t kDraws = kEntries * 200;
    Table table;
    for (std::size_t i = 0; i < kEntries; ++i) table.insert(member(std::to_string(i)));
    std::mt19937_64 random(42);
    for (std::size_t i = 0; i < kDraws; ++i) ++table.sample(random)->value;
    constexpr double kExpected = static_cast<double>(kDraws) / kEntries;
    double chi_square = 0;
    table.for_each([&](const Member* entry) {
        const double off = static_cast<double>(entry->value) - kExpected;
        chi_square += off * off / kExpected;
    });
    // Degrees of freedom: kEntries - 1; the deviation of the statistic is sqrt(2 * that), about 51.
    CHECK(chi_square < kEntries + 6 * std::sqrt(2.0 * kEntries));
    CHECK(chi_square > kEntries - 6 * std::sqrt(2.0 * kEntries));
}

TEST_CASE("a table moves, also to another thread to end there") {
    const std::size_t before = memory::used();
    Table table;
    for (int i = 0; i < 10000; ++i) table.insert(member(std::to_string(i)));
    Table other = std::move(table);
    CHECK(other.size() == 10000);
    CHECK(table.empty());  // NOLINT(bugprone-use-after-move): that is the subject
    table.insert(member("again"));
    CHECK(table.find("again") != nullptr);
    std::thread end([moved = std::move(other)]() mutable { moved.clear(); });
    end.join();
    table = Table();
    CHECK(memory::used() == before);
}

TEST_CASE("prefetching changes nothing") {
    Table table;
    table.prefetch_bucket(1);
    table.prefetch_entry(1);
    for (int i = 0; i < 1000; ++i) table.insert(member(std::to_string(i)));
    for (int i = 0; i < 2000; ++i) {
        const std::string key = std::to_string(i);
        const std::uint64_t hash = Table::hash(key);
        table.prefetch_bucket(hash);
        table.prefetch_entry(hash);
        CHECK((table.find(key, hash) != nullptr) == (i < 1000));
    }
}
