// Lists beside redis-server, and what waits for them.
#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "internal/redis/commands/reference_fixture.hpp"

using assay::redis::Settings;
using assay::redis::commands::EngineFixture;
using assay::redis::commands::ReferenceFixture;
using assay::resp::has_redis_server;

namespace {

void compare_ends(ReferenceFixture& both) {
    both.same({"DEL l m",       "RPUSH l a b c", "LPUSH l 1 -2 007", "LLEN l",
               "LRANGE l 0 -1", "LPUSHX none a", "RPUSHX none a",    "LPUSHX l x y",
               "RPUSHX l z",    "LLEN none",     "LPOP l",           "RPOP l",
               "LPOP l 2",      "RPOP l 2",      "LPOP l 0",         "LPOP none",
               "LPOP none 2",   "RPOP none 0",   "LPOP l -1",        "LPOP l x",
               "LPOP l 1 2",    "LPOP",          "LPUSH l",          "LPUSH",
               "LRANGE l 0 -1", "RPOP l 100",    "EXISTS l",         "LPOP l 9223372036854775808"});
}

void compare_indices(ReferenceFixture& both) {
    both.same({"RPUSH l a b c d e",
               "LINDEX l 0",
               "LINDEX l -1",
               "LINDEX l 5",
               "LINDEX l -6",
               "LINDEX l x",
               "LINDEX none x",
               "LSET l 1 B",
               "LSET l -1 E",
               "LSET l 5 x",
               "LSET l x x",
               "LSET none x x",
               "LINSERT l BEFORE B 1",
               "LINSERT l after B 2",
               "LINSERT l AFTER nothing 2",
               "LINSERT none AFTER a b",
               "LINSERT l ASIDE a b",
               "LRANGE l 0 -1",
               "LRANGE l 2 3",
               "LRANGE l -2 100",
               "LRANGE l 3 2",
               "LRANGE l -100 0",
               "LRANGE l 100 200",
               "LRANGE none 0 -1",
               "LRANGE l x 1",
               "LRANGE l 1 x",
               "LTRIM l 1 -2",
               "LRANGE l 0 -1",
               "LTRIM none 0 1",
               "LTRIM l x 1",
               "LTRIM l 5 1",
               "LRANGE l 0 -1",
               "LTRIM l -9223372036854775808 9223372036854775807"});
}

void compare_searches(ReferenceFixture& both) {
    both.same({"RPUSH l a b a c a b",
               "LPOS l a",
               "LPOS l a RANK 2",
               "LPOS l a RANK -1",
               "LPOS l a COUNT 0",
               "LPOS l a RANK -1 COUNT 2",
               "LPOS l a MAXLEN 1",
               "LPOS l b MAXLEN 1",
               "LPOS l a COUNT 0 MAXLEN 3",
               "LPOS l z",
               "LPOS l z COUNT 2",
               "LPOS none z COUNT 2",
               "LPOS none z",
               "LPOS l a RANK 0",
               "LPOS l a RANK x",
               "LPOS l a COUNT -1",
               "LPOS l a COUNT x",
               "LPOS l a MAXLEN -1",
               "LPOS l a RANK",
               "LPOS l a WHAT 1",
               "LPOS l a COUNT 1 RANK 4",
               "LREM l 2 a",
               "LREM l -1 b",
               "LREM l 0 z",
               "LREM none 0 z",
               "LREM l x a",
               "LRANGE l 0 -1",
               "LREM l 0 a",
               "LREM l 0 b",
               "LREM l 0 c",
               "EXISTS l"});
}

void compare_moves(ReferenceFixture& both) {
    both.same({"RPUSH l a b c d",
               "LMOVE l m LEFT RIGHT",
               "LMOVE l m right left",
               "RPOPLPUSH l l",
               "RPOPLPUSH l m",
               "LMOVE l l LEFT RIGHT",
               "LRANGE m 0 -1",
               "LMOVE none m LEFT LEFT",
               "LMOVE l m UP LEFT",
               "LMOVE l m LEFT UP",
               "RPOPLPUSH none m",
               "RPOPLPUSH l l",
               "LRANGE l 0 -1",
               "RPOPLPUSH l m",
               "EXISTS l",
               "LMPOP 2 l m LEFT",
               "LMPOP 2 l m RIGHT COUNT 2",
               "LMPOP 1 none LEFT",
               "LMPOP 0 m LEFT",
               "LMPOP x m LEFT",
               "LMPOP 2 m LEFT",
               "LMPOP 1 m LEFT COUNT",
               "LMPOP 1 m LEFT COUNT 0",
               "LMPOP 1 m LEFT COUNT x",
               "LMPOP 1 m UP",
               "LMPOP 1 m LEFT COUNT 1 COUNT 1",
               "LMPOP 1 m LEFT OTHER 1",
               "LMPOP 1 m",
               "LMPOP 9223372036854775807 m LEFT",
               "LMPOP 1 m LEFT COUNT 100",
               "EXISTS m"});
}

void compare_errors(ReferenceFixture& both) {
    both.same({"SET s 1",
               "RPUSH l a",
               "LPUSH s a",
               "LPUSHX s a",
               "LPOP s",
               "RPOP s 0",
               "LLEN s",
               "LINDEX s x",
               "LSET s 0 a",
               "LSET s x a",
               "LINSERT s BEFORE a b",
               "LRANGE s 0 1",
               "LTRIM s 0 1",
               "LREM s 0 a",
               "LPOS s a",
               "LPOS s a COUNT 1",
               "LMOVE s l LEFT LEFT",
               "LMOVE l s LEFT LEFT",
               "LMOVE none s LEFT LEFT",
               "RPOPLPUSH l s",
               "LMPOP 2 none s LEFT",
               "LMPOP 2 l s LEFT",
               "RPUSH l a",
               "BLPOP s 0",
               "BLPOP none s 0",
               "BLMOVE s l LEFT LEFT 0",
               "BLMPOP 0 1 s LEFT",
               "BRPOPLPUSH l s 0",
               "LRANGE l 0 -1",
               "LLEN",
               "LRANGE l 0"});
}

void compare_blocking(ReferenceFixture& both) {
    both.same({
        "RPUSH l a b c d e f g h",
        "BLPOP none l 0",
        "BRPOP l 1",
        "BLMPOP 0 1 l LEFT COUNT 2",
        "BLMOVE l m LEFT LEFT 1",
        "BRPOPLPUSH l m 1",
        "LRANGE m 0 -1",
        "BLPOP l x",
        "BLPOP l -1",
        "BLPOP l ''",
        "BLPOP l nan",
        "BLMOVE l m UP LEFT x",
        "BLMOVE l m LEFT LEFT x",
        "BRPOPLPUSH l m -1",
        "BLMPOP x 1 l LEFT",
        "BLMPOP -1 0 l LEFT",
        "BLMPOP -1 1 l LEFT",
        "BLMPOP 0 1 l UP",
    });
    both.same({"MULTI", "BLPOP none 0", "BRPOP none 0", "BLMOVE none l LEFT LEFT 0",
               "BRPOPLPUSH none l 0", "BLMPOP 0 1 none LEFT", "EXEC"});
}

}  // namespace

