// The server as a whole: its size, its time, its end.
#include "internal/redis/commands/server.hpp"

#include <string>
#include <thread>

#include "internal/redis/commands/connection.hpp"
#include "internal/redis/commands/values.hpp"
#include "internal/redis/engine/engine.hpp"

namespace assay::redis::commands {
namespace {

// Empty: the error has been written.
std::optional<FreeMode> parse_free_mode(Call& call) {
    if (call.words.size() == 1) {
        return call.settings().lazyfree_lazy_user_flush ? FreeMode::kLazily : FreeMode::kNow;
    }
    if (call.words.size() == 2 && is_word(call.words[1], "ASYNC")) return FreeMode::kLazily;
    if (call.words.size() == 2 && is_word(call.words[1], "SYNC")) return FreeMode::kNow;
    call.error(kSyntaxError);
    return std::nullopt;
}

void flush(Call& call, std::size_t index, FreeMode mode) {
    call.engine.totals().changes += call.keyspace()[index].size();
    call.engine.mark_database_changed(index);
    call.keyspace().flush(index, mode);
}

std::optional<std::size_t> swap_index(Call& call, std::string_view word, std::string_view which) {
    const auto index = call.integer(word, "ERR invalid " + std::string(which) + " DB index");
    if (!index) return std::nullopt;
    if (*index < 0 || *index >= static_cast<std::int64_t>(call.keyspace().databases())) {
        call.error("ERR DB index is out of range");
        return std::nullopt;
    }
    return static_cast<std::size_t>(*index);
}

bool may_debug(const Call& call) {
    const Permission permission = call.settings().enable_debug_command;
    return permission == Permission::yes ||
           (permission == Permission::local && call.session.is_local);
}

}  // namespace

void dbsize(Call& call) {
    call.reply.integer(static_cast<std::int64_t>(call.database().size()));
}

void flushdb(Call& call) {
    const auto mode = parse_free_mode(call);
    if (!mode) return;
    flush(call, call.session.database, *mode);
    call.reply.ok();
}

void flushall(Call& call) {
    const auto mode = parse_free_mode(call);
    if (!mode) return;
    for (std::size_t i = 0; i < call.keyspace().databases(); ++i) flush(call, i, *mode);
    call.reply.ok();
}

void swapdb(Call& call) {
    const auto first = swap_index(call, call.words[1], "first");
    if (!first) return;
    const auto second = swap_index(call, call.words[2], "second");
    if (!second) return;
    if (*first != *second) {
        call.keyspace().swap(*first, *second);
        call.engine.mark_database_changed(*first);
        call.engine.mark_database_changed(*second);
        ++call.engine.totals().changes;
    }
    call.reply.ok();
}

void time(Call& call) {
    const std::int64_t now_us = call.keyspace().clock().now_us();
    call.reply.array(2);
    call.reply.bulk(now_us / 1'000'000);
    call.reply.bulk(now_us % 1'000'000);
}

void role(Call& call) {
    call.reply.array(3);
    call.reply.bulk("master");
    call.reply.integer(0);
    call.reply.array(0);
}

void lastsave(Call& call) {
    call.reply.integer(0);
}

void lolwut(Call& call) {
    if (call.words.size() == 3 && is_word(call.words[1], "VERSION") &&
        !call.integer(call.words[2])) {
        return;
    }
    call.reply.verbatim("Redis ver. " + std::string(kRedisVersion) + "\n");
}

void monitor(Call& call) {
    call.engine.monitor(call.session);
    call.reply.ok();
}

void shutdown(Call& call) {
    bool aborts = false;
    for (const std::string_view word : call.words.subspan(1)) {
        aborts |= is_word(word, "ABORT");
        if (is_word(word, "ABORT") || is_word(word, "NOSAVE") || is_word(word, "NOW") ||
            is_word(word, "FORCE")) {
            continue;
        }
        if (is_word(word, "SAVE")) return call.error("ERR Errors trying to SHUTDOWN. Check logs.");
        return call.error(kSyntaxError);
    }
    if (aborts && call.words.size() > 2) return call.error(kSyntaxError);
    if (aborts) return call.error("ERR No shutdown in progress.");
    if (!call.engine.shut_down()) call.error("ERR Errors trying to SHUTDOWN. Check logs.");
}

void debug(Call& call) {
    if (!may_debug(call)) {
        return call.error(
            "ERR DEBUG command not allowed. If the enable-debug-command option is set to "
            "\"local\", you can run it from a local connection, otherwise you need to set this "
            "option in the configuration file, and then restart the server.");
    }
    const Words words = call.words;
    if (is_word(words[1], "SLEEP") && words.size() == 3) {
        const auto seconds = call.real(words[2]);
        if (!seconds) return;
        std::this_thread::sleep_for(std::chrono::duration<double>(*seconds));
        return call.reply.ok();
    }
    call.error("ERR unknown subcommand or wrong number of arguments for '" + std::string(words[1]) +
               "'. Try DEBUG HELP.");
}

}  // namespace assay::redis::commands
