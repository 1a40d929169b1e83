// What all commands share: look-up, checks, transactions, messages, expiry, memory.
#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "internal/redis/commands/engine_fixture.hpp"
#include "internal/redis/commands/syntax.hpp"

using assay::redis::Command;
using assay::redis::Settings;
using assay::redis::commands::all_rows;
using assay::redis::commands::EngineFixture;
using assay::redis::commands::parse_syntax;

namespace {

void check_row(const Command& row) {
    CAPTURE(std::string(row.name));
    CHECK(row.arity != 0);
    CHECK_FALSE(row.summary.empty());
    CHECK_FALSE(row.since.empty());
    CHECK((row.handler != nullptr || !row.subcommands.empty()));
    CHECK((row.syntax.empty() || !parse_syntax(row.syntax).empty()));
    for (const Command& subcommand : row.subcommands) check_row(subcommand);
}

}  // namespace

TEST_CASE("every row of the command table is complete") {
    for (const auto& family : all_rows()) {
        for (const Command& row : family) check_row(row);
    }
}

TEST_CASE("what is no command is named with its arguments") {
    EngineFixture fixture;
    const auto client = fixture.client();
    CHECK(client->run({"nonsense", "a", "b"}) ==
          "-ERR unknown command 'nonsense', with args beginning with: 'a' 'b' \r\n");
    CHECK(client->run({"GeT"}) == "-ERR wrong number of arguments for 'get' command\r\n");
    CHECK(client->run({"pubsub", "nonsense"}) ==
          "-ERR unknown subcommand 'nonsense'. Try PUBSUB HELP.\r\n");
    CHECK(client->run({"pubsub"}) == "-ERR wrong number of arguments for 'pubsub' command\r\n");
}

TEST_CASE("strings are set, read and counted") {
    EngineFixture fixture;
    const auto client = fixture.client();
    CHECK(client->run({"SET", "a", "1"}) == "+OK\r\n");
    CHECK(client->run({"INCRBY", "a", "41"}) == ":42\r\n");
    CHECK(client->run({"GET", "a"}) == "$2\r\n42\r\n");
    CHECK(client->run({"GET", "b"}) == "$-1\r\n");
    CHECK(client->run({"SET", "a", "x", "NX"}) == "$-1\r\n");
    CHECK(client->run({"SET", "a", "x", "XX", "GET"}) == "$2\r\n42\r\n");
    CHECK(client->run({"INCR", "a"}) == "-ERR value is not an integer or out of range\r\n");
    CHECK(client->run({"SET", "a", "x", "EX"}) == "-ERR syntax error\r\n");
    CHECK(client->run({"SET", "a", "x", "EX", "0"}) ==
          "-ERR invalid expire time in 'set' command\r\n");
    CHECK(client->run({"MSET", "a", "1", "b"}) ==
          "-ERR wrong number of arguments for 'mset' command\r\n");
    CHECK(client->run({"APPEND", "s", "Hello"}) == ":5\r\n");
    CHECK(client->run({"SETRANGE", "s", "6", "World"}) == ":11\r\n");
    CHECK(client->run({"GETRANGE", "s", "-5", "-1"}) == "$5\r\nWorld\r\n");
    CHECK(client->run({"INCRBYFLOAT", "f", "0.1"}) == "$3\r\n0.1\r\n");
    CHECK(client->run({"LCS", "s", "s", "LEN"}) == ":11\r\n");
}

TEST_CASE("a transaction runs at once, or not at all") {
    EngineFixture fixture;
    const auto client = fixture.client();
    const auto other = fixture.client();
    CHECK(client->run({"EXEC"}) == "-ERR EXEC without MULTI\r\n");
    client->run({"MULTI"});
    CHECK(client->run({"SET", "a", "1"}) == "+QUEUED\r\n");
    CHECK(client->run({"INCR", "a"}) == "+QUEUED\r\n");
    CHECK(other->run({"GET", "a"}) == "$-1\r\n");
    CHECK(client->run({"EXEC"}) == "*2\r\n+OK\r\n:2\r\n");

    client->run({"MULTI"});
    client->run({"nonsense"});
    CHECK(client->run({"EXEC"}) ==
          "-EXECABORT Transaction discarded because of previous errors.\r\n");

    client->run({"WATCH", "a"});
    other->run({"SET", "a", "9"});
    client->run({"MULTI"});
    client->run({"SET", "a", "5"});
    CHECK(client->run({"EXEC"}) == "*-1\r\n");
    CHECK(client->run({"GET", "a"}) == "$1\r\n9\r\n");
}

TEST_CASE("a watched key that expires breaks the transaction") {
    EngineFixture fixture;
    const auto client = fixture.client();
    fixture.engine.keyspace().clock().freeze();
    client->run({"SET", "a", "1", "PX", "100"});
    client->run({"WATCH", "a"});
    client->run({"MULTI"});
    client->run({"SET", "b", "1"});
    fixture.engine.keyspace().clock().advance(std::chrono::milliseconds(100));
    CHECK(client->run({"EXEC"}) == "*-1\r\n");
    CHECK(client->run({"GET", "a"}) == "$-1\r\n");
}

