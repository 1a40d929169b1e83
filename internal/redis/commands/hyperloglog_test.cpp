// HyperLogLogs beside redis-server.
#include <catch2/catch.hpp>

#include "internal/redis/commands/reference_fixture.hpp"

using assay::redis::commands::ReferenceFixture;
using assay::resp::has_redis_server;

namespace {

void compare_counts(ReferenceFixture& both) {
    both.same({
        "SADD set a",
        "SET t foobar",
        "PFADD h",
        "GET h",
        "PFADD h",
        "PFADD h a b c",
        "PFADD h a b c",
        "GET h",
        "PFCOUNT h",
        "GET h",
        "PFCOUNT none",
        "PFCOUNT h none",
        "PFADD h2 c d e f",
        "PFCOUNT h h2",
        "PFMERGE h3 h h2",
        "GET h3",
        "PFCOUNT h3",
        "PFMERGE h",
        "PFMERGE h4 none",
        "GET h4",
        "PFADD t a",
        "PFCOUNT t",
        "PFADD set a",
        "PFCOUNT set",
        "PFMERGE h t",
        "PFMERGE set h",
        "PFCOUNT h set",
        "PFDEBUG ENCODING h",
        "PFDEBUG DECODE h",
        "PFDEBUG TODENSE h",
        "PFDEBUG TODENSE h",
        "PFDEBUG ENCODING h",
        "PFDEBUG DECODE h",
        "PFDEBUG FOO h",
        "PFDEBUG ENCODING none",
        "PFDEBUG GETREG h2",
        "GET h",
        "PFADD h x y z",
        "PFCOUNT h",
        "GET h",
        "PFMERGE h5 h h2",
        "GET h5",
    });
}

}  // namespace

TEST_CASE("HyperLogLog commands answer as redis-server does, in either protocol") {
    if (!has_redis_server()) return;
    for (const bool modern : {false, true}) {
        for (const auto compare : {&compare_counts}) {
            ReferenceFixture both;
            if (modern) both.speak_resp3();
            compare(both);
        }
    }
}
