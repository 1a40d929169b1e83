// Hashes beside redis-server.
#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "internal/redis/commands/reference_fixture.hpp"

using assay::redis::Settings;
using assay::redis::commands::EngineFixture;
using assay::redis::commands::ReferenceFixture;
using assay::resp::has_redis_server;

namespace {

void compare_fields(ReferenceFixture& both) {
    both.same({"HSET h a 1 b 2 a 3",
               "HSET h a x",
               "HSET h a",
               "HSET h a 1 b",
               "HSET",
               "HMSET h c 4",
               "HMSET h c",
               "HSETNX h c 5",
               "HSETNX h d 5",
               "HSETNX new a 1",
               "HGET h a",
               "HGET h z",
               "HGET none a",
               "HMGET h a z b",
               "HMGET none a b",
               "HMGET h",
               "HLEN h",
               "HLEN none",
               "HSTRLEN h a",
               "HSTRLEN h z",
               "HSTRLEN none z",
               "HSET h n -12345",
               "HSTRLEN h n",
               "HEXISTS h a",
               "HEXISTS h z",
               "HEXISTS none z",
               "HGETALL h",
               "HKEYS h",
               "HVALS h",
               "HGETALL none",
               "HKEYS none",
               "HVALS none",
               "HDEL h a z a",
               "HDEL none a",
               "HDEL h",
               "HDEL h b c d n",
               "EXISTS h",
               "HDEL h b"});
}

void compare_numbers(ReferenceFixture& both) {
    both.same({"HINCRBY h n 5",
               "HINCRBY h n -7",
               "HINCRBY h n x",
               "HINCRBY h n 1.5",
               "HINCRBY h n 9223372036854775807",
               "HINCRBY h n 9223372036854775807",
               "HINCRBY h n 9223372036854775808",
               "HSET h t text f 1.5 z 007",
               "HINCRBY h t 1",
               "HINCRBY h f 1",
               "HINCRBY h z 1",
               "HINCRBYFLOAT h n 0.5",
               "HINCRBYFLOAT h f 0.1",
               "HINCRBYFLOAT h t 1",
               "HINCRBYFLOAT h f x",
               "HINCRBYFLOAT h new 1e3",
               "HINCRBYFLOAT h new -1000",
               "HINCRBYFLOAT h z 1",
               "HGETALL h",
               "HINCRBYFLOAT h f 1e400",
               "HINCRBYFLOAT h big 1e4932",
               "HLEN h",
               "HINCRBY none x x",
               "EXISTS none",
               "HINCRBY h",
               "HINCRBYFLOAT h f"});
}

void compare_choices(ReferenceFixture& both) {
    both.same({"HSET h a 1",
               "HRANDFIELD h",
               "HRANDFIELD h 1",
               "HRANDFIELD h 5",
               "HRANDFIELD h -3",
               "HRANDFIELD h 0",
               "HRANDFIELD h 1 WITHVALUES",
               "HRANDFIELD h 2 withvalues",
               "HRANDFIELD h -2 WITHVALUES",
               "HRANDFIELD none",
               "HRANDFIELD none 2",
               "HRANDFIELD none 2 WITHVALUES",
               "HRANDFIELD h x",
               "HRANDFIELD h 1 WHAT",
               "HRANDFIELD h 1 WITHVALUES x",
               "HRANDFIELD h -9223372036854775808",
               "HRANDFIELD h 9223372036854775807 WITHVALUES",
               "HRANDFIELD h x WHAT",
               "HSCAN h 0",
               "HSCAN h 0 COUNT 5 MATCH a",
               "HSCAN h 0 MATCH z",
               "HSCAN none 0",
               "HSCAN none 0 NONSENSE",
               "HSCAN h x",
               "HSCAN h 1x",
               "HSCAN h -",
               "HSCAN h 0 COUNT 0",
               "HSCAN h 0 COUNT x",
               "HSCAN h 0 COUNT",
               "HSCAN h 0 NONSENSE 1",
               "HSCAN h 12345",
               "HSCAN h 99999999999999999999999",
               "HSCAN h"});
}

void compare_errors(ReferenceFixture& both) {
    both.same({"SET s 1",          "HSET s a 1",         "HSET s a",
               "HMSET s a 1",      "HSETNX s a 1",       "HGET s a",
               "HMGET s a",        "HDEL s a",           "HLEN s",
               "HSTRLEN s a",      "HEXISTS s a",        "HKEYS s",
               "HVALS s",          "HGETALL s",          "HINCRBY s a 1",
               "HINCRBY s a x",    "HINCRBYFLOAT s a 1", "HRANDFIELD s",
               "HRANDFIELD s 2",   "HSCAN s 0",          "HSCAN s x",
               "HSCAN s 0 COUNT 0"});
}

}  // namespace

