#include "internal/redis/keyspace/entry.hpp"

#include <catch2/catch.hpp>
#include <initializer_list>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "internal/redis/keyspace/boxes_test.hpp"
#include "internal/redis/memory/memory.hpp"
#include "internal/redis/types/hash.hpp"
#include "internal/redis/types/list.hpp"
#include "internal/redis/types/set.hpp"
#include "internal/redis/types/sorted_set.hpp"
#include "internal/redis/types/stream.hpp"

namespace memory = assay::redis::memory;
using assay::redis::Box;
using assay::redis::Entry;
using assay::redis::ExpiryTime;
using assay::redis::IntegerText;
using assay::redis::NewValue;
using assay::redis::Type;

namespace {

std::string text_of(const Entry* entry) {
    IntegerText room;
    return std::string(entry->text(room));
}

std::string pattern(std::size_t size) {
    std::string text(size, ' ');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 26);
    return text;
}

}  // namespace

TEST_CASE("a pair of 16 and 32 bytes takes a block of 64, with an expiry 80") {
    Entry* entry = Entry::create(pattern(16), NewValue::text(pattern(32)));
    CHECK(entry->memory_usage() == 64);
    entry = Entry::set_expiry(entry, 5);
    CHECK(entry->memory_usage() <= 80);
    Entry::destroy(entry);
}

TEST_CASE("keys and texts of all sizes come back, with and without an expiry") {
    const std::size_t before = memory::used();
    for (const std::size_t key_size :
         std::initializer_list<std::size_t>{0, 1, 16, 254, 255, 256, 70000}) {
        for (const std::size_t size :
             std::initializer_list<std::size_t>{0, 1, 44, 45, 511, 512, 513, 100000}) {
            for (const ExpiryTime expiry : {ExpiryTime(), ExpiryTime(123456789012345)}) {
                Entry* entry =
                    Entry::create(pattern(key_size), NewValue::text(pattern(size)), expiry);
                CHECK(entry->key() == pattern(key_size));
                CHECK(text_of(entry) == pattern(size));
                CHECK(entry->text_size() == size);
                CHECK(entry->expiry() == expiry);
                CHECK(entry->type() == Type::kString);
                CHECK(entry->text_encoding() == (size <= 44 ? "embstr" : "raw"));
                CHECK(entry->memory_usage() >= key_size + size);
                Entry::destroy(entry);
            }
        }
    }
    CHECK(memory::used() == before);
}

TEST_CASE("canonical integers are kept as such, other digits are not") {
    for (const std::string text :
         {"0", "-1", "12345", "9223372036854775807", "-9223372036854775808"}) {
        Entry* entry = Entry::create("k", NewValue::text(text));
        CHECK(entry->is_integer());
        CHECK(entry->integer() == std::stoll(text));
        CHECK(entry->text_encoding() == "int");
        CHECK(text_of(entry) == text);
        Entry::destroy(entry);
    }
    for (const std::string text :
         {"", "-", "00", "012", "-0", "+1", " 1", "1 ", "1.0", "9223372036854775808"}) {
        Entry* entry = Entry::create("k", NewValue::text(text));
        CHECK(!entry->is_integer());
        CHECK(text_of(entry) == text);
        Entry::destroy(entry);
    }
}

TEST_CASE("an expiry lies in the future, is reached, changes and goes") {
    Entry* entry = Entry::create("k", NewValue::text("value"));
    CHECK(!entry->has_expiry());
    CHECK(!entry->is_expired(1000));
    entry = Entry::set_expiry(entry, 1000);
    CHECK(!entry->is_expired(999));
    CHECK(entry->is_expired(1000));
    entry = Entry::set_expiry(entry, 2000);
    CHECK(!entry->is_expired(1000));
    CHECK(entry->expiry() == ExpiryTime(2000));
    entry = Entry::set_expiry(entry, {});
    entry = Entry::set_expiry(entry, {});
    CHECK(!entry->has_expiry());
    CHECK(entry->key() == "k");
    CHECK(text_of(entry) == "value");
    Entry::destroy(entry);
}

TEST_CASE("a value of the same size is written into the same block") {
    Entry* entry = Entry::create("key", NewValue::text(pattern(32)));
    entry->set_access(0xabcdef);
    Entry* after = Entry::assign(entry, NewValue::text(std::string(32, 'x')), {});
    CHECK(after == entry);
    CHECK(text_of(after) == std::string(32, 'x'));
    CHECK(after->access() == 0xabcdef);
    after = Entry::assign(after, NewValue::text(pattern(200)), {});
    after = Entry::assign(after, NewValue::text("short"), {});
    CHECK(after->memory_usage() <= 32);
    Entry::destroy(after);
}

TEST_CASE("an edited text keeps its bytes, its new ones are zero, and it is raw") {
    Entry* entry = Entry::create("key", NewValue::integer(-42));
    std::string model = "-42";
    for (const std::size_t size :
         std::initializer_list<std::size_t>{5, 2, 40, 512, 513, 5000, 3000, 4000, 10, 1000}) {
        entry = Entry::edit_text(entry, size);
        model.resize(size, '\0');
        REQUIRE(text_of(entry) == model);
        CHECK(entry->text_encoding() == "raw");
        entry->editable_text().back() = 'z';
        model.back() = 'z';
        REQUIRE(text_of(entry) == model);
        CHECK(entry->key() == "key");
    }
    entry = Entry::assign(entry, NewValue::text("new"), {});
    CHECK(entry->text_encoding() == "embstr");
    Entry::destroy(entry);
}

