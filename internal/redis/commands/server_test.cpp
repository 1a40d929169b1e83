// The families connection, generic and server beside redis-server.
#include <catch2/catch.hpp>
#include <string>

#include "internal/redis/commands/reference_fixture.hpp"

using assay::redis::commands::EngineFixture;
using assay::redis::commands::ReferenceFixture;
using assay::resp::has_redis_server;

namespace {

void compare_connection(ReferenceFixture& both) {
    both.same({"ECHO",
               "ECHO x",
               "SELECT 1",
               "SELECT x",
               "SELECT 99",
               "SELECT -1",
               "SELECT 99999999999",
               "SELECT 0",
               "AUTH a",
               "AUTH a b",
               "AUTH default b",
               "HELLO 4",
               "HELLO x",
               "HELLO 2 SETNAME",
               "CLIENT SETNAME a b",
               "CLIENT SETNAME a",
               "CLIENT SETNAME",
               "CLIENT SETNAME a|b",
               "CLIENT LIST TYPE foo",
               "CLIENT LIST ID x",
               "CLIENT LIST FOO",
               "CLIENT NO-EVICT on",
               "CLIENT NO-EVICT x",
               "CLIENT PAUSE x",
               "CLIENT PAUSE -1",
               "CLIENT PAUSE 1 2 3",
               "CLIENT UNPAUSE",
               "CLIENT UNBLOCK x",
               "CLIENT UNBLOCK 99999",
               "CLIENT UNBLOCK 99999 FOO",
               "CLIENT UNBLOCK 99999 ERROR x",
               "CLIENT REPLY foo",
               "CLIENT REPLY ON",
               "CLIENT FOO",
               "CLIENT"});
}

void compare_keys(ReferenceFixture& both) {
    both.same({"SET a 1",
               "SET b hello",
               "SET c 99999",
               "APPEND c x",
               "RPUSH l 3 1 2 10",
               "SADD s a b c",
               "SADD si 3 2 1",
               "ZADD z 1 x 2 y 3 w",
               "HSET h f v g 2",
               "EXISTS a a b nokey",
               "TYPE a",
               "TYPE l",
               "TYPE s",
               "TYPE z",
               "TYPE h",
               "TYPE nokey",
               "TOUCH a b nokey",
               "OBJECT ENCODING a",
               "OBJECT ENCODING b",
               "OBJECT ENCODING c",
               "OBJECT ENCODING si",
               "OBJECT ENCODING z",
               "OBJECT ENCODING h",
               "OBJECT ENCODING nokey",
               "OBJECT ENCODING",
               "OBJECT REFCOUNT a",
               "OBJECT REFCOUNT b",
               "OBJECT REFCOUNT nokey",
               "OBJECT FREQ a",
               "OBJECT FREQ nokey",
               "OBJECT FOO a"});
}

void compare_expiry(ReferenceFixture& both) {
    both.same({"EXPIRE a 100",
               "EXPIRE a 100 NX",
               "EXPIRE a 50 GT",
               "EXPIRE a 50 LT",
               "EXPIRE a 500 XX GT",
               "EXPIRE a 500 NX XX",
               "EXPIRE a 500 GT LT",
               "EXPIRE a 500 FOO",
               "EXPIRE a x",
               "EXPIRE a 9223372036854775807",
               "EXPIRE a 9223372036854775",
               "EXPIRE a -9223372036854775808",
               "PEXPIRE a 9223372036854775807",
               "TTL a",
               "TTL b",
               "TTL nokey",
               "PEXPIREAT a 33177117420000",
               "PEXPIRETIME a",
               "EXPIRETIME a",
               "EXPIREAT a 33177117420",
               "EXPIRETIME a",
               "PERSIST a",
               "PERSIST a",
               "PERSIST nokey",
               "EXPIRE nokey x",
               "EXPIRE nokey 1",
               "PEXPIRETIME nokey",
               "EXPIRETIME b",
               "SET e 1",
               "EXPIRE e 0",
               "EXISTS e",
               "SET e 1",
               "EXPIREAT e 1"});
}

void compare_moves(ReferenceFixture& both) {
    both.same({"RENAME nokey x",
               "RENAME nokey nokey",
               "RENAME a a",
               "RENAME a aa",
               "RENAMENX aa b",
               "RENAMENX aa a",
               "RENAMENX a a",
               "COPY a a",
               "COPY a b",
               "COPY a b REPLACE",
               "COPY a a DB 1",
               "COPY a a DB 1",
               "COPY a a DB 1 REPLACE",
               "COPY a a DB 99",
               "COPY a a DB x",
               "COPY a b FOO",
               "COPY nokey x",
               "COPY l l2",
               "COPY z z2",
               "COPY h h2",
               "COPY s s2",
               "MOVE b 1",
               "MOVE b 1",
               "MOVE b 99",
               "MOVE b x",
               "MOVE b 0",
               "MOVE nokey 3",
               "KEYS nothing*",
               "KEYS l2"});
}

void compare_scan(ReferenceFixture& both) {
    both.same({"RANDOMKEY x", "SCAN x", "SCAN 0 COUNT 0", "SCAN 0 COUNT x", "SCAN 0 MATCH",
               "SCAN 0 FOO bar", "SCAN 0 MATCH l2 COUNT 1000",
               "SCAN 0 TYPE hash MATCH h2 COUNT 1000", "SCAN 0 TYPE foo COUNT 1000"});
}

void compare_sort(ReferenceFixture& both) {
    both.same({"SORT l",
               "SORT l DESC",
               "SORT l LIMIT 1 2",
               "SORT l LIMIT 3 -1",
               "SORT l LIMIT -1 2",
               "SORT l LIMIT 10 2",
               "SORT l LIMIT x 2",
               "SORT l ALPHA",
               "SORT l ALPHA DESC LIMIT 0 2",
               "SORT s",
               "SORT s ALPHA",
               "SORT z ALPHA DESC",
               "SORT z BY nosort",
               "SORT z BY nosort DESC LIMIT 0 2",
               "SORT l BY nosort",
               "SORT l BY nosort DESC",
               "MSET w_1 3 w_2 2 w_3 1 o_1 one o_2 two",
               "SORT l BY w_*",
               "SORT l BY w_* GET o_*",
               "SORT l BY w_* GET o_* GET #",
               "SORT l GET h->f GET nokey*",
               "SORT l BY w_* STORE dst",
               "LRANGE dst 0 -1",
               "SORT nokey STORE dst",
               "EXISTS dst",
               "SORT nokey",
               "SORT h",
               "SORT a STORE",
               "SORT_RO l",
               "SORT_RO l STORE x",
               "SORT l FOO"});
}

void compare_restore(ReferenceFixture& both) {
    both.same({"DUMP nokey", "RESTORE r x y", "RESTORE r -1 y", "RESTORE r 0 y",
               "RESTORE r 0 y FOO", "RESTORE b 0 y", "RESTORE l 0 y", "RESTORE r 0 y IDLETIME -1",
               "RESTORE r 0 y FREQ 256", "RESTORE r 0 y FREQ 1 IDLETIME 1", "WAIT x 0", "WAIT 0 x",
               "WAIT 0 -1", "WAIT 0 0"});
}

void compare_flushes(ReferenceFixture& both) {
    both.same({"DEL a a b", "UNLINK l nokey", "DBSIZE", "DBSIZE x", "FLUSHDB FOO",
               "FLUSHALL ASYNC x", "SWAPDB x 1", "SWAPDB 0 x", "SWAPDB 0 99", "SWAPDB 0 0",
               "SWAPDB 0 1", "DBSIZE", "SWAPDB 0 1", "TIME x", "ROLE"});
}

void compare_config(ReferenceFixture& both) {
    both.same({"CONFIG GET maxmemory", "CONFIG GET max*policy", "CONFIG GET nothing", "CONFIG GET",
               "CONFIG SET maxmemory", "CONFIG SET maxmemory x", "CONFIG SET foo bar",
               "CONFIG SET maxmemory 1gb maxmemory 2gb", "CONFIG SET port",
               "CONFIG SET databases 3", "CONFIG SET maxmemory 0 hz",
               "CONFIG SET slowlog-max-len -5", "CONFIG SET slowlog-max-len 100",
               "CONFIG SET maxmemory-policy foo", "CONFIG REWRITE", "CONFIG RESETSTAT",
               "CONFIG FOO"});
}

void compare_command(ReferenceFixture& both) {
    both.same({"COMMAND GETKEYS GET a", "COMMAND GETKEYS FOO a", "COMMAND GETKEYS PING",
               "COMMAND GETKEYS GET", "COMMAND GETKEYS MSET a b c d",
               "COMMAND GETKEYS SORT a STORE b",
               "COMMAND GETKEYS SORT a BY x LIMIT 1 2 STORE b STORE c", "COMMAND GETKEYS COPY a b",
               "COMMAND GETKEYS", "COMMAND GETKEYSANDFLAGS SET a b",
               "COMMAND GETKEYSANDFLAGS COPY a b", "COMMAND INFO nothing",
               "COMMAND INFO get mget copy ping", "COMMAND LIST FILTERBY MODULE foo",
               "COMMAND LIST FILTERBY FOO foo", "COMMAND LIST FILTERBY",
               "COMMAND LIST FILTERBY ACLCAT foo", "COMMAND COUNT x", "COMMAND FOO"});
}

void compare_reports(ReferenceFixture& both) {
    both.same({"SLOWLOG GET x", "SLOWLOG GET -2", "SLOWLOG GET 1 2", "SLOWLOG RESET", "SLOWLOG FOO",
               "LATENCY LATEST", "LATENCY HISTORY foo", "LATENCY RESET", "LATENCY RESET foo",
               "LATENCY FOO", "MEMORY USAGE nokey", "MEMORY USAGE a FOO", "MEMORY USAGE a SAMPLES",
               "MEMORY USAGE a SAMPLES x", "MEMORY USAGE a SAMPLES -1", "MEMORY FOO", "LASTSAVE x",
               "LOLWUT VERSION x"});
}

void compare_all(ReferenceFixture& both) {
    compare_connection(both);
    compare_keys(both);
    compare_expiry(both);
    compare_moves(both);
    compare_scan(both);
    compare_sort(both);
    compare_restore(both);
    compare_flushes(both);
    compare_config(both);
    compare_command(both);
    compare_reports(both);
}

}  // namespace