TEST_CASE("hash commands answer as redis-server does, in either protocol") {
    if (!has_redis_server()) return;
    for (const bool modern : {false, true}) {
        for (const auto compare :
             {&compare_fields, &compare_numbers, &compare_choices, &compare_errors}) {
            ReferenceFixture both;
            if (modern) both.speak_resp3();
            compare(both);
        }
    }
}

TEST_CASE("a walk through a large hash sees every field") {
    EngineFixture fixture;
    const auto client = fixture.client();
    for (int i = 0; i < 1000; ++i) client->run({"HSET", "h", std::to_string(i), "x"});
    std::string seen;
    std::string cursor = "0";
    int steps = 0;
    do {
        const std::string reply = client->run({"HSCAN", "h", cursor, "COUNT", "20"});
        const std::size_t start = reply.find("\r\n", 4) + 2;
        cursor = reply.substr(start, reply.find("\r\n", start) - start);
        seen += reply;
        ++steps;
    } while (cursor != "0");
    for (int i = 0; i < 1000; ++i) {
        CHECK(seen.find("\r\n" + std::to_string(i) + "\r\n") != std::string::npos);
    }
    CHECK(steps > 10);
}

TEST_CASE("fields end at their deadlines, and the hash with the last of them") {
    EngineFixture fixture;
    const auto client = fixture.client();
    auto& clock = fixture.engine.keyspace().clock();
    clock.freeze();
    client->run({"HSET", "h", "a", "1", "b", "2", "c", "3"});
    CHECK(client->run({"HEXPIRE", "h", "10", "FIELDS", "2", "a", "z"}) == "*2\r\n:1\r\n:-2\r\n");
    CHECK(client->run({"HPEXPIRE", "h", "5000", "GT", "FIELDS", "2", "a", "b"}) ==
          "*2\r\n:0\r\n:0\r\n");
    CHECK(client->run({"HPEXPIRE", "h", "5000", "LT", "FIELDS", "2", "a", "b"}) ==
          "*2\r\n:1\r\n:1\r\n");
    CHECK(client->run({"HPEXPIRE", "h", "1", "NX", "FIELDS", "1", "a"}) == "*1\r\n:0\r\n");
    CHECK(client->run({"HPEXPIRE", "h", "1", "XX", "FIELDS", "1", "c"}) == "*1\r\n:0\r\n");
    CHECK(client->run({"HTTL", "h", "FIELDS", "3", "a", "c", "z"}) == "*3\r\n:5\r\n:-1\r\n:-2\r\n");
    CHECK(client->run({"HPTTL", "h", "FIELDS", "1", "b"}) == "*1\r\n:5000\r\n");
    CHECK(client->run({"HPERSIST", "h", "FIELDS", "3", "b", "c", "z"}) ==
          "*3\r\n:1\r\n:-1\r\n:-2\r\n");
    CHECK(client->run({"HEXPIREAT", "h", "0", "FIELDS", "1", "c"}) == "*1\r\n:2\r\n");
    clock.advance(std::chrono::seconds(5));
    CHECK(client->run({"HGETALL", "h"}) == "*2\r\n$1\r\nb\r\n$1\r\n2\r\n");
    client->run({"HPEXPIREAT", "h", "9999999999999", "FIELDS", "1", "b"});
    CHECK(client->run({"HPEXPIRETIME", "h", "FIELDS", "1", "b"}) == "*1\r\n:9999999999999\r\n");
    CHECK(client->run({"HEXPIRETIME", "h", "FIELDS", "1", "b"}) == "*1\r\n:10000000000\r\n");
    client->run({"HPEXPIRE", "h", "1", "FIELDS", "1", "b"});
    clock.advance(std::chrono::milliseconds(1));
    CHECK(client->run({"HLEN", "h"}) == ":0\r\n");
    CHECK(client->run({"EXISTS", "h"}) == ":0\r\n");
    CHECK(client->run({"HTTL", "h", "FIELDS", "1", "b"}) == "*1\r\n:-2\r\n");
}

