#include "internal/redis/commands/client_names.hpp"

#include <algorithm>
#include <chrono>

#include "internal/redis/engine/engine.hpp"

namespace assay::redis::commands {
namespace {

std::string flags_of(const Session& session) {
    std::string flags;
    if (session.is_monitor) flags += 'O';
    if (session.in_channels()) flags += 'P';
    if (session.transaction.open) flags += 'x';
    if (session.wait) flags += 'b';
    if (session.transaction.watch_broken) flags += 'd';
    if (session.closing) flags += 'c';
    if (session.address.ends_with(":0")) flags += 'U';
    if (session.no_evict) flags += 'e';
    if (session.no_touch) flags += 'T';
    return flags.empty() ? "N" : flags;
}

std::size_t queued_bytes(const Session& session) {
    std::size_t bytes = 0;
    for (const QueuedCommand& queued : session.transaction.queue) bytes += queued.words.bytes();
    return bytes;
}

std::size_t words_bytes(Words words) {
    std::size_t bytes = 0;
    for (const std::string_view word : words) bytes += word.size();
    return bytes;
}

std::string_view last_command(const Call& call, const Session& session) {
    if (&session == &call.session) return call.command.full_name;
    if (session.wait && session.wait->command != nullptr) return session.wait->command->full_name;
    return session.last_command == nullptr ? std::string_view("NULL")
                                           : std::string_view(session.last_command->full_name);
}

// "name=value " pairs, one after the other.
class Line {
  public:
    void add(std::string_view name, std::string_view value) {
        if (!text_.empty()) text_ += ' ';
        text_ += name;
        text_ += '=';
        text_ += value;
    }
    template <std::integral Integer>
    void add(std::string_view name, Integer value) {
        add(name, std::to_string(value));
    }
    std::string take() { return std::move(text_); }

  private:
    std::string text_;
};

void add_times(Line& line, const Session& session) {
    using std::chrono::duration_cast;
    using std::chrono::seconds;
    const auto age = std::chrono::system_clock::now() - session.connected_at;
    const auto idle = std::chrono::steady_clock::now() - session.last_active;
    line.add("age", duration_cast<seconds>(age).count());
    line.add("idle", duration_cast<seconds>(idle).count());
}

void add_memory(Line& line, const Call& call, const Session& session) {
    const std::size_t words = &session == &call.session ? words_bytes(call.words) : 0;
    const std::size_t queued = queued_bytes(session);
    const std::size_t output = session.out.memory() + session.mail.memory();
    line.add("qbuf", session.query_bytes);
    line.add("qbuf-free", 0);
    line.add("argv-mem", words);
    line.add("multi-mem", queued);
    line.add("rbs", 0);
    line.add("rbp", 0);
    line.add("obl", 0);
    line.add("oll", 0);
    line.add("omem", output);
    line.add("tot-mem", sizeof(Session) + session.query_bytes + words + queued + output);
}

}  // namespace

bool is_plain_attribute(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char letter) { return letter >= '!' && letter <= '~'; });
}

bool set_client_name(Call& call, std::string_view name) {
    if (!is_plain_attribute(name)) {
        call.error("ERR Client names cannot contain spaces, newlines or special characters.");
        return false;
    }
    call.session.name = name;
    return true;
}

std::string describe_client(const Call& call, const Session& session) {
    const Transaction& transaction = session.transaction;
    Line line;
    line.add("id", session.id);
    line.add("addr", session.address);
    line.add("laddr", session.local_address);
    line.add("fd", session.descriptor);
    line.add("name", session.name);
    add_times(line, session);
    line.add("flags", flags_of(session));
    line.add("db", session.database);
    line.add("sub", session.channels.size());
    line.add("psub", session.patterns.size());
    line.add("ssub", session.shard_channels.size());
    line.add("multi", transaction.open ? static_cast<std::int64_t>(transaction.queue.size()) : -1);
    add_memory(line, call, session);
    line.add("events", session.out.empty() && session.mail.empty() ? "r" : "rw");
    line.add("cmd", last_command(call, session));
    line.add("user", session.user);
    line.add("redir", -1);
    line.add("resp", static_cast<int>(session.protocol));
    line.add("lib-name", session.library_name);
    line.add("lib-ver", session.library_version);
    return line.take();
}

}  // namespace assay::redis::commands
