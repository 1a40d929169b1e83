#include "internal/redis/commands/hash.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "internal/redis/commands/arguments.hpp"
#include "internal/redis/commands/collection_scan.hpp"
#include "internal/redis/commands/hash_access.hpp"
#include "pkg/resp/numbers.hpp"

namespace assay::redis::commands {
namespace {

void write_value(Call& call, const std::optional<PackedValue>& value) {
    if (!value) return call.reply.null();
    write_bulk(call.reply, *value);
}

// "field value…": how many fields are new.
std::size_t set_fields(Call& call, Hash& hash, Words pairs) {
    const Limits& limits = call.settings().limits;
    std::size_t longest = 0;
    for (const std::string_view word : pairs) longest = std::max(longest, word.size());
    hash.expect(pairs.size() / 2, longest, limits);
    std::size_t added = 0;
    for (std::size_t i = 0; i < pairs.size(); i += 2) {
        if (hash.set(pairs[i], pairs[i + 1], limits)) ++added;
    }
    return added;
}

// How many fields are new; empty: the error has been written.
std::optional<std::size_t> set_words(Call& call) {
    if (call.words.size() % 2 != 0) {
        call.wrong_arity();
        return std::nullopt;
    }
    const auto hash = find_or_make_hash(call, call.words[1]);
    if (hash.wrong) return std::nullopt;
    const std::size_t added = set_fields(call, *hash, call.words.subspan(2));
    call.changed(call.words[1], kHashEvents, "hset");
    return added;
}

// Sets one field, whose deadline stays.
void store(Call& call, std::string_view text, std::string_view event) {
    const auto hash = find_or_make_hash(call, call.words[1]);
    const Limits& limits = call.settings().limits;
    hash->expect(1, std::max(call.words[2].size(), text.size()), limits);
    hash->set(call.words[2], text, limits, Hash::Deadline::kKeep);
    call.changed(call.words[1], kHashEvents, event);
}

enum class Part : std::uint8_t { fields, values, both };

void write_all(Call& call, Part part) {
    const auto hash = find_hash(call, call.words[1], For::reading);
    if (hash.wrong) return;
    const std::size_t size = hash ? hash->size() : 0;
    part == Part::both ? call.reply.map(size) : call.reply.array(size);
    if (!hash) return;
    hash->for_each([&](PackedValue field, PackedValue value) {
        if (part != Part::values) write_bulk(call.reply, field);
        if (part != Part::fields) write_bulk(call.reply, value);
    });
}

}  // namespace

void hset(Call& call) {
    const auto added = set_words(call);
    if (added) call.reply.integer(static_cast<std::int64_t>(*added));
}

void hmset(Call& call) {
    if (set_words(call)) call.reply.ok();
}

void hsetnx(Call& call) {
    const auto hash = find_or_make_hash(call, call.words[1]);
    if (hash.wrong) return;
    if (hash->contains(call.words[2])) return call.reply.integer(0);
    set_fields(call, *hash, call.words.subspan(2));
    call.reply.integer(1);
    call.changed(call.words[1], kHashEvents, "hset");
}

void hget(Call& call) {
    const auto hash = find_hash(call, call.words[1], For::reading);
    if (hash.wrong) return;
    write_value(call, hash ? hash->get(call.words[2]) : std::nullopt);
}

void hmget(Call& call) {
    const auto hash = find_hash(call, call.words[1], For::reading);
    if (hash.wrong) return;
    const Words fields = call.words.subspan(2);
    call.reply.array(fields.size());
    for (const std::string_view field : fields) {
        write_value(call, hash ? hash->get(field) : std::nullopt);
    }
}

void hdel(Call& call) {
    const auto hash = find_hash(call, call.words[1], For::writing);
    if (hash.wrong) return;
    if (!hash) return call.reply.integer(0);
    std::int64_t erased = 0;
    for (const std::string_view field : call.words.subspan(2)) {
        if (!hash->empty() && hash->erase(field)) ++erased;
    }
    if (erased > 0) {
        call.changed(call.words[1], kHashEvents, "hdel");
        erase_if_empty(call, call.words[1], hash);
    }
    call.reply.integer(erased);
}

void hlen(Call& call) {
    const auto hash = find_hash(call, call.words[1], For::reading);
    if (hash.wrong) return;
    call.reply.integer(hash ? static_cast<std::int64_t>(hash->size()) : 0);
}

void hstrlen(Call& call) {
    const auto hash = find_hash(call, call.words[1], For::reading);
    if (hash.wrong) return;
    const auto value = hash ? hash->get(call.words[2]) : std::nullopt;
    call.reply.integer(value ? static_cast<std::int64_t>(value->text_size()) : 0);
}

void hexists(Call& call) {
    const auto hash = find_hash(call, call.words[1], For::reading);
    if (hash.wrong) return;
    call.reply.integer(hash && hash->contains(call.words[2]) ? 1 : 0);
}

void hkeys(Call& call) {
    write_all(call, Part::fields);
}
void hvals(Call& call) {
    write_all(call, Part::values);
}
void hgetall(Call& call) {
    write_all(call, Part::both);
}

void hincrby(Call& call) {
    const auto increment = call.integer(call.words[3]);
    if (!increment) return;
    const auto hash = find_hash(call, call.words[1], For::writing);
    if (hash.wrong) return;
    const auto former = hash ? hash->get(call.words[2]) : std::nullopt;
    const auto number = former ? former->as_integer() : 0;
    if (!number) return call.error("ERR hash value is not an integer");
    std::int64_t sum = 0;
    if (__builtin_add_overflow(*number, *increment, &sum)) {
        return call.error("ERR increment or decrement would overflow");
    }
    store(call, resp::to_text(sum), "hincrby");
    call.reply.integer(sum);
}

void hincrbyfloat(Call& call) {
    const auto increment = resp::parse_long_double(call.words[3]);
    if (!increment) return call.error(kNotAFloat);
    if (!std::isfinite(*increment)) return call.error("ERR value is NaN or Infinity");
    const auto hash = find_hash(call, call.words[1], For::writing);
    if (hash.wrong) return;
    const auto former = hash ? hash->get(call.words[2]) : std::nullopt;
    IntegerText room;
    const auto number = resp::parse_long_double(former ? former->text(room) : "0");
    if (!number) return call.error("ERR hash value is not a float");
    const long double sum = *number + *increment;
    if (!std::isfinite(sum)) return call.error("ERR increment would produce NaN or Infinity");
    const std::string text = resp::to_human_text(sum);
    store(call, text, "hincrbyfloat");
    call.reply.bulk(text);
}

void hscan(Call& call) {
    const auto cursor = scan_cursor(call);
    if (!cursor) return;
    const auto hash = find_hash(call, call.words[1], For::reading);
    if (hash.wrong) return;
    if (!hash) return write_empty_scan(call);
    scan_collection(call, *cursor, [&](std::uint64_t at, const ScanVisit& visit) {
        return hash->scan(at, [&](PackedValue field, PackedValue value) { visit(field, &value); });
    });
}

}  // namespace assay::redis::commands