TEST_CASE("HGETEX, HSETEX and HGETDEL do two things to fields at once") {
    EngineFixture fixture;
    const auto client = fixture.client();
    fixture.engine.keyspace().clock().freeze();
    CHECK(client->run({"HSETEX", "h", "FXX", "FIELDS", "1", "a", "1"}) == ":0\r\n");
    CHECK(client->run({"HSETEX", "h", "FNX", "EX", "9", "FIELDS", "2", "a", "1", "b", "2"}) ==
          ":1\r\n");
    CHECK(client->run({"HSETEX", "h", "FNX", "FIELDS", "1", "a", "9"}) == ":0\r\n");
    CHECK(client->run({"HSETEX", "h", "KEEPTTL", "FIELDS", "1", "a", "3"}) == ":1\r\n");
    CHECK(client->run({"HSETEX", "h", "FIELDS", "1", "b", "4"}) == ":1\r\n");
    CHECK(client->run({"HTTL", "h", "FIELDS", "2", "a", "b"}) == "*2\r\n:9\r\n:-1\r\n");
    CHECK(client->run({"HGETEX", "h", "PERSIST", "FIELDS", "2", "a", "z"}) ==
          "*2\r\n$1\r\n3\r\n$-1\r\n");
    CHECK(client->run({"HGETEX", "h", "PX", "700", "FIELDS", "1", "a"}) == "*1\r\n$1\r\n3\r\n");
    CHECK(client->run({"HPTTL", "h", "FIELDS", "1", "a"}) == "*1\r\n:700\r\n");
    CHECK(client->run({"HGETDEL", "h", "FIELDS", "2", "a", "b"}) == "*2\r\n$1\r\n3\r\n$1\r\n4\r\n");
    CHECK(client->run({"HGETDEL", "h", "FIELDS", "1", "a"}) == "*1\r\n$-1\r\n");
    CHECK(client->run({"EXISTS", "h"}) == ":0\r\n");
}

TEST_CASE("wrong arguments of field deadlines are named") {
    EngineFixture fixture;
    const auto client = fixture.client();
    const std::string fields =
        "-ERR Mandatory argument FIELDS is missing or not at the right position\r\n";
    const std::string match =
        "-ERR The `numfields` parameter must match the number of arguments\r\n";
    CHECK(client->run({"HEXPIRE", "h", "-1", "FIELDS", "1", "a"}) ==
          "-ERR invalid expire time, must be >= 0\r\n");
    CHECK(client->run({"HEXPIRE", "h", "99999999999999", "FIELDS", "1", "a"}) ==
          "-ERR invalid expire time in 'hexpire' command\r\n");
    CHECK(client->run({"HEXPIRE", "h", "1", "FIELD", "1", "a"}) == fields);
    CHECK(client->run({"HEXPIRE", "h", "1", "FIELDS", "0", "a"}) ==
          "-ERR Parameter `numFields` should be greater than 0\r\n");
    CHECK(client->run({"HTTL", "h", "FIELDS", "0", "a"}) ==
          "-ERR Number of fields must be a positive integer\r\n");
    CHECK(client->run({"HPERSIST", "h", "FIELDS", "2", "a"}) == match);
    CHECK(client->run({"HGETEX", "h", "EX", "10", "FIELDS"}) == fields);
    CHECK(client->run({"HSETEX", "h", "EX", "1", "KEEPTTL", "FIELDS", "1", "a", "b"}) ==
          "-ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified\r\n");
    CHECK(client->run({"HSETEX", "h", "FIELDS", "2", "a", "b"}) ==
          "-ERR wrong number of arguments for 'hsetex' command\r\n");
    CHECK(client->run({"HSETEX", "h", "WHAT", "FIELDS", "1", "a", "b"}) ==
          "-ERR unknown argument: WHAT\r\n");
}
