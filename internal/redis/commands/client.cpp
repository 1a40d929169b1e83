// CLIENT: its subcommands but those of tracking.
#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "internal/redis/commands/client_names.hpp"
#include "internal/redis/commands/connection.hpp"
#include "internal/redis/commands/values.hpp"
#include "internal/redis/engine/engine.hpp"
#include "pkg/resp/numbers.hpp"

namespace assay::redis::commands {
namespace {

enum class ClientType : std::uint8_t { normal, pubsub, master, replica };

std::optional<ClientType> parse_type(Call& call, std::string_view word) {
    if (is_word(word, "NORMAL")) return ClientType::normal;
    if (is_word(word, "PUBSUB")) return ClientType::pubsub;
    if (is_word(word, "MASTER")) return ClientType::master;
    if (is_word(word, "SLAVE") || is_word(word, "REPLICA")) return ClientType::replica;
    call.error("ERR Unknown client type '" + std::string(word) + "'");
    return std::nullopt;
}

ClientType type_of(const Session& session) {
    return session.in_channels() ? ClientType::pubsub : ClientType::normal;
}

struct Filter {
    std::optional<std::uint64_t> id;
    std::optional<ClientType> type;
    std::optional<std::string_view> user;
    std::optional<std::string_view> address;
    std::optional<std::string_view> local_address;
    bool skips_caller = true;

