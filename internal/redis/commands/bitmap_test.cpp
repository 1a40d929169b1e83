// Bitmaps beside redis-server.
#include <catch2/catch.hpp>

#include "internal/redis/commands/reference_fixture.hpp"

using assay::redis::commands::ReferenceFixture;
using assay::resp::has_redis_server;

namespace {

void compare_bits(ReferenceFixture& both) {
    both.same({
        "SADD set a",
        "SETBIT b 7 1",
        "SETBIT b 7 0",
        "SETBIT b 7 2",
        "SETBIT b x 1",
        "SETBIT b -1 1",
        "SETBIT b 4294967296 1",
        "SETBIT b 3 x",
        "SETBIT set 1 1",
        "SETBIT set x 1",
        "SETBIT b 100 1",
        "GET b",
        "STRLEN b",
        "GETBIT b 100",
        "GETBIT b 101",
        "GETBIT b 100000",
        "GETBIT b -1",
        "GETBIT none 5",
        "GETBIT set 5",
        "SET n 123",
        "GETBIT n 2",
        "SETBIT n 2 1",
        "SETBIT n 6 1",
        "GET n",
        "SET t foobar",
        "BITCOUNT t",
        "BITCOUNT t 0 0",
        "BITCOUNT t 1 1",
        "BITCOUNT t -2 -1",
        "BITCOUNT t -1 -2",
        "BITCOUNT t 5 30 BIT",
        "BITCOUNT t -100 -1 BIT",
        "BITCOUNT t 1",
        "BITCOUNT t 1 2 FOO",
        "BITCOUNT t x 2",
        "BITCOUNT t 5 2",
        "BITCOUNT t 0 100",
        "BITCOUNT t 0 0 BIT BIT",
        "BITCOUNT none",
        "BITCOUNT none 0 5",
        "BITCOUNT set",
        "BITCOUNT n",
    });
}

void compare_searches_and_operations(ReferenceFixture& both) {
    both.same({
        "SADD set a",
        "SET t foobar",
        "SET n 123",
        "BITPOS t 1",
        "BITPOS t 0",
        "BITPOS t 2",
        "BITPOS t x",
        "BITPOS t 1 2",
        "BITPOS t 1 -1",
        "BITPOS t 1 2 3 BIT",
        "BITPOS t 1 10 20 BIT",
        "BITPOS t 0 10 20 BIT",
        "BITPOS t 0 10 20 FOO",
        "BITPOS t 1 100",
        "BITPOS t 1 5 2",
        "BITPOS none 1",
        "BITPOS none 0",
        "BITPOS set 1",
        "BITPOS t 1 x",
        "BITPOS t 1 1 x",
        "BITPOS t 1 1 2 BIT x",
        "SETBIT ones 0 1",
        "BITFIELD ones SET u8 0 255 SET u8 8 255",
        "BITPOS ones 0",
        "BITPOS ones 0 0 -1",
        "BITPOS ones 0 0",
        "BITPOS ones 0 0 -1 BIT",
        "SET e ''",
        "BITPOS e 0",
        "BITPOS e 1",
        "BITCOUNT e 0 -1",
        "BITOP AND d t ones",
        "GET d",
        "BITOP OR d t n",
        "GET d",
        "BITOP XOR d t none ones",
        "GET d",
        "BITOP NOT d t",
        "GET d",
        "BITOP NOT d t n",
        "BITOP FOO d t",
        "BITOP AND d t set",
        "BITOP AND d none none2",
        "EXISTS d",
        "BITOP AND set2 none",
        "BITOP OR set t",
        "TYPE set",
        "DEL set",
        "SADD set a",
    });
}

void compare_fields(ReferenceFixture& both) {
    both.same({
        "SADD set a",
        "SET t foobar",
        "BITFIELD f",
        "BITFIELD f GET u8 0",
        "EXISTS f",
        "BITFIELD f SET u8 0 255 GET u8 0 INCRBY u8 0 1",
        "BITFIELD f OVERFLOW SAT INCRBY u8 0 1000 OVERFLOW FAIL INCRBY u8 0 1 INCRBY u8 0 -300",
        "BITFIELD f OVERFLOW FOO",
        "BITFIELD f OVERFLOW",
        "BITFIELD f GET u64 0",
        "BITFIELD f GET i65 0",
        "BITFIELD f GET x8 0",
        "BITFIELD f GET u0 0",
        "BITFIELD f GET u8 x",
        "BITFIELD f GET u8 -1",
        "BITFIELD f GET u8 #3",
        "BITFIELD f SET i8 #3 -5 GET i8 #3 GET u8 #3",
        "BITFIELD f SET i8 #3 x",
        "BITFIELD f SET u8 0 -1",
        "BITFIELD f SET u8 0 256",
        "BITFIELD f OVERFLOW SAT SET u8 0 -1 SET u8 0 300 SET i8 8 -200 SET i8 8 200 GET i8 8",
        "BITFIELD f OVERFLOW FAIL SET u8 0 -1 SET u8 0 300 SET i8 8 -200",
        "BITFIELD f SET i64 0 9223372036854775807 INCRBY i64 0 1",
        "BITFIELD f OVERFLOW SAT INCRBY i64 0 -1",
        "BITFIELD f SET u63 1 9223372036854775807",
        "BITFIELD f GET u63 1 GET i64 3 GET u1 900",
        "BITFIELD f FOO",
        "BITFIELD f GET u8",
        "BITFIELD set GET u8 0",
        "BITFIELD set SET u8 0 1",
        "BITFIELD f GET u8 4294967296",
        "BITFIELD_RO f GET u8 0 GET i8 5",
        "BITFIELD_RO f SET u8 0 1",
        "BITFIELD_RO set GET u8 0",
        "BITFIELD_RO none GET u8 0",
        "GET f",
    });
}

}  // namespace

TEST_CASE("bitmap commands answer as redis-server does, in either protocol") {
    if (!has_redis_server()) return;
    for (const bool modern : {false, true}) {
        for (const auto compare :
             {&compare_bits, &compare_searches_and_operations, &compare_fields}) {
            ReferenceFixture both;
            if (modern) both.speak_resp3();
            compare(both);
        }
    }
}