TEST_CASE("an object lives in its entry, changes there and dies with it") {
    const assay::redis::Boxes boxes;
    const std::size_t before = memory::used();
    Entry* entry = Entry::create("key", NewValue::object(Type::kList, Box(7)));
    CHECK(entry->type() == Type::kList);
    CHECK(entry->object<Box>().value() == 7);
    entry->object<Box>().set(8);
    entry = Entry::set_expiry(entry, 99);
    CHECK(entry->object<Box>().value() == 8);
    CHECK(entry->effort() == 1 + Box::kEffort);
    CHECK(entry->memory_usage() == memory::used() - before);
    entry = Entry::rename(entry, pattern(300));
    CHECK(entry->object<Box>().value() == 8);
    CHECK(entry->expiry() == ExpiryTime(99));
    entry = Entry::assign(entry, NewValue::text("text"), {});
    CHECK(entry->type() == Type::kString);
    entry = Entry::assign(entry, NewValue::object(Type::kHash, Box(1)), 5);
    CHECK(entry->type() == Type::kHash);
    Entry::destroy(entry);
    CHECK(memory::used() == before);
}

TEST_CASE("lists, sets, sorted sets, hashes and streams lie in entries") {
    const std::size_t before = memory::used();
    std::vector<Entry*> entries;
    entries.push_back(Entry::create("l", NewValue::object(Type::kList, assay::redis::List())));
    entries.push_back(Entry::create("s", NewValue::object(Type::kSet, assay::redis::Set())));
    entries.push_back(
        Entry::create("z", NewValue::object(Type::kSortedSet, assay::redis::SortedSet())));
    entries.push_back(Entry::create("h", NewValue::object(Type::kHash, assay::redis::Hash())));
    entries.push_back(Entry::create("x", NewValue::object(Type::kStream, assay::redis::Stream())));
    for (Entry* entry : entries) {
        Entry* copy = Entry::copy(*entry, "copy");
        REQUIRE(copy != nullptr);
        CHECK(copy->type() == entry->type());
        CHECK(copy->memory_usage() >= 24);
        CHECK(copy->effort() < 64);
        Entry::destroy(entry);
        Entry::destroy(copy);
    }
    CHECK(memory::used() == before);
}

TEST_CASE("a copy shares nothing with its original") {
    const assay::redis::Boxes boxes;
    const std::size_t before = memory::used();
    for (const NewValue& value :
         {NewValue::text("short"), NewValue::text("77"), NewValue::object(Type::kSet, Box(3))}) {
        Entry* original = Entry::create("a", value, 1000);
        original->set_access(55);
        Entry* copy = Entry::copy(*original, "b");
        CHECK(copy->key() == "b");
        CHECK(copy->type() == original->type());
        CHECK(copy->expiry() == ExpiryTime(1000));
        CHECK(copy->access() == 55);
        Entry::destroy(original);
        if (copy->type() == Type::kSet) CHECK(copy->object<Box>().value() == 3);
        Entry::destroy(copy);
    }
    const std::string big = pattern(2000);
    Entry* original = Entry::create("a", NewValue::text(big));
    Entry* copy = Entry::copy(*original, "b");
    original->editable_text()[0] = '!';
    CHECK(text_of(copy) == big);
    Entry::destroy(original);
    Entry::destroy(copy);
    Entry* stream = Entry::create("s", NewValue::object(Type::kStream, Box(1)));
    CHECK(Entry::copy(*stream, "t") == nullptr);
    Entry::destroy(stream);
    CHECK(memory::used() == before);
}

TEST_CASE("an entry follows a model through random changes") {
    const assay::redis::Boxes boxes;
    const std::size_t before = memory::used();
    const auto seed = GENERATE(range(1u, 9u));
    std::mt19937 random(seed);
    std::string key = pattern(random() % 300);
    std::string text = "start";
    ExpiryTime expiry;
    Entry* entry = Entry::create(key, NewValue::text(text));
    for (int step = 0; step < 3000; ++step) {
        const std::size_t size = random() % (step % 3 == 0 ? 2000 : 60);
        switch (random() % 6) {
            case 0:
                text = random() % 4 == 0 ? std::to_string(random()) : pattern(size);
                expiry = random() % 2 == 0 ? ExpiryTime(random()) : std::nullopt;
                entry = Entry::assign(entry, NewValue::text(text), expiry);
                break;
            case 1:
                entry = Entry::edit_text(entry, size);
                text.resize(size, '\0');
                break;
            case 2:
                expiry = random() % 2 == 0 ? ExpiryTime(random()) : std::nullopt;
                entry = Entry::set_expiry(entry, expiry);
                break;
            case 3:
                key = pattern(random() % 400);
                entry = Entry::rename(entry, key);
                break;
            case 4: {
                entry = Entry::assign(entry, NewValue::object(Type::kList, Box(step)), expiry);
                REQUIRE(entry->object<Box>().value() == step);
                entry = Entry::assign(entry, NewValue::text(text), expiry);
                break;
            }
            default: {
                Entry* copy = Entry::copy(*entry, key);
                Entry::destroy(entry);
                entry = copy;
            }
        }
        REQUIRE(entry->key() == key);
        REQUIRE(text_of(entry) == text);
        REQUIRE(entry->expiry() == expiry);
    }
    Entry::destroy(entry);
    CHECK(memory::used() == before);
}