    bool takes(const Session& session, const Session& caller) const {
        return !(id && session.id != *id) && !(type && type_of(session) != *type) &&
               !(user && session.user != *user) && !(address && session.address != *address) &&
               !(local_address && session.local_address != *local_address) &&
               !(skips_caller && &session == &caller);
    }
};

// One pair of CLIENT KILL; false: the error has been written.
bool parse_filter(Call& call, std::string_view name, std::string_view value, Filter& filter) {
    if (is_word(name, "ID")) {
        const auto id = call.integer(value, "ERR client-id should be greater than 0");
        if (!id) return false;
        if (*id < 1) return call.error("ERR client-id should be greater than 0"), false;
        filter.id = static_cast<std::uint64_t>(*id);
    } else if (is_word(name, "TYPE")) {
        filter.type = parse_type(call, value);
        return filter.type.has_value();
    } else if (is_word(name, "ADDR")) {
        filter.address = value;
    } else if (is_word(name, "LADDR")) {
        filter.local_address = value;
    } else if (is_word(name, "USER")) {
        if (value != "default") {
            return call.error("ERR No such user '" + std::string(value) + "'"), false;
        }
        filter.user = value;
    } else if (is_word(name, "SKIPME") && (is_word(value, "YES") || is_word(value, "NO"))) {
        filter.skips_caller = is_word(value, "YES");
    } else {
        return call.error(kSyntaxError), false;
    }
    return true;
}

std::int64_t kill_matching(Call& call, const Filter& filter) {
    std::int64_t killed = 0;
    for (const auto& [id, session] : call.engine.sessions()) {
        if (session->closing || !filter.takes(*session, call.session)) continue;
        const bool itself = session == &call.session;
        call.engine.close(*session, itself ? Outlet::Close::after_output : Outlet::Close::now);
        ++killed;
    }
    return killed;
}

// ON or OFF; empty: the error has been written.
std::optional<bool> parse_switch(Call& call) {
    if (is_word(call.words[2], "ON")) return true;
    if (is_word(call.words[2], "OFF")) return false;
    call.error(kSyntaxError);
    return std::nullopt;
}

}  // namespace

void client_id(Call& call) {
    call.reply.integer(static_cast<std::int64_t>(call.session.id));
}

void client_getname(Call& call) {
    if (call.session.name.empty()) return call.reply.null();
    call.reply.bulk(call.session.name);
}

void client_setname(Call& call) {
    if (set_client_name(call, call.words[2])) call.reply.ok();
}

void client_setinfo(Call& call) {
    Session& session = call.session;
    const std::string_view attribute = call.words[2];
    const bool is_name = is_word(attribute, "LIB-NAME");
    if (!is_name && !is_word(attribute, "LIB-VER")) {
        return call.error("ERR Unrecognized option '" + std::string(attribute) + "'");
    }
    if (!is_plain_attribute(call.words[3])) {
        return call.error("ERR " + std::string(attribute) +
                          " cannot contain spaces, newlines or special characters.");
    }
    (is_name ? session.library_name : session.library_version) = call.words[3];
    call.reply.ok();
}

void client_info(Call& call) {
    call.reply.verbatim(describe_client(call, call.session) + '\n');
}

void client_list(Call& call) {
    const Words words = call.words;
    std::string lines;
    const auto add = [&](const Session& session) {
        lines += describe_client(call, session) + '\n';
    };
    const auto& sessions = call.engine.sessions();
    if (words.size() == 4 && is_word(words[2], "TYPE")) {
        const auto type = parse_type(call, words[3]);
        if (!type) return;
        for (const auto& [id, session] : sessions) {
            if (type_of(*session) == *type) add(*session);
        }
    } else if (words.size() > 3 && is_word(words[2], "ID")) {
        for (const std::string_view word : words.subspan(3)) {
            const auto id = call.integer(word, "ERR Invalid client ID");
            if (!id) return;
            const auto found = sessions.find(static_cast<std::uint64_t>(*id));
            if (found != sessions.end()) add(*found->second);
        }
    } else if (words.size() != 2) {
        return call.error(kSyntaxError);
    } else {
        for (const auto& [id, session] : sessions) add(*session);
    }
    call.reply.verbatim(lines);
}

void client_kill(Call& call) {
    const Words words = call.words;
    Filter filter;
    if (words.size() == 3) {
        filter.address = words[2];
        filter.skips_caller = false;
        if (kill_matching(call, filter) == 0) return call.error("ERR No such client");
        return call.reply.ok();
    }
    for (std::size_t i = 2; i < words.size(); i += 2) {
        if (i + 1 == words.size()) return call.error(kSyntaxError);
        if (!parse_filter(call, words[i], words[i + 1], filter)) return;
    }
    call.reply.integer(kill_matching(call, filter));
}

void client_no_evict(Call& call) {
    const auto on = parse_switch(call);
    if (!on) return;
    call.session.no_evict = *on;
    call.reply.ok();
}

void client_no_touch(Call& call) {
    const auto on = parse_switch(call);
    if (!on) return;
    call.session.no_touch = *on;
    call.reply.ok();
}

void client_pause(Call& call) {
    if (call.words.size() > 4) return call.unknown_subcommand();
    Engine::Pause what = Engine::Pause::all;
    if (call.words.size() == 4) {
        if (is_word(call.words[3], "WRITE")) {
            what = Engine::Pause::writes;
        } else if (!is_word(call.words[3], "ALL")) {
            return call.error("ERR CLIENT PAUSE mode must be WRITE or ALL");
        }
    }
    const auto timeout =
        call.integer(call.words[2], "ERR timeout is not an integer or out of range");
    if (!timeout) return;
    if (*timeout < 0) return call.error("ERR timeout is negative");
    if (*timeout > std::numeric_limits<std::int64_t>::max() - call.now_ms()) {
        return call.error("ERR timeout is out of range");
    }
    // A century is for ever, and fits the clock.
    constexpr std::int64_t kLongest = 100LL * 366 * 24 * 3600 * 1000;
    call.engine.pause(what, std::chrono::steady_clock::now() +
                                std::chrono::milliseconds(std::min(*timeout, kLongest)));
    call.reply.ok();
}

void client_unpause(Call& call) {
    call.reply.ok();
    call.engine.unpause();
}

void client_reply(Call& call) {
    Session& session = call.session;
    if (is_word(call.words[2], "ON")) {
        session.reply_mode = ReplyMode::on;
        call.engine.answer_to(session).ok();
    } else if (is_word(call.words[2], "OFF")) {
        session.reply_mode = ReplyMode::off;
    } else if (is_word(call.words[2], "SKIP")) {
        if (session.reply_mode != ReplyMode::off) session.reply_mode = ReplyMode::skip_next;
    } else {
        call.error(kSyntaxError);
    }
}

void client_unblock(Call& call) {
    if (call.words.size() > 4) return call.unknown_subcommand();
    bool with_error = false;
    if (call.words.size() == 4) {
        with_error = is_word(call.words[3], "ERROR");
        if (!with_error && !is_word(call.words[3], "TIMEOUT")) {
            return call.error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
        }
    }
    const auto id = call.integer(call.words[2]);
    if (!id) return;
    const auto found = call.engine.sessions().find(static_cast<std::uint64_t>(*id));
    if (found == call.engine.sessions().end()) return call.reply.integer(0);
    Session& session = *found->second;
    if (!session.wait || session.wait->kind == Wait::Kind::paused) return call.reply.integer(0);
    if (with_error) {
        constexpr std::string_view kUnblocked = "UNBLOCKED client unblocked via CLIENT UNBLOCK";
        call.engine.totals().count_error(kUnblocked);
        call.engine.answer_to(session).error(kUnblocked);
        call.engine.stop_waiting(session);
    } else {
        call.engine.end_wait(session);
    }
    call.reply.integer(1);
}

}  // namespace assay::redis::commands