TEST_CASE("list commands answer as redis-server does, in either protocol") {
    if (!has_redis_server()) return;
    for (const bool modern : {false, true}) {
        for (const auto compare : {&compare_ends, &compare_indices, &compare_searches,
                                   &compare_moves, &compare_errors, &compare_blocking}) {
            ReferenceFixture both;
            if (modern) both.speak_resp3();
            compare(both);
        }
    }
}

TEST_CASE("who waits for a list gets what is pushed, the one who came first before others") {
    EngineFixture fixture;
    const auto first = fixture.client();
    const auto second = fixture.client();
    const auto giver = fixture.client();
    CHECK(first->run({"BLPOP", "none", "l", "0"}).empty());
    CHECK(second->run({"BRPOP", "l", "0"}).empty());
    CHECK(giver->run({"RPUSH", "l", "a", "b", "c"}) == ":3\r\n");
    CHECK(first->look() == "*2\r\n$1\r\nl\r\n$1\r\na\r\n");
    CHECK(second->look() == "*2\r\n$1\r\nl\r\n$1\r\nc\r\n");
    CHECK(giver->run({"LLEN", "l"}) == ":1\r\n");
}

TEST_CASE("an element that moves to a list serves who waits there, and so on") {
    EngineFixture fixture;
    const auto mover = fixture.client();
    const auto last = fixture.client();
    const auto giver = fixture.client();
    CHECK(mover->run({"BLMOVE", "a", "b", "LEFT", "RIGHT", "0"}).empty());
    CHECK(last->run({"BLMPOP", "0", "2", "x", "b", "LEFT", "COUNT", "10"}).empty());
    giver->run({"LPUSH", "a", "1"});
    CHECK(mover->look() == "$1\r\n1\r\n");
    CHECK(last->look() == "*2\r\n$1\r\nb\r\n*1\r\n$1\r\n1\r\n");
    CHECK(giver->run({"LLEN", "b"}) == ":0\r\n");
}

