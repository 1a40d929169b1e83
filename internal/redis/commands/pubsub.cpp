#include "internal/redis/commands/pubsub.hpp"

#include <string>
#include <vector>

#include "internal/redis/engine/engine.hpp"

namespace assay::redis::commands {
namespace {

using Kind = Channels::Kind;

// The word that messages about a subscription begin with: "subscribe", "psubscribe"….
std::string_view verb(Kind kind, bool on) {
    if (kind == Kind::channel) return on ? "subscribe" : "unsubscribe";
    if (kind == Kind::pattern) return on ? "psubscribe" : "punsubscribe";
    return on ? "ssubscribe" : "sunsubscribe";
}

std::int64_t subscriptions(const Session& session, Kind kind) {
    return static_cast<std::int64_t>(kind == Kind::shard
                                         ? session.shard_channels.size()
                                         : session.channels.size() + session.patterns.size());
}

void confirm(Call& call, Kind kind, bool on, const std::string_view* name) {
    call.reply.push(3);
    call.reply.bulk(verb(kind, on));
    if (name != nullptr)
        call.reply.bulk(*name);
    else
        call.reply.null();
    call.reply.integer(subscriptions(call.session, kind));
}

void subscribe_to(Call& call, Kind kind) {
    for (const std::string_view name : call.words.subspan(1)) {
        call.engine.channels().subscribe(call.session, kind, name);
        confirm(call, kind, true, &name);
    }
}

void unsubscribe_from(Call& call, Kind kind) {
    Channels& channels = call.engine.channels();
    if (call.words.size() > 1) {
        for (const std::string_view name : call.words.subspan(1)) {
            channels.unsubscribe(call.session, kind, name);
            confirm(call, kind, false, &name);
        }
        return;
    }
    const auto& own = Channels::names_of(call.session, kind);
    if (own.empty()) return confirm(call, kind, false, nullptr);
    const std::vector<std::string> names(own.begin(), own.end());
    for (const std::string_view name : names) {
        channels.unsubscribe(call.session, kind, name);
        confirm(call, kind, false, &name);
    }
}

void publish_to(Call& call, Kind kind) {
    const std::size_t receivers = call.engine.publish(call.words[1], call.words[2], kind);
    call.reply.integer(static_cast<std::int64_t>(receivers));
}

void list_names(Call& call, Kind kind) {
    if (call.words.size() > 3) return call.unknown_subcommand();
    const std::string_view pattern = call.words.size() == 3 ? call.words[2] : std::string_view();
    const std::vector<std::string> names = call.engine.channels().names(kind, pattern);
    call.reply.array(names.size());
    for (const std::string& name : names) call.reply.bulk(name);
}

void count_subscribers(Call& call, Kind kind) {
    const Words names = call.words.subspan(2);
    call.reply.array(2 * names.size());
    for (const std::string_view name : names) {
        call.reply.bulk(name);
        const std::size_t count = call.engine.channels().subscribers(kind, name);
        call.reply.integer(static_cast<std::int64_t>(count));
    }
}

}  // namespace

void subscribe(Call& call) {
    subscribe_to(call, Kind::channel);
}
void psubscribe(Call& call) {
    subscribe_to(call, Kind::pattern);
}
void ssubscribe(Call& call) {
    subscribe_to(call, Kind::shard);
}
void unsubscribe(Call& call) {
    unsubscribe_from(call, Kind::channel);
}
void punsubscribe(Call& call) {
    unsubscribe_from(call, Kind::pattern);
}
void sunsubscribe(Call& call) {
    unsubscribe_from(call, Kind::shard);
}
void publish(Call& call) {
    publish_to(call, Kind::channel);
}
void spublish(Call& call) {
    publish_to(call, Kind::shard);
}

void pubsub_channels(Call& call) {
    list_names(call, Kind::channel);
}
void pubsub_shardchannels(Call& call) {
    list_names(call, Kind::shard);
}
void pubsub_numsub(Call& call) {
    count_subscribers(call, Kind::channel);
}
void pubsub_shardnumsub(Call& call) {
    count_subscribers(call, Kind::shard);
}
void pubsub_numpat(Call& call) {
    call.reply.integer(static_cast<std::int64_t>(call.engine.channels().count(Kind::pattern)));
}

}  // namespace assay::redis::commands
