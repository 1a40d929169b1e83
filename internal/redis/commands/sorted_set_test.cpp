// Sorted sets beside redis-server.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "internal/redis/commands/reference_fixture.hpp"

using assay::redis::commands::EngineFixture;
using assay::redis::commands::ReferenceFixture;
using assay::resp::has_redis_server;

namespace {

void compare_members(ReferenceFixture& both) {
    both.same({
        "SET str x",
        "SADD plain a b c 7",
        "ZADD z 1 a 2 b 3 c",
        "ZADD z",
        "ZADD z 1",
        "ZADD z 1 a 2",
        "ZADD z NX XX 1 a",
        "ZADD z GT LT 1 a",
        "ZADD z NX GT 1 a",
        "ZADD z INCR 1 a 2 b",
        "ZADD z x a",
        "ZADD str 1 a",
        "ZADD str x a",
        "ZADD z XX CH 5 a 9 nothere",
        "ZADD z NX CH 7 a 9 new",
        "ZADD z GT CH 1 a 100 b",
        "ZADD z LT CH 1 a 1000 b",
        "ZADD z INCR 1.5 a",
        "ZADD z NX INCR 1.5 a",
        "ZADD missing XX 1 a",
        "ZADD missing XX INCR 1 a",
        "ZADD z INCR inf i",
        "ZADD z INCR -inf i",
        "ZADD z nan a",
        "ZADD z 1e400 a",
        "ZADD z inf i -inf j",
        "ZINCRBY z 2.5 a",
        "ZINCRBY z nx a",
        "ZINCRBY z 2",
        "ZINCRBY z foo a",
        "ZINCRBY str 1 a",
        "ZINCRBY new2 0.25 a",
        "ZCARD z",
        "ZCARD str",
        "ZCARD none",
        "ZSCORE z a",
        "ZSCORE z nope",
        "ZSCORE none a",
        "ZSCORE str a",
        "ZMSCORE z a nope i j",
        "ZMSCORE none a b",
        "ZMSCORE str a",
        "ZRANK z a",
        "ZRANK z nope",
        "ZRANK none a",
        "ZRANK str a",
        "ZREVRANK z a",
        "ZREVRANK z i",
    });
}

void compare_ranges(ReferenceFixture& both) {
    both.same({
        "SET str x",
        "SADD plain a b c 7",
        "ZADD z 2 b 7 c 8.5 a inf i",
        "ZRANGE z 0 -1",
        "ZRANGE z 0 -1 WITHSCORES",
        "ZRANGE z 1 2 REV WITHSCORES",
        "ZRANGE z -2 -1 REV",
        "ZRANGE z 5 1",
        "ZRANGE z -100 100",
        "ZRANGE z 100 200",
        "ZRANGE z x 1",
        "ZRANGE z 0 1 LIMIT 0 1",
        "ZRANGE z 0 1 LIMIT 0 -1",
        "ZRANGE z 0 1 LIMIT 0",
        "ZRANGE z 0 1 FOO",
        "ZRANGE z 0 1 BYLEX",
        "ZRANGE z - + BYLEX WITHSCORES",
        "ZRANGE z - + BYLEX LIMIT 1 2",
        "ZRANGE z + - BYLEX REV",
        "ZRANGE z -inf +inf BYSCORE WITHSCORES",
        "ZRANGE z +inf -inf BYSCORE REV WITHSCORES LIMIT 1 2",
        "ZRANGE z (1 5 BYSCORE",
        "ZRANGE z 1 (5 BYSCORE",
        "ZRANGE z foo 5 BYSCORE",
        "ZRANGE z (foo 5 BYSCORE",
        "ZRANGE z '' 5 BYSCORE",
        "ZRANGE z -inf inf BYSCORE LIMIT -1 5",
        "ZRANGE z -inf inf BYSCORE LIMIT 1 -5",
        "ZRANGE z -inf inf BYSCORE LIMIT 100 5",
        "ZRANGE z -inf inf BYSCORE LIMIT 0 0",
        "ZRANGE z -inf inf BYSCORE LIMIT a 0",
        "ZRANGE z 0 -1 REV REV",
        "ZRANGE z 0 -1 BYSCORE BYSCORE",
        "ZRANGE z 0 -1 BYSCORE BYLEX",
        "ZRANGE str 0 -1",
        "ZRANGE none 0 -1 WITHSCORES",
        "ZRANGE none x -1 WITHSCORES",
        "ZREVRANGE z 0 -1 WITHSCORES",
        "ZREVRANGE z 0 1 REV",
        "ZREVRANGE z 0 1 LIMIT 0 5",
        "ZRANGEBYSCORE z -inf +inf WITHSCORES LIMIT 1 3",
        "ZRANGEBYSCORE z 5 1",
        "ZRANGEBYSCORE z nan 1",
        "ZREVRANGEBYSCORE z inf -inf WITHSCORES",
        "ZREVRANGEBYSCORE z (inf (-inf LIMIT 1 2",
    });
}

void compare_ranges_of_bytes_and_stored(ReferenceFixture& both) {
    both.same({
        "SET str x",
        "ZADD z 2 b 7 c 8.5 a inf i",
        "ZADD lex 0 a 0 b 0 c 0 d 0 e",
        "ZRANGEBYLEX lex [b (d",
        "ZRANGEBYLEX lex - +",
        "ZRANGEBYLEX lex + -",
        "ZRANGEBYLEX lex b d",
        "ZRANGEBYLEX lex [b [d WITHSCORES",
        "ZRANGEBYLEX lex [b [e LIMIT 1 2",
        "ZRANGEBYLEX lex -x +",
        "ZRANGEBYLEX lex [ +",
        "ZREVRANGEBYLEX lex [d [b",
        "ZREVRANGEBYLEX lex + - LIMIT 1 1",
        "ZLEXCOUNT lex [b [d",
        "ZLEXCOUNT lex - +",
        "ZLEXCOUNT lex a b",
        "ZLEXCOUNT none - +",
        "ZLEXCOUNT str - +",
        "ZCOUNT z -inf +inf",
        "ZCOUNT z (1 5",
        "ZCOUNT z x 5",
        "ZCOUNT none 1 2",
        "ZRANGESTORE dst z 0 1",
        "ZRANGE dst 0 -1 WITHSCORES",
        "ZRANGESTORE dst z 0 1 WITHSCORES",
        "ZRANGESTORE dst z -inf inf BYSCORE LIMIT 1 2",
        "ZRANGE dst 0 -1 WITHSCORES",
        "ZRANGESTORE dst z 100 200",
        "EXISTS dst",
        "ZRANGESTORE dst none 0 1",
        "ZRANGESTORE dst str 0 1",
        "ZRANGESTORE z lex 0 1 REV",
        "ZRANGE z 0 -1 WITHSCORES",
    });
}

void compare_algebra(ReferenceFixture& both) {
    both.same({
        "SET str x",
        "SADD plain a b c 7",
        "ZADD lex 0 a 0 b 0 c 0 d 0 e",
        "ZADD z 1 a 2 b 3 c 3.5 d 1e20 e 0.25 f 123456789012 g 0.125 h",
        "ZRANGE z 0 -1 WITHSCORES",
        "ZUNION 2 z lex WITHSCORES",
        "ZUNION 2 z lex",
        "ZUNION 3 z lex plain WITHSCORES",
        "ZUNION 2 z lex WEIGHTS 2 3 WITHSCORES",
        "ZUNION 2 z lex WEIGHTS 2",
        "ZUNION 2 z lex WEIGHTS 2 x",
        "ZUNION 2 z lex WEIGHTS inf 0 AGGREGATE MAX WITHSCORES",
        "ZUNION 2 z lex AGGREGATE MIN WITHSCORES",
        "ZUNION 2 z lex AGGREGATE FOO WITHSCORES",
        "ZUNION 2 z lex AGGREGATE",
        "ZUNION 0 z",
        "ZUNION -1 z",
        "ZUNION x z",
        "ZUNION 3 z lex",
        "ZUNION 2 z str",
        "ZUNION 1 none",
        "ZINTER 2 z lex WITHSCORES",
        "ZINTER 2 z plain WITHSCORES",
        "ZINTER 2 z none WITHSCORES",
        "ZINTER 2 z z WEIGHTS 2 3 WITHSCORES",
        "ZINTER 2 z lex AGGREGATE MAX WEIGHTS 1 10 WITHSCORES",
        "ZDIFF 2 z lex WITHSCORES",
        "ZDIFF 2 lex z WITHSCORES",
        "ZDIFF 2 z plain",
        "ZDIFF 2 z z",
        "ZDIFF 1 z WITHSCORES",
        "ZDIFF 2 z lex WEIGHTS 1 2",
        "ZDIFF 2 plain z WITHSCORES",
        "ZINTERCARD 2 z lex",
        "ZINTERCARD 2 z lex LIMIT 1",
        "ZINTERCARD 2 z lex LIMIT 0",
        "ZINTERCARD 2 z lex LIMIT -1",
        "ZINTERCARD 2 z lex LIMIT x",
        "ZINTERCARD 2 z lex LIMIT",
        "ZINTERCARD 2 z lex WITHSCORES",
        "ZINTERCARD 0 z",
        "ZUNIONSTORE out 2 z lex",
        "ZRANGE out 0 -1 WITHSCORES",
        "ZUNIONSTORE out 2 z lex WITHSCORES",
        "ZUNIONSTORE out 0 z",
        "ZINTERSTORE out 2 z lex WEIGHTS 1 5",
        "ZRANGE out 0 -1 WITHSCORES",
        "ZINTERSTORE out 2 z none",
        "EXISTS out",
        "ZINTERSTORE str2 2 z str",
        "ZDIFFSTORE out 2 z lex",
        "ZRANGE out 0 -1 WITHSCORES",
        "ZDIFFSTORE out 2 z z",
        "ZDIFFSTORE z 1 z",
        "ZDIFFSTORE str 2 z lex",
        "TYPE str",
        "SET str x",
    });
}

void compare_pops(ReferenceFixture& both) {
    both.same({
        "SET str x",
        "SADD plain a b c 7",
        "ZADD z 1 a 2 b 3 c 3.5 d 9 e",
        "ZPOPMIN z",
        "ZPOPMIN z 2",
        "ZPOPMAX z 2",
        "ZPOPMAX z 0",
        "ZPOPMAX z -1",
        "ZPOPMAX z x",
        "ZPOPMAX z 1 2",
        "ZPOPMAX none 0",
        "ZPOPMAX none",
        "ZPOPMAX none 3",
        "ZPOPMAX str",
        "ZPOPMAX str 0",
        "ZPOPMIN z 100",
        "EXISTS z",
        "ZADD z 1 a 2 b 3 c 4 d 5 e",
        "ZMPOP 1 z MIN",
        "ZMPOP 2 none z MAX COUNT 2",
        "ZMPOP 1 none MIN",
        "ZMPOP 0 z MIN",
        "ZMPOP x z MIN",
        "ZMPOP 2 z MIN",
        "ZMPOP 1 z FOO",
        "ZMPOP 1 z MIN COUNT",
        "ZMPOP 1 z MIN COUNT 0",
        "ZMPOP 1 z MIN COUNT x",
        "ZMPOP 1 z MIN COUNT 1 COUNT 1",
        "ZMPOP 1 z MIN FOO 1",
        "ZMPOP 2 str z MIN",
        "BZPOPMIN z 0",
        "BZPOPMAX none z 0.5",
        "BZPOPMIN z -1",
        "BZPOPMIN z x",
        "BZPOPMIN str 0",
        "BZMPOP x 1 z MIN",
        "BZMPOP 0 0 z MIN",
        "BZMPOP 0 1 z FOO",
        "ZADD z 1 a 2 b 3 c 4 d 5 e",
        "BZMPOP 0 2 none z MAX COUNT 2",
        "MULTI",
        "BZPOPMIN none 0",
        "BZMPOP 0 1 none MIN",
        "BZPOPMIN z 0",
        "EXEC",
    });
}

void compare_removals(ReferenceFixture& both) {
    both.same({
        "SET str x",
        "SADD plain a b c 7",
        "ZADD lex 0 a 0 b 0 c",
        "ZADD z 1 b",
        "ZREM z b nope",
        "ZREM none a",
        "ZREM str a",
        "ZADD z 1 a 2 b 3 c 4 d 5 e",
        "ZREMRANGEBYRANK z 0 0",
        "ZREMRANGEBYRANK z -1 -1",
        "ZREMRANGEBYRANK z 5 9",
        "ZREMRANGEBYRANK z x 9",
        "ZREMRANGEBYSCORE z (2 3",
        "ZREMRANGEBYSCORE z x 3",
        "ZREMRANGEBYSCORE str 1 3",
        "ZREMRANGEBYSCORE none 1 3",
        "ZREMRANGEBYLEX lex [a [b",
        "ZREMRANGEBYLEX lex - +",
        "EXISTS lex",
        "ZREMRANGEBYLEX lex x y",
    });
}

void compare_samples_and_scans(ReferenceFixture& both) {
    both.same({
        "SET str x",
        "SADD plain a b c 7",
        "ZADD one 1.5 m",
        "ZRANDMEMBER one",
        "ZRANDMEMBER one 3",
        "ZRANDMEMBER one -3 WITHSCORES",
        "ZRANDMEMBER one 3 WITHSCORES",
        "ZRANDMEMBER one 0",
        "ZRANDMEMBER one x",
        "ZRANDMEMBER one 3 FOO",
        "ZRANDMEMBER one 3 WITHSCORES x",
        "ZRANDMEMBER one -9223372036854775808",
        "ZRANDMEMBER one -9223372036854775807 WITHSCORES",
        "ZRANDMEMBER none",
        "ZRANDMEMBER none 3",
        "ZRANDMEMBER str",
        "ZRANDMEMBER str 0",
        "ZADD r 1 a 2 b 3 c",
        "ZRANDMEMBER r 10 WITHSCORES",
        "ZSCAN r 0",
        "ZSCAN r 0 MATCH a*",
        "ZSCAN r 0 COUNT 0",
        "ZSCAN r 0 COUNT x",
        "ZSCAN r 0 FOO 1",
        "ZSCAN r x",
        "ZSCAN none 0 FOO",
        "ZSCAN str 0",
        "ZADD f 0.25 a 3 b inf c",
        "ZSCAN f 0",
        "OBJECT ENCODING f",
        "ZADD big 1 "
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaa",
        "OBJECT ENCODING big",
        "ZADD big 0.25 "
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaa",
        "ZSCAN big 0",
        "ZRANDMEMBER big 10 WITHSCORES",
        "ZUNIONSTORE out 2 big z",
        "OBJECT ENCODING out",
        "ZRANGESTORE out z 0 0",
        "OBJECT ENCODING out",
        "ZADD one 1 01 2 007 3 5",
        "ZRANGE one 0 -1 WITHSCORES",
    });
}

}  // namespace