TEST_CASE("a wait for a list ends at its time, and a key of another type does not end it") {
    EngineFixture fixture;
    const auto client = fixture.client();
    const auto other = fixture.client();
    CHECK(client->run({"BLPOP", "l", "0.05"}).empty());
    other->run({"SET", "l", "text"});
    CHECK(client->look().empty());
    fixture.engine.run_due(std::chrono::steady_clock::now() + std::chrono::hours(1));
    CHECK(client->look() == "*-1\r\n");
    CHECK(client->run({"BRPOPLPUSH", "none", "l", "9e9"}).empty());
    other->run({"RPUSH", "none", "x"});
    CHECK(client->look() ==
          "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
    CHECK(other->run({"LLEN", "none"}) == ":1\r\n");
}

TEST_CASE("changes of lists are told in redis-server's order") {
    Settings settings;
    settings.notify_keyspace_events = assay::redis::kKeyeventChannel | assay::redis::kAllEvents;
    EngineFixture fixture(settings);
    const auto client = fixture.client();
    const auto listener = fixture.client();
    listener->run({"PSUBSCRIBE", "__keyevent@0__:*"});
    client->run({"RPUSH", "l", "a"});
    client->run({"LMOVE", "l", "m", "RIGHT", "LEFT"});
    client->run({"LTRIM", "m", "1", "0"});
    const std::string told = listener->look();
    std::size_t at = 0;
    for (const char* event : {":rpush\r\n$1\r\nl", ":lpush\r\n$1\r\nm", ":rpop\r\n$1\r\nl",
                              ":del\r\n$1\r\nl", ":ltrim\r\n$1\r\nm", ":del\r\n$1\r\nm"}) {
        CAPTURE(event);
        at = told.find(event, at);
        REQUIRE(at != std::string::npos);
    }
}

// Redis 7.0 takes these; from 7.2 on they are refused as here.
TEST_CASE("numbers of lists that no clock and no index can hold are refused") {
    EngineFixture fixture;
    const auto client = fixture.client();
    client->run({"RPUSH", "l", "a"});
    const std::string timeout = "-ERR timeout is out of range\r\n";
    CHECK(client->run({"BLPOP", "l", "1e400"}) == timeout);
    CHECK(client->run({"BLPOP", "l", "99999999999999999999"}) == timeout);
    CHECK(client->run({"BRPOP", "l", "9223372036854775"}) == timeout);
    const std::string number =
        "-ERR value is out of range, value must between -9223372036854775807 and "
        "9223372036854775807\r\n";
    CHECK(client->run({"LPOS", "l", "a", "RANK", "-9223372036854775808"}) == number);
    CHECK(client->run({"LREM", "l", "-9223372036854775808", "a"}) == number);
}