TEST_CASE("messages reach the subscribers of the channel and of patterns, in either protocol") {
    EngineFixture fixture;
    const auto plain = fixture.client();
    const auto modern = fixture.client();
    const auto sender = fixture.client();
    modern->session().protocol = assay::resp::Protocol::kResp3;
    CHECK(plain->run({"SUBSCRIBE", "news"}) == "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n");
    modern->run({"PSUBSCRIBE", "n*"});
    CHECK(sender->run({"PUBLISH", "news", "hi"}) == ":2\r\n");
    CHECK(plain->look() == "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$2\r\nhi\r\n");
    CHECK(modern->look() == ">4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnews\r\n$2\r\nhi\r\n");
    CHECK(plain->wakes() == 1);
    CHECK(plain->run({"GET", "a"}) ==
          "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET "
          "are allowed in this context\r\n");
    CHECK(modern->run({"GET", "a"}) == "_\r\n");
    CHECK(sender->run({"PUBSUB", "NUMSUB", "news"}) == "*2\r\n$4\r\nnews\r\n:1\r\n");
    CHECK(sender->run({"PUBSUB", "NUMPAT"}) == ":1\r\n");
}

TEST_CASE("one's own message comes before the answer to PUBLISH") {
    EngineFixture fixture;
    const auto client = fixture.client();
    client->session().protocol = assay::resp::Protocol::kResp3;
    client->run({"SUBSCRIBE", "me"});
    CHECK(client->run({"PUBLISH", "me", "x"}) ==
          ">3\r\n$7\r\nmessage\r\n$2\r\nme\r\n$1\r\nx\r\n:1\r\n");
}

TEST_CASE("changes of keys are published where that is on") {
    Settings settings;
    settings.notify_keyspace_events =
        assay::redis::kKeyeventChannel | assay::redis::kStringEvents | assay::redis::kExpiredEvents;
    EngineFixture fixture(settings);
    const auto client = fixture.client();
    const auto listener = fixture.client();
    fixture.engine.keyspace().clock().freeze();
    listener->run({"SUBSCRIBE", "__keyevent@0__:set", "__keyevent@0__:expired"});
    client->run({"SET", "a", "1", "PX", "5"});
    CHECK(listener->look() == "*3\r\n$7\r\nmessage\r\n$18\r\n__keyevent@0__:set\r\n$1\r\na\r\n");
    fixture.engine.keyspace().clock().advance(std::chrono::milliseconds(5));
    client->run({"GET", "a"});
    CHECK(listener->look() ==
          "*3\r\n$7\r\nmessage\r\n$22\r\n__keyevent@0__:expired\r\n$1\r\na\r\n");
}

TEST_CASE("keys go though nobody asks for them once their time has passed") {
    EngineFixture fixture;
    const auto client = fixture.client();
    fixture.engine.keyspace().clock().freeze();
    for (int i = 0; i < 1000; ++i) client->run({"PSETEX", std::to_string(i), "10", "x"});
    fixture.engine.keyspace().clock().advance(std::chrono::milliseconds(10));
    auto now = std::chrono::steady_clock::now();
    for (int i = 0; i < 100 && fixture.engine.keyspace().size() > 0; ++i) {
        now = fixture.engine.run_due(now);
    }
    CHECK(fixture.engine.keyspace().size() == 0);
}

TEST_CASE("without room, commands that need memory are refused, or keys are evicted") {
    EngineFixture fixture;
    const auto client = fixture.client();
    const std::string big(100, 'x');
    for (int i = 0; i < 200; ++i) client->run({"SET", "key" + std::to_string(i), big});
    fixture.engine.settings().max_memory = 1;
    CHECK(client->run({"SET", "one", "more"}) ==
          "-OOM command not allowed when used memory > 'maxmemory'.\r\n");
    CHECK(client->run({"GET", "key1"}) == "$100\r\n" + big + "\r\n");
    fixture.engine.settings().max_memory_policy = assay::redis::EvictionPolicy::allkeys_lru;
    client->run({"GET", "key1"});
    CHECK(fixture.engine.keyspace().size() < 200);
    CHECK(fixture.engine.totals().evicted_keys > 0);
}

TEST_CASE("a client that does not read its messages is cut off") {
    Settings settings;
    settings.output_limits.pubsub = {10'000, 0, 0};
    EngineFixture fixture(settings);
    const auto lazy = fixture.client();
    const auto sender = fixture.client();
    lazy->run({"SUBSCRIBE", "news"});
    const std::string message(1000, 'x');
    for (int i = 0; i < 100 && !lazy->closed(); ++i) sender->run({"PUBLISH", "news", message});
    CHECK(lazy->closed());
    CHECK_FALSE(sender->closed());
}

TEST_CASE("what a pause held back runs afterwards, and its answer goes by mail") {
    EngineFixture fixture;
    const auto client = fixture.client();
    fixture.engine.pause(assay::redis::Engine::Pause::writes,
                         std::chrono::steady_clock::now() + std::chrono::hours(1));
    CHECK(client->run({"GET", "a"}) == "$-1\r\n");
    CHECK(client->run({"SET", "a", "1"}).empty());
    CHECK(client->session().wait);
    fixture.engine.unpause();
    // The connection's own buffer belongs to its thread.
    CHECK(client->session().out.empty());
    CHECK(client->look() == "+OK\r\n");
    CHECK(client->run({"GET", "a"}) == "$1\r\n1\r\n");
}
