#include "internal/redis/keyspace/database.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "internal/redis/keyspace/boxes_test.hpp"
#include "internal/redis/keyspace/keyspace.hpp"
#include "internal/redis/memory/memory.hpp"

namespace memory = assay::redis::memory;
using assay::redis::Box;
using assay::redis::Database;
using assay::redis::Entry;
using assay::redis::ExpiryTime;
using assay::redis::HashedKey;
using assay::redis::IntegerText;
using assay::redis::Keyspace;
using assay::redis::NewValue;
using assay::redis::Type;
using std::chrono::milliseconds;

namespace {

constexpr std::int64_t kNow = 1700000000000;

struct Listener final : assay::redis::ExpiryListener {
    std::vector<std::pair<std::size_t, std::string>> heard;
    void expired(std::size_t database, std::string_view key) override {
        heard.emplace_back(database, std::string(key));
    }
};

struct Fixture {
    const assay::redis::Boxes boxes;
    Keyspace keyspace{2};
    Database& database = keyspace[0];
    Listener listener;

    Fixture() {
        keyspace.clock().freeze(milliseconds(kNow));
        keyspace.environment().listener = &listener;
    }
    void pass(int ms) { keyspace.clock().advance(milliseconds(ms)); }
};

std::string text_of(const Entry* entry) {
    IntegerText room;
    return std::string(entry->text(room));
}

std::set<std::string> scan_all(Database& database) {
    std::set<std::string> keys;
    std::uint64_t cursor = 0;
    do {
        cursor = database.scan(cursor, [&](const Entry& entry) { keys.emplace(entry.key()); });
    } while (cursor != 0);
    return keys;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "a key is set, found, overwritten and erased") {
    CHECK(database.find(HashedKey("k")) == nullptr);
    database.set(HashedKey("k"), NewValue::text("one"));
    CHECK(text_of(database.find(HashedKey("k"))) == "one");
    database.set(HashedKey("k"), NewValue::text("a much longer text than the one before"));
    CHECK(database.size() == 1);
    CHECK(text_of(database.find(HashedKey("k"))) == "a much longer text than the one before");
    database.set(HashedKey("k"), NewValue::object(Type::kList, Box(1)));
    CHECK(database.find(HashedKey("k"))->type() == Type::kList);
    database.erase(database.find(HashedKey("k")));
    CHECK(database.find(HashedKey("k")) == nullptr);
    CHECK(database.size() == 0);
}

TEST_CASE_METHOD(Fixture, "a key is gone the moment its time passes, and the listener hears it") {
    database.set(HashedKey("k"), NewValue::text("v"), kNow + 100);
    CHECK(database.volatile_count() == 1);
    pass(99);
    CHECK(database.peek(HashedKey("k")) != nullptr);
    pass(1);
    CHECK(database.peek(HashedKey("k")) == nullptr);
    CHECK(database.size() == 0);
    CHECK(database.volatile_count() == 0);
    CHECK(keyspace.environment().expired_keys == 1);
    REQUIRE(listener.heard.size() == 1);
    CHECK(listener.heard[0] == std::make_pair(std::size_t{0}, std::string("k")));
}

TEST_CASE_METHOD(Fixture, "overwriting a key whose time has passed is an expiry and an insert") {
    database.set(HashedKey("k"), NewValue::text("old"), kNow + 1);
    pass(1);
    database.set(HashedKey("k"), NewValue::text("new"));
    CHECK(listener.heard.size() == 1);
    CHECK(database.volatile_count() == 0);
    CHECK(text_of(database.find(HashedKey("k"))) == "new");
}

TEST_CASE_METHOD(Fixture, "what is over is hidden but stays where expiry is left to another") {
    keyspace.environment().deletes_expired = false;
    for (int i = 0; i < 3; ++i) {
        database.set(HashedKey("k" + std::to_string(i)), NewValue::text("v"), kNow + 1);
    }
    pass(1);
    CHECK(database.find(HashedKey("k0")) == nullptr);
    CHECK(scan_all(database).empty());
    CHECK(database.random_key() == nullptr);
    CHECK(database.size() == 3);
    CHECK(listener.heard.empty());
    database.insert(HashedKey("k0"), NewValue::text("v"));
    database.adopt(Entry::create("k1", NewValue::text("v")));
    database.set(HashedKey("k2"), NewValue::text("v"));
    CHECK(database.size() == 3);
    CHECK(database.volatile_count() == 0);
    CHECK(scan_all(database).size() == 3);
}

TEST_CASE_METHOD(Fixture, "expiry times are set, changed and cleared") {
    Entry* entry = database.set(HashedKey("k"), NewValue::text(std::string(32, 'v')));
    entry = database.set_expiry(entry, kNow + 5);
    CHECK(database.volatile_count() == 1);
    entry = database.set_expiry(entry, kNow + 500);
    CHECK(database.volatile_count() == 1);
    CHECK(database.average_ttl_ms() == 500);
    pass(100);
    entry = database.find(HashedKey("k"));
    REQUIRE(entry != nullptr);
    entry = database.assign(entry, NewValue::text("w"), entry->expiry());
    CHECK(database.volatile_count() == 1);
    entry = database.set_expiry(entry, {});
    CHECK(database.volatile_count() == 0);
    CHECK(database.average_ttl_ms() == 0);
    pass(1000);
    CHECK(text_of(database.find(HashedKey("k"))) == "w");
}

TEST_CASE_METHOD(Fixture, "renaming keeps value, expiry and access, and overwrites") {
    Entry* entry = database.set(HashedKey("a"), NewValue::text("from a"), kNow + 100);
    entry->set_access(1234);
    database.set(HashedKey("b"), NewValue::object(Type::kSet, Box(1)));
    entry = database.rename(entry, HashedKey("b"));
    CHECK(entry->key() == "b");
    CHECK(entry->access() == 1234);
    CHECK(entry->expiry() == ExpiryTime(kNow + 100));
    CHECK(database.size() == 1);
    CHECK(database.volatile_count() == 1);
    CHECK(database.peek(HashedKey("a")) == nullptr);
    CHECK(database.peek(HashedKey("b")) == entry);
}

TEST_CASE_METHOD(Fixture, "an entry moves to another database and is copied within one") {
    Entry* entry = database.set(HashedKey("a"), NewValue::object(Type::kHash, Box(9)), kNow + 5);
    Entry* copy = database.adopt(Entry::copy(*entry, "copy"));
    CHECK(database.volatile_count() == 2);
    keyspace[1].adopt(database.take(entry));
    CHECK(database.size() == 1);
    CHECK(keyspace[1].size() == 1);
    CHECK(keyspace[1].volatile_count() == 1);
    CHECK(keyspace[1].peek(HashedKey("a"))->object<Box>().value() == 9);
    CHECK(copy->object<Box>().value() == 9);
}

TEST_CASE_METHOD(Fixture, "a find is a use, a peek is none") {
    database.set(HashedKey("k"), NewValue::text("v"));
    pass(10000);
    Entry* entry = database.peek(HashedKey("k"));
    CHECK(assay::redis::idle_seconds(entry->access(), keyspace.clock().now_ms()) == 10);
    database.find(HashedKey("k"));
    CHECK(assay::redis::idle_seconds(entry->access(), keyspace.clock().now_ms()) == 0);
}

TEST_CASE_METHOD(Fixture, "a text is edited in its database as it grows") {
    Entry* entry = database.set(HashedKey("k"), NewValue::text("12"), kNow + 100);
    std::string model = "12";
    for (int i = 0; i < 2000; ++i) {
        entry = database.edit_text(entry, model.size() + 1);
        entry->editable_text().back() = 'x';
        model += 'x';
        REQUIRE(database.peek(HashedKey("k")) == entry);
    }
    CHECK(text_of(entry) == model);
    CHECK(database.volatile_count() == 1);
}

TEST_CASE_METHOD(Fixture, "a scan and a random key leave out what is over") {
    for (int i = 0; i < 1000; ++i) {
        const ExpiryTime expiry = i % 2 == 0 ? ExpiryTime(kNow + 10) : std::nullopt;
        database.set(HashedKey(std::to_string(i)), NewValue::text("v"), expiry);
    }
    pass(10);
    int seen = 0;
    database.for_each([&](const Entry& entry) { seen += entry.has_expiry() ? 1000 : 1; });
    CHECK(seen == 500);
    for (int i = 0; i < 100; ++i) CHECK(!database.random_key()->has_expiry());
    CHECK(scan_all(database).size() == 500);
    CHECK(database.size() == 500);
    CHECK(listener.heard.size() == 500);
}

TEST_CASE_METHOD(Fixture, "databases are flushed, at once or lazily, and swapped") {
    const auto fill = [&](Database& into, int count) {
        for (int i = 0; i < count; ++i) {
            into.set(HashedKey(std::to_string(i)), NewValue::text("v"), kNow + 10);
        }
    };
    fill(keyspace[0], 1000);
    fill(keyspace[1], 10);
    keyspace.swap(0, 1);
    keyspace.swap(0, 0);
    CHECK(keyspace[0].size() == 10);
    CHECK(keyspace[1].volatile_count() == 1000);
    CHECK(keyspace[1].index() == 1);
    CHECK(keyspace.size() == 1010);
    keyspace.flush(0, assay::redis::FreeMode::kNow);
    CHECK(keyspace.lazy_free().freed() == 0);
    keyspace.flush_all(assay::redis::FreeMode::kLazily);
    CHECK(keyspace.size() == 0);
    CHECK(keyspace[1].volatile_count() == 0);
    keyspace.lazy_free().wait();
    CHECK(keyspace.lazy_free().freed() == 1000);
    fill(keyspace[1], 5);
    CHECK(scan_all(keyspace[1]).size() == 5);
}

TEST_CASE_METHOD(Fixture, "a batch of keys is prefetched, there or not") {
    database.prefetch({});
    std::vector<std::string> names;
    for (int i = 0; i < 16; ++i) names.push_back(std::to_string(i));
    const std::vector<HashedKey> keys(names.begin(), names.end());
    database.prefetch(keys);
    for (std::size_t i = 0; i < keys.size(); i += 2) database.set(keys[i], NewValue::text("v"));
    database.prefetch(keys);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        CHECK((database.find(keys[i]) != nullptr) == (i % 2 == 0));
    }
}