TEST_CASE("sorted set commands answer as redis-server does, in either protocol") {
    if (!has_redis_server()) return;
    for (const bool modern : {false, true}) {
        for (const auto compare :
             {&compare_members, &compare_ranges, &compare_ranges_of_bytes_and_stored,
              &compare_algebra, &compare_pops, &compare_removals, &compare_samples_and_scans}) {
            ReferenceFixture both;
            if (modern) both.speak_resp3();
            compare(both);
        }
    }
}

TEST_CASE("those who wait for a sorted set are served in the order of their coming") {
    EngineFixture fixture;
    const auto first = fixture.client();
    const auto second = fixture.client();
    const auto giver = fixture.client();
    CHECK(first->run({"BZPOPMIN", "z", "0"}).empty());
    CHECK(second->run({"BZMPOP", "0", "2", "y", "z", "MAX", "COUNT", "5"}).empty());
    CHECK(giver->run({"ZADD", "z", "1", "a", "2", "b", "3", "c"}) == ":3\r\n");
    CHECK(first->look() == "*3\r\n$1\r\nz\r\n$1\r\na\r\n$1\r\n1\r\n");
    CHECK(second->look() ==
          "*2\r\n$1\r\nz\r\n*2\r\n*2\r\n$1\r\nc\r\n$1\r\n3\r\n*2\r\n$1\r\nb\r\n$1\r\n2\r\n");
    CHECK(giver->run({"EXISTS", "z"}) == ":0\r\n");
}

