#include "internal/redis/commands/connection.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "internal/redis/commands/client_names.hpp"
#include "internal/redis/commands/generic.hpp"
#include "internal/redis/commands/values.hpp"
#include "internal/redis/engine/engine.hpp"
#include "pkg/resp/numbers.hpp"

namespace assay::redis::commands {
namespace {

constexpr std::string_view kWrongPassword =
    "WRONGPASS invalid username-password pair or user is disabled.";

// Takes as long for any wrong password of a length.
bool is_password(const Settings& settings, std::string_view word) {
    const std::string& password = settings.require_pass;
    if (password.empty()) return true;
    unsigned difference = password.size() == word.size() ? 0 : 1;
    for (std::size_t i = 0; i < word.size(); ++i) {
        difference |= static_cast<unsigned char>(word[i] ^ password[i % password.size()]);
    }
    return difference == 0;
}

bool authenticate(Call& call, std::string_view user, std::string_view password) {
    if (user != "default" || !is_password(call.settings(), password)) {
        call.error(kWrongPassword);
        return false;
    }
    call.session.authenticated = true;
    call.session.user = "default";
    return true;
}

struct Greeting {
    std::optional<resp::Protocol> protocol;
    std::optional<std::string_view> user;
    std::string_view password;
    std::optional<std::string_view> name;
};

// Empty: the error has been written.
std::optional<Greeting> parse_greeting(Call& call) {
    Greeting greeting;
    const Words words = call.words;
    if (words.size() < 2) return greeting;
    const auto version =
        call.integer(words[1], "ERR Protocol version is not an integer or out of range");
    if (!version) return std::nullopt;
    if (*version != 2 && *version != 3) {
        call.error("NOPROTO unsupported protocol version");
        return std::nullopt;
    }
    greeting.protocol = *version == 3 ? resp::Protocol::kResp3 : resp::Protocol::kResp2;
    for (std::size_t i = 2; i < words.size(); ++i) {
        const std::size_t left = words.size() - 1 - i;
        if (is_word(words[i], "AUTH") && left >= 2) {
            greeting.user = words[i + 1];
            greeting.password = words[i + 2];
            i += 2;
        } else if (is_word(words[i], "SETNAME") && left >= 1) {
            greeting.name = words[++i];
        } else {
            call.error("ERR Syntax error in HELLO option '" + std::string(words[i]) + "'");
            return std::nullopt;
        }
    }
    return greeting;
}

void introduce(Call& call) {
    resp::ReplyWriter reply(call.reply.buffer(), call.session.protocol);
    reply.map(7);
    reply.bulk("server");
    reply.bulk("redis");
    reply.bulk("version");
    reply.bulk(kRedisVersion);
    reply.bulk("proto");
    reply.integer(static_cast<std::int64_t>(call.session.protocol));
    reply.bulk("id");
    reply.integer(static_cast<std::int64_t>(call.session.id));
    reply.bulk("mode");
    reply.bulk("standalone");
    reply.bulk("role");
    reply.bulk("master");
    reply.bulk("modules");
    reply.array(0);
}

}  // namespace

void ping(Call& call) {
    if (call.words.size() > 2) return call.wrong_arity();
    const bool has_message = call.words.size() == 2;
    if (call.session.in_channels() && !call.session.resp3()) {
        call.reply.array(2);
        call.reply.bulk("pong");
        return call.reply.bulk(has_message ? call.words[1] : std::string_view());
    }
    if (has_message) return call.reply.bulk(call.words[1]);
    call.reply.simple("PONG");
}

void echo(Call& call) {
    call.reply.bulk(call.words[1]);
}

void auth(Call& call) {
    if (call.words.size() > 3) return call.error(kSyntaxError);
    const bool has_user = call.words.size() == 3;
    if (!has_user && call.settings().require_pass.empty()) {
        return call.error(
            "ERR AUTH <password> called without any password configured for the default user. Are "
            "you sure your configuration is correct?");
    }
    if (authenticate(call, has_user ? call.words[1] : "default", call.words.back())) {
        call.reply.ok();
    }
}

void hello(Call& call) {
    const auto greeting = parse_greeting(call);
    if (!greeting) return;
    if (greeting->user && !authenticate(call, *greeting->user, greeting->password)) return;
    if (!call.session.authenticated) {
        return call.error(
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the "
            "HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and "
            "select the RESP protocol version at the same time");
    }
    if (greeting->name && !set_client_name(call, *greeting->name)) return;
    if (greeting->protocol) call.session.protocol = *greeting->protocol;
    introduce(call);
}

void select(Call& call) {
    const auto index = database_index(call, call.words[1]);
    if (!index) return;
    call.session.database = *index;
    call.reply.ok();
}

void quit(Call& call) {
    call.reply.ok();
    call.engine.close(call.session, Outlet::Close::after_output);
}

void reset(Call& call) {
    Session& session = call.session;
    Engine& engine = call.engine;
    session.transaction = {};
    engine.unwatch(session);
    engine.channels().leave(session);
    engine.unmonitor(session);
    session.database = 0;
    session.protocol = resp::Protocol::kResp2;
    session.reply_mode = ReplyMode::on;
    session.authenticated = call.settings().require_pass.empty();
    session.user = "default";
    session.name.clear();
    session.no_evict = false;
    session.no_touch = false;
    engine.answer_to(session).simple("RESET");
}

}  // namespace assay::redis::commands