TEST_CASE("a database follows a model with expiry through random commands") {
    const assay::redis::Boxes boxes;
    const std::size_t before = memory::used();
    {
        struct Value {
            std::string text;
            ExpiryTime expiry;
        };
        const auto seed = GENERATE(range(1u, 5u));
        std::mt19937 random(seed);
        Keyspace keyspace(1);
        keyspace.clock().freeze(milliseconds(kNow));
        Database& database = keyspace[0];
        std::map<std::string, Value> model;
        const auto now = [&] { return keyspace.clock().now_ms(); };
        for (int step = 0; step < 20000; ++step) {
            const std::string key = std::to_string(random() % 500);
            const std::string text(random() % 700, 'x');
            const ExpiryTime expiry = random() % 2 == 0
                                          ? ExpiryTime(now() + static_cast<int>(random() % 200))
                                          : std::nullopt;
            Entry* entry = database.find(HashedKey(key));
            const auto found = model.find(key);
            const bool alive =
                found != model.end() && (!found->second.expiry || *found->second.expiry > now());
            REQUIRE((entry != nullptr) == alive);
            if (alive) REQUIRE(text_of(entry) == found->second.text);
            if (!alive && found != model.end()) model.erase(found);
            switch (random() % 5) {
                case 0:
                case 1:
                    database.set(HashedKey(key), NewValue::text(text), expiry);
                    model[key] = {text, expiry};
                    break;
                case 2:
                    if (entry == nullptr) break;
                    database.set_expiry(entry, expiry);
                    model[key].expiry = expiry;
                    break;
                case 3:
                    if (entry == nullptr) break;
                    database.unlink(entry);
                    model.erase(key);
                    break;
                default:
                    keyspace.clock().advance(milliseconds(random() % 3));
            }
        }
        std::set<std::string> alive;
        for (const auto& [key, value] : model) {
            if (!value.expiry || *value.expiry > now()) alive.insert(key);
        }
        CHECK(scan_all(database) == alive);
        std::size_t with_expiry = 0;
        database.for_each([&](const Entry& entry) { with_expiry += entry.has_expiry() ? 1 : 0; });
        CHECK(database.volatile_count() == with_expiry);
    }
    CHECK(memory::used() == before);
}

TEST_CASE("a million keys of 16 bytes with values of 32 take at most 78 bytes each") {
    const std::size_t before = memory::used();
    Keyspace keyspace(1);
    const std::string value(32, 'v');
    constexpr int kKeys = 1000000;
    for (int i = 0; i < kKeys; ++i) {
        std::string key = "key:000000000000";
        const std::string digits = std::to_string(i);
        key.replace(key.size() - digits.size(), digits.size(), digits);
        keyspace[0].set(HashedKey(key), NewValue::text(value));
    }
    const double each = static_cast<double>(memory::used() - before) / kKeys;
    INFO(each << " bytes per key");
    CHECK(keyspace.size() == kKeys);
    CHECK(each <= 78);
}