TEST_CASE("connection, keys and server answer as redis-server does") {
    if (!has_redis_server()) return;
    ReferenceFixture both;
    compare_all(both);
}

TEST_CASE("connection, keys and server answer as redis-server does in RESP3") {
    if (!has_redis_server()) return;
    ReferenceFixture both;
    both.speak_resp3();
    compare_all(both);
}

TEST_CASE("HELLO chooses the protocol and RESET takes it back") {
    EngineFixture fixture;
    const auto client = fixture.client();
    CHECK(client->run({"HELLO", "3"}).starts_with("%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n"));
    CHECK(client->run({"CLIENT", "SETNAME", "me"}) == "+OK\r\n");
    CHECK(client->run({"SELECT", "3"}) == "+OK\r\n");
    CHECK(client->run({"RESET"}) == "+RESET\r\n");
    CHECK(client->run({"CLIENT", "GETNAME"}) == "$-1\r\n");
    CHECK(client->session().database == 0);
}

TEST_CASE("a password is asked for and compared") {
    assay::redis::Settings settings;
    settings.require_pass = "secret";
    EngineFixture fixture(settings);
    const auto client = fixture.client();
    CHECK(client->run({"GET", "a"}) == "-NOAUTH Authentication required.\r\n");
    CHECK(client->run({"AUTH", "wrong"}) ==
          "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
    CHECK(client->run({"AUTH", "secretsecret"}).starts_with("-WRONGPASS"));
    CHECK(client->run({"HELLO", "2"}).starts_with("-NOAUTH HELLO must be called"));
    CHECK(client->run({"HELLO", "2", "AUTH", "default", "secret"}).starts_with("*14\r\n"));
    CHECK(client->run({"GET", "a"}) == "$-1\r\n");
}

TEST_CASE("CLIENT REPLY silences, CLIENT KILL closes, CLIENT UNBLOCK ends a wait") {
    EngineFixture fixture;
    const auto first = fixture.client();
    const auto second = fixture.client();
    CHECK(first->run({"CLIENT", "REPLY", "SKIP"}).empty());
    CHECK(first->run({"PING"}).empty());
    CHECK(first->run({"PING"}) == "+PONG\r\n");
    CHECK(first->run({"CLIENT", "REPLY", "OFF"}).empty());
    CHECK(first->run({"PING"}).empty());
    CHECK(first->run({"CLIENT", "REPLY", "ON"}) == "+OK\r\n");
    CHECK(second->run({"WAIT", "1", "0"}).empty());
    CHECK(first->run({"CLIENT", "UNBLOCK", "2"}) == ":1\r\n");
    CHECK(second->look() == ":0\r\n");
    CHECK(second->run({"WAIT", "1", "0"}).empty());
    CHECK(first->run({"CLIENT", "UNBLOCK", "2", "ERROR"}) == ":1\r\n");
    CHECK(second->look() == "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n");
    CHECK(first->run({"CLIENT", "KILL", "ID", "2"}) == ":1\r\n");
    CHECK(second->closed());
    CHECK_FALSE(first->closed());
}

TEST_CASE("what DUMP gives RESTORE takes") {
    EngineFixture fixture;
    const auto client = fixture.client();
    (void)client->run({"SET", "a", "some text"});
    const std::string reply = client->run({"DUMP", "a"});
    const std::size_t begin = reply.find('\n') + 1;
    const std::string payload = reply.substr(begin, reply.size() - begin - 2);
    CHECK(client->run({"RESTORE", "a", "0", payload}).starts_with("-BUSYKEY"));
    CHECK(client->run({"RESTORE", "b", "5000", payload}) == "+OK\r\n");
    CHECK(client->run({"GET", "b"}) == "$9\r\nsome text\r\n");
    CHECK(client->run({"PERSIST", "b"}) == ":1\r\n");
    CHECK(client->run({"RESTORE", "b", "1", payload, "REPLACE", "ABSTTL"}) == "+OK\r\n");
    CHECK(client->run({"EXISTS", "b"}) == ":0\r\n");
}

TEST_CASE("SHUTDOWN ends the server that says how") {
    EngineFixture fixture;
    const auto client = fixture.client();
    CHECK(client->run({"SHUTDOWN", "NOSAVE"}) == "-ERR Errors trying to SHUTDOWN. Check logs.\r\n");
    bool ended = false;
    fixture.engine.set_on_shutdown([&] { ended = true; });
    CHECK(client->run({"SHUTDOWN", "NOSAVE"}).empty());
    CHECK(ended);
}

TEST_CASE("INFO has the sections that are asked for") {
    EngineFixture fixture;
    const auto client = fixture.client();
    (void)client->run({"SET", "a", "1"});
    CHECK(client->run({"INFO", "keyspace"}) ==
          "$44\r\n# Keyspace\r\ndb0:keys=1,expires=0,avg_ttl=0\r\n\r\n");
    const std::string all = client->run({"INFO"});
    CHECK(all.find("# Server\r\nredis_version:") != std::string::npos);
    CHECK(all.find("used_memory:") != std::string::npos);
    CHECK(all.find("# Commandstats") == std::string::npos);
    CHECK(client->run({"INFO", "all"}).find("cmdstat_set:calls=1,") != std::string::npos);
}
