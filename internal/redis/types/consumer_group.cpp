#include "internal/redis/types/consumer_group.hpp"

namespace assay::redis {

Consumer* ConsumerGroup::find_consumer(std::string_view name) {
    const auto found = consumers_.find(name);
    return found == consumers_.end() ? nullptr : &found->second;
}

std::pair<Consumer*, bool> ConsumerGroup::add_consumer(std::string_view name, std::int64_t now_ms) {
    if (Consumer* found = find_consumer(name)) return {found, false};
    const auto [added, is_new] = consumers_.try_emplace(AccountedString(name));
    Consumer& consumer = added->second;
    consumer.name = added->first;
    consumer.seen_time_ms = now_ms;
    return {&consumer, is_new};
}

std::optional<std::size_t> ConsumerGroup::remove_consumer(std::string_view name) {
    const auto found = consumers_.find(name);
    if (found == consumers_.end()) return std::nullopt;
    const std::size_t owed = found->second.pending.size();
    for (const auto& [id, pending] : found->second.pending) pending_.erase(id);
    consumers_.erase(found);
    return owed;
}

Pending* ConsumerGroup::find_pending(StreamId id) {
    const auto found = pending_.find(id);
    return found == pending_.end() ? nullptr : &found->second;
}

void ConsumerGroup::give(StreamId id, Pending& pending, Consumer& consumer) {
    if (pending.consumer == &consumer) return;
    if (pending.consumer != nullptr) pending.consumer->pending.erase(id);
    pending.consumer = &consumer;
    consumer.pending.emplace(id, &pending);
}

Pending& ConsumerGroup::deliver(StreamId id, Consumer& consumer, std::int64_t now_ms) {
    Pending& pending = pending_.try_emplace(id).first->second;
    pending.delivery_time_ms = now_ms;
    pending.delivery_count = 1;
    give(id, pending, consumer);
    return pending;
}

bool ConsumerGroup::acknowledge(StreamId id) {
    const auto found = pending_.find(id);
    if (found == pending_.end()) return false;
    if (Consumer* consumer = found->second.consumer) consumer->pending.erase(id);
    pending_.erase(found);
    return true;
}

bool ConsumerGroup::claim(StreamId id, Pending& pending, Consumer& consumer, const Claim& how,
                          std::int64_t now_ms) {
    const std::int64_t idle_ms = now_ms - pending.delivery_time_ms;
    if (pending.consumer != nullptr && how.min_idle_ms > 0 && idle_ms < how.min_idle_ms) {
        return false;
    }
    give(id, pending, consumer);
    pending.delivery_time_ms = how.delivery_time_ms;
    if (how.delivery_count) {
        pending.delivery_count = *how.delivery_count;
    } else if (!how.keeps_count) {
        ++pending.delivery_count;
    }
    return true;
}

Pending& ConsumerGroup::find_or_add(StreamId id, std::int64_t now_ms) {
    const auto [at, is_new] = pending_.try_emplace(id);
    if (is_new) {
        at->second.delivery_time_ms = now_ms;
        at->second.delivery_count = 1;
    }
    return at->second;
}

bool ConsumerGroup::attach(StreamId id, Consumer& consumer) {
    Pending* pending = find_pending(id);
    if (pending == nullptr || pending->consumer != nullptr) return false;
    give(id, *pending, consumer);
    return true;
}

void ConsumerGroup::copy_to(ConsumerGroup& empty) const {
    for (const auto& [name, consumer] : consumers_) {
        empty.add_consumer(name, consumer.seen_time_ms).first->active_time_ms =
            consumer.active_time_ms;
    }
    for (const auto& [id, pending] : pending_) {
        Pending& copied = empty.pending_.try_emplace(id).first->second;
        copied.delivery_time_ms = pending.delivery_time_ms;
        copied.delivery_count = pending.delivery_count;
        if (pending.consumer != nullptr) {
            empty.give(id, copied, *empty.find_consumer(pending.consumer->name));
        }
    }
}

std::size_t ConsumerGroup::memory_usage() const {
    // A node of std::map is three pointers and a colour before its value.
    constexpr std::size_t kNodeHead = 4 * sizeof(void*);
    const auto of_map = [](const auto& map) {
        return map.empty() ? 0 : map.size() * (kNodeHead + sizeof(*map.begin()) + sizeof(void*));
    };
    std::size_t bytes = of_map(pending_) + of_map(consumers_);
    for (const auto& [name, consumer] : consumers_) bytes += of_map(consumer.pending);
    return bytes;
}

}  // namespace assay::redis
