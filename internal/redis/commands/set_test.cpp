// Sets beside redis-server. Members are integers where the order of a reply matters: those are
// sorted on either side.
#include <catch2/catch.hpp>
#include <string>

#include "internal/redis/commands/reference_fixture.hpp"

using assay::redis::Settings;
using assay::redis::commands::EngineFixture;
using assay::redis::commands::ReferenceFixture;
using assay::resp::has_redis_server;

namespace {

void compare_members(ReferenceFixture& both) {
    both.same({"SADD s 3 1 2 3",
               "SADD s 1",
               "SADD s",
               "SCARD s",
               "SCARD none",
               "SMEMBERS s",
               "SMEMBERS none",
               "SISMEMBER s 1",
               "SISMEMBER s 9",
               "SISMEMBER none 9",
               "SMISMEMBER s 1 9 x 3",
               "SMISMEMBER none 1 2",
               "SMISMEMBER s",
               "SREM s 1 9 1",
               "SREM none 1",
               "SREM s",
               "SMOVE s t 2",
               "SMOVE s t 2",
               "SMOVE s s 3",
               "SMOVE s s 4",
               "SMOVE none t 1",
               "SMEMBERS s",
               "SMEMBERS t",
               "SMOVE s t 3",
               "EXISTS s",
               "SREM t 2 3",
               "EXISTS t",
               "SADD w word",
               "SISMEMBER w word",
               "SADD w 1",
               "SISMEMBER w 1",
               "SISMEMBER w 01",
               "SCARD w"});
}

void compare_choices(ReferenceFixture& both) {
    both.same({"SADD s 7",
               "SRANDMEMBER s",
               "SRANDMEMBER s 1",
               "SRANDMEMBER s 5",
               "SRANDMEMBER s -3",
               "SRANDMEMBER s 0",
               "SRANDMEMBER none",
               "SRANDMEMBER none 2",
               "SRANDMEMBER s x",
               "SRANDMEMBER s 1 2",
               "SRANDMEMBER s -9223372036854775808",
               "SPOP s 0",
               "SPOP s -1",
               "SPOP s x",
               "SPOP s 1 2",
               "SPOP none",
               "SPOP none 2",
               "SPOP s",
               "EXISTS s",
               "SADD s 1 2 3",
               "SPOP s 3",
               "EXISTS s",
               "SADD s 1 2",
               "SPOP s 100",
               "SADD s 5",
               "SSCAN s 0",
               "SSCAN s 0 MATCH x*",
               "SSCAN s 0 COUNT 100 MATCH 5",
               "SSCAN none 0",
               "SSCAN s x",
               "SSCAN s 0 COUNT 0",
               "SSCAN s 0 COUNT",
               "SSCAN s 0 WHAT 1"});
}

void compare_algebra(ReferenceFixture& both) {
    both.same({"SADD a 1 2 3 4 5",
               "SADD b 4 5 6",
               "SADD c 5 7",
               "SINTER a b",
               "SINTER a b c",
               "SINTER a none",
               "SINTER none",
               "SUNION a b c",
               "SUNION none",
               "SUNION none c",
               "SDIFF a b",
               "SDIFF a b c",
               "SDIFF a none",
               "SDIFF none a",
               "SDIFF a a",
               "SINTER a",
               "SINTERSTORE d a b",
               "SMEMBERS d",
               "SUNIONSTORE d d c",
               "SMEMBERS d",
               "SDIFFSTORE d a b",
               "SMEMBERS d",
               "SDIFFSTORE d a a",
               "EXISTS d",
               "SINTERSTORE d a none",
               "SINTERSTORE a a b",
               "SMEMBERS a",
               "SUNIONSTORE d none",
               "SET t text",
               "SUNIONSTORE t a",
               "SMEMBERS t",
               "SET t text",
               "SINTERSTORE t none a",
               "EXISTS t",
               "SINTER",
               "SINTERSTORE d",
               "SUNION",
               "SDIFFSTORE d"});
}

void compare_cardinalities(ReferenceFixture& both) {
    both.same("SADD b 4 5 6");
    both.same({"SADD a 1 2 3 4 5", "SINTERCARD 2 a b", "SINTERCARD 2 a b LIMIT 1",
               "SINTERCARD 2 a b LIMIT 0", "SINTERCARD 1 none", "SINTERCARD 0 a", "SINTERCARD x a",
               "SINTERCARD 3 a b", "SINTERCARD 1 a b", "SINTERCARD 2 a b LIMIT",
               "SINTERCARD 2 a b LIMIT -1", "SINTERCARD 2 a b LIMIT x",
               "SINTERCARD 2 a b LIMIT 1 LIMIT 2", "SINTERCARD 1"});
}

void compare_errors(ReferenceFixture& both) {
    both.same({"SET t 1",
               "SADD s 1",
               "SADD t 1",
               "SREM t 1",
               "SCARD t",
               "SMEMBERS t",
               "SISMEMBER t 1",
               "SMISMEMBER t 1",
               "SMOVE t s 1",
               "SMOVE s t 1",
               "SMOVE none t 1",
               "SPOP t",
               "SPOP t 1",
               "SPOP t x",
               "SRANDMEMBER t",
               "SRANDMEMBER t 1",
               "SINTER s t",
               "SINTER none t",
               "SUNION s t",
               "SDIFF none t",
               "SINTERSTORE d s t",
               "SINTERSTORE d none t",
               "SINTERCARD 2 none t",
               "SSCAN t 0",
               "SSCAN t 0 COUNT 0",
               "EXISTS d"});
}

}  // namespace

TEST_CASE("set commands answer as redis-server does, in either protocol") {
    if (!has_redis_server()) return;
    for (const bool modern : {false, true}) {
        for (const auto compare : {&compare_members, &compare_choices, &compare_algebra,
                                   &compare_cardinalities, &compare_errors}) {
            ReferenceFixture both;
            if (modern) both.speak_resp3();
            compare(both);
        }
    }
}

TEST_CASE("changes of sets are told in redis-server's order") {
    Settings settings;
    settings.notify_keyspace_events = assay::redis::kKeyeventChannel | assay::redis::kAllEvents;
    EngineFixture fixture(settings);
    const auto client = fixture.client();
    const auto listener = fixture.client();
    listener->run({"PSUBSCRIBE", "__keyevent@0__:*"});
    client->run({"SADD", "s", "a"});
    client->run({"SMOVE", "s", "t", "a"});
    client->run({"SDIFFSTORE", "t", "none"});
    const std::string told = listener->look();
    std::size_t at = 0;
    for (const char* event : {":sadd\r\n$1\r\ns", ":srem\r\n$1\r\ns", ":del\r\n$1\r\ns",
                              ":sadd\r\n$1\r\nt", ":del\r\n$1\r\nt"}) {
        CAPTURE(event);
        at = told.find(event, at);
        REQUIRE(at != std::string::npos);
    }
}