TEST_CASE("a rank comes with its score where that is asked for") {
    EngineFixture fixture;
    const auto client = fixture.client();
    client->run({"ZADD", "z", "0.1", "a", "2", "b"});
    CHECK(client->run({"ZRANK", "z", "a", "WITHSCORE"}) == "*2\r\n:0\r\n$3\r\n0.1\r\n");
    CHECK(client->run({"ZREVRANK", "z", "a", "withscore"}) == "*2\r\n:1\r\n$3\r\n0.1\r\n");
    CHECK(client->run({"ZRANK", "z", "x", "WITHSCORE"}) == "*-1\r\n");
    CHECK(client->run({"ZRANK", "z", "a", "nonsense"}) == "-ERR syntax error\r\n");
}

TEST_CASE("a sample of a large sorted set has different members") {
    EngineFixture fixture;
    const auto client = fixture.client();
    for (int i = 0; i < 300; ++i) {
        client->run({"ZADD", "z", std::to_string(i), "m" + std::to_string(i)});
    }
    for (const char* count : {"20", "200", "300", "1000"}) {
        const std::string reply = client->run({"ZRANDMEMBER", "z", count});
        std::set<std::string> members;
        for (std::size_t at = reply.find("\r\nm"); at != std::string::npos;
             at = reply.find("\r\nm", at + 1)) {
            members.insert(reply.substr(at + 2, reply.find("\r\n", at + 2) - at - 2));
        }
        CHECK(members.size() == std::min<std::size_t>(std::stoul(count), 300));
    }
}
