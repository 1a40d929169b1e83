#include "internal/redis/keyspace/lazy_free.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <utility>

#include "internal/redis/keyspace/boxes_test.hpp"
#include "internal/redis/memory/memory.hpp"

namespace memory = assay::redis::memory;
using assay::redis::Box;
using assay::redis::Entry;
using assay::redis::EntryTable;
using assay::redis::LazyFree;
using assay::redis::NewValue;
using assay::redis::Type;

namespace {

EntryTable table_of(int count) {
    EntryTable table;
    for (int i = 0; i < count; ++i) {
        table.insert(Entry::create(std::to_string(i), NewValue::text("value")));
    }
    return table;
}

}  // namespace

TEST_CASE("large values are freed by the thread and counted, small ones at once") {
    const assay::redis::Boxes boxes;
    const std::size_t before = memory::used();
    LazyFree lazy_free;
    lazy_free.dispose(Entry::create("small", NewValue::text("value")));
    CHECK(memory::used() == before);
    CHECK(lazy_free.pending() == 0);
    for (int i = 0; i < 100; ++i) {
        lazy_free.dispose(Entry::create("large", NewValue::object(Type::kSet, Box(i))));
    }
    lazy_free.wait();
    CHECK(lazy_free.freed() == 100);
    CHECK(lazy_free.pending() == 0);
    CHECK(memory::used() == before);
}

TEST_CASE("a table is freed by the thread, an empty one is nothing to do") {
    const std::size_t before = memory::used();
    LazyFree lazy_free;
    lazy_free.dispose(EntryTable());
    lazy_free.dispose(table_of(10000));
    lazy_free.wait();
    CHECK(lazy_free.freed() == 10000);
    CHECK(memory::used() == before);
}

TEST_CASE("when the queue is full the giver frees in place") {
    const std::size_t before = memory::used();
    LazyFree lazy_free(0);
    lazy_free.dispose(table_of(1000));
    CHECK(memory::used() == before);
    CHECK(lazy_free.freed() == 0);
    CHECK(lazy_free.pending() == 0);
}

TEST_CASE("what is still queued at the end is freed") {
    const std::size_t before = memory::used();
    {
        LazyFree lazy_free;
        for (int i = 0; i < 50; ++i) lazy_free.dispose(table_of(500));
    }
    CHECK(memory::used() == before);
}
