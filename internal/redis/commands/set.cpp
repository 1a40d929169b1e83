#include "internal/redis/commands/set.hpp"

#include "internal/redis/commands/arguments.hpp"
#include "internal/redis/commands/collection_scan.hpp"

namespace assay::redis::commands {
namespace {

std::int64_t size_of(const Set& set) {
    return static_cast<std::int64_t>(set.size());
}

}  // namespace

void sadd(Call& call) {
    const std::string_view key = call.words[1];
    const auto set = find_or_make<Set>(call, key);
    if (set.wrong) return;
    const Words members = call.words.subspan(2);
    const Limits& limits = call.settings().limits;
    set->expect(members[0], members.size(), limits);
    std::int64_t added = 0;
    for (const std::string_view member : members) {
        if (set->add(member, limits)) ++added;
    }
    if (added > 0) call.changed(key, kSetEvents, "sadd");
    call.reply.integer(added);
}

void srem(Call& call) {
    const std::string_view key = call.words[1];
    const auto set = find<Set>(call, key, For::writing);
    if (set.wrong) return;
    if (!set) return call.reply.integer(0);
    std::int64_t removed = 0;
    for (const std::string_view member : call.words.subspan(2)) {
        if (!set->empty() && set->remove(member)) ++removed;
    }
    if (removed > 0) {
        call.changed(key, kSetEvents, "srem");
        erase_if_empty(call, key, set);
    }
    call.reply.integer(removed);
}

void smove(Call& call) {
    const std::string_view source = call.words[1];
    const std::string_view destination = call.words[2];
    const std::string_view member = call.words[3];
    const auto giver = find<Set>(call, source, For::writing);
    if (giver.wrong) return;
    if (!giver) return call.reply.integer(0);
    if (!check_type(call, call.find_to_write(destination), Type::kSet)) return;
    if (source == destination) return call.reply.integer(giver->contains(member) ? 1 : 0);
    if (!giver->remove(member)) return call.reply.integer(0);
    call.changed(source, kSetEvents, "srem");
    erase_if_empty(call, source, giver);
    const auto taker = find_or_make<Set>(call, destination);
    if (taker->add(member, call.settings().limits)) call.changed(destination, kSetEvents, "sadd");
    call.reply.integer(1);
}

void scard(Call& call) {
    const auto set = find<Set>(call, call.words[1], For::reading);
    if (set.wrong) return;
    call.reply.integer(set ? size_of(*set) : 0);
}

void sismember(Call& call) {
    const auto set = find<Set>(call, call.words[1], For::reading);
    if (set.wrong) return;
    call.reply.integer(set && set->contains(call.words[2]) ? 1 : 0);
}

void smismember(Call& call) {
    const auto set = find<Set>(call, call.words[1], For::reading);
    if (set.wrong) return;
    const Words members = call.words.subspan(2);
    call.reply.array(members.size());
    for (const std::string_view member : members) {
        call.reply.integer(set && set->contains(member) ? 1 : 0);
    }
}

void smembers(Call& call) {
    const auto set = find<Set>(call, call.words[1], For::reading);
    if (set.wrong) return;
    call.reply.set(set ? set->size() : 0);
    if (set) set->for_each([&](PackedValue member) { write_bulk(call.reply, member); });
}

void sscan(Call& call) {
    const auto cursor = scan_cursor(call);
    if (!cursor) return;
    const auto set = find<Set>(call, call.words[1], For::reading);
    if (set.wrong) return;
    if (!set) return write_empty_scan(call);
    scan_collection(call, *cursor, [&](std::uint64_t at, const ScanVisit& visit) {
        return set->scan(at, [&](PackedValue member) { visit(member, nullptr); });
    });
}

}  // namespace assay::redis::commands
