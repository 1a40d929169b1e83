#include "internal/redis/commands/transactions.hpp"

#include <utility>
#include <vector>

#include "internal/redis/engine/engine.hpp"

namespace assay::redis::commands {
namespace {

// A watched key counts as changed when its time has passed since: looking at it says so.
void notice_expiry(Call& call) {
    for (const WatchedKey& watched : call.session.watched) {
        call.keyspace()[watched.database].peek(std::string_view(watched.key));
    }
}

void end(Call& call) {
    call.session.transaction = {};
    call.engine.unwatch(call.session);
}

}  // namespace

void multi(Call& call) {
    if (call.session.transaction.open) return call.error("ERR MULTI calls can not be nested");
    call.session.transaction.open = true;
    call.reply.ok();
}

void discard(Call& call) {
    if (!call.session.transaction.open) return call.error("ERR DISCARD without MULTI");
    end(call);
    call.reply.ok();
}

void exec(Call& call) {
    Transaction& transaction = call.session.transaction;
    if (!transaction.open) return call.error("ERR EXEC without MULTI");
    if (transaction.refused) {
        end(call);
        return call.error("EXECABORT Transaction discarded because of previous errors.");
    }
    notice_expiry(call);
    if (transaction.watch_broken) {
        end(call);
        return call.reply.null_array();
    }
    call.engine.unwatch(call.session);
    // It stays open while it runs, so that nothing in it waits.
    std::vector<QueuedCommand> queue = std::exchange(transaction.queue, {});
    call.reply.array(queue.size());
    for (const QueuedCommand& queued : queue) {
        call.engine.call(call.session, *queued.command, queued.words.words());
    }
    end(call);
}

void watch(Call& call) {
    if (call.session.transaction.open) {
        return call.error("ERR WATCH inside MULTI is not allowed");
    }
    for (const std::string_view key : call.words.subspan(1)) call.engine.watch(call.session, key);
    call.reply.ok();
}

void unwatch(Call& call) {
    call.engine.unwatch(call.session);
    call.reply.ok();
}

}  // namespace assay::redis::commands
