// Places beside redis-server.
#include <catch2/catch.hpp>

#include "internal/redis/commands/reference_fixture.hpp"

using assay::redis::commands::ReferenceFixture;
using assay::resp::has_redis_server;

namespace {

void compare_places(ReferenceFixture& both) {
    both.same({
        "SADD set a",
        "GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania",
        "GEOADD g 13.361389 38.115556 Palermo",
        "GEOADD g NX 13 38 Palermo",
        "GEOADD g XX CH 13.5 38 Palermo 1 2 nope",
        "GEOADD g 200 38 x",
        "GEOADD g 20 88 x",
        "GEOADD g x 38 y",
        "GEOADD g 1 x y",
        "GEOADD g NX XX 1 2 a",
        "GEOADD g 1 2 a 3",
        "GEOADD g CH CH CH",
        "GEOADD g GT 1 2 a",
        "GEOADD set 1 2 a",
        "GEODIST g Palermo Catania",
        "GEODIST g Palermo Catania km",
        "GEODIST g Palermo Catania mi",
        "GEODIST g Palermo Catania ft",
        "GEODIST g Palermo Catania foo",
        "GEODIST g Palermo Catania m x",
        "GEODIST g Palermo nope",
        "GEODIST none a b",
        "GEODIST set a b",
        "GEODIST g Palermo Palermo",
        "GEOHASH g Palermo nope Catania",
        "GEOHASH g",
        "GEOHASH none a",
        "GEOHASH set a",
        "GEOPOS g Palermo nope",
        "GEOPOS none a",
        "GEOPOS g",
        "GEORADIUS g 15 37 200 km",
        "GEORADIUS g 15 37 200 km WITHDIST WITHCOORD WITHHASH ASC",
        "GEORADIUS g 15 37 200 km DESC COUNT 1",
        "GEORADIUS g 15 37 200 km COUNT 1 ANY",
        "GEORADIUS g 15 37 200 km ANY",
        "GEORADIUS g 15 37 200 km COUNT 0",
        "GEORADIUS g 15 37 200 km COUNT x",
        "GEORADIUS g 15 37 -1 km",
        "GEORADIUS g 15 37 x km",
        "GEORADIUS g 15 37 200 foo",
        "GEORADIUS g 15 37 200 km FOO",
        "GEORADIUS g 15 370 200 km",
        "GEORADIUS none 15 37 200 km",
        "GEORADIUS none 15 37 200 km STORE out",
        "GEORADIUS set 15 37 200 km",
        "GEORADIUS g 15 37 200 km STORE out",
        "ZRANGE out 0 -1 WITHSCORES",
        "GEORADIUS g 15 37 200 km STOREDIST out",
        "ZRANGE out 0 -1",
        "GEORADIUS g 15 37 200 km STORE out WITHDIST",
        "GEORADIUS g 15 37 1 m STORE out",
        "EXISTS out",
        "GEORADIUS_RO g 15 37 200 km STORE out",
        "GEORADIUS_RO g 15 37 200 km ASC",
        "GEORADIUSBYMEMBER g Palermo 200 km WITHDIST",
        "GEORADIUSBYMEMBER g nope 200 km",
        "GEORADIUSBYMEMBER none a 200 km",
        "GEORADIUSBYMEMBER none a x foo",
        "GEORADIUSBYMEMBER g Palermo 200 km STORE out",
        "GEORADIUSBYMEMBER_RO g Palermo 200 km",
    });
}

void compare_searches(ReferenceFixture& both) {
    both.same({
        "SADD set a",
        "GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania",
        "GEOSEARCH g FROMMEMBER Palermo BYRADIUS 200 km ASC WITHDIST",
        "GEOSEARCH g FROMLONLAT 15 37 BYBOX 400 400 km ASC WITHCOORD WITHDIST",
        "GEOSEARCH g FROMLONLAT 15 37 BYBOX 400 400 km DESC COUNT 1",
        "GEOSEARCH g FROMLONLAT 15 37 FROMMEMBER Palermo BYBOX 400 400 km",
        "GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1 km BYBOX 400 400 km",
        "GEOSEARCH g FROMLONLAT 15 37",
        "GEOSEARCH g BYRADIUS 1 km",
        "geosearch g BYRADIUS 1 km COUNT 1",
        "GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1 km FOO",
        "GEOSEARCH g FROMLONLAT 15 37 BYBOX x 1 km",
        "GEOSEARCH g FROMLONLAT 15 37 BYBOX 1 x km",
        "GEOSEARCH g FROMLONLAT 15 37 BYBOX -1 1 km",
        "GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1 km STOREDIST",
        "GEOSEARCH none FROMMEMBER a BYRADIUS 1 km",
        "GEOSEARCH none FROMMEMBER a",
        "GEOSEARCHSTORE out g FROMLONLAT 15 37 BYRADIUS 200 km",
        "ZRANGE out 0 -1 WITHSCORES",
        "GEOSEARCHSTORE out g FROMLONLAT 15 37 BYBOX 400 400 km STOREDIST COUNT 1",
        "ZRANGE out 0 -1",
        "GEOSEARCHSTORE out g FROMLONLAT 15 37 BYBOX 400 400 km WITHDIST",
        "GEOSEARCHSTORE out none FROMLONLAT 15 37 BYBOX 400 400 km",
        "EXISTS out",
        "GEOSEARCHSTORE out g FROMLONLAT 15 37 BYRADIUS 1 m",
        "GEOADD many 0 0 a 0.001 0.001 b -0.001 0.001 c 0.01 0.01 d 179.99 0 e -179.99 0 f",
        "GEOSEARCH many FROMLONLAT 0 0 BYRADIUS 1 km WITHDIST WITHHASH",
        "GEOSEARCH many FROMLONLAT 180 0 BYRADIUS 10 km WITHDIST",
        "GEOSEARCH many FROMLONLAT 0 0 BYRADIUS 5000 km COUNT 2 ANY",
        "GEOSEARCH many FROMLONLAT 0 0 BYRADIUS 50000 km ASC",
    });
}

}  // namespace

TEST_CASE("geo commands answer as redis-server does, in either protocol") {
    if (!has_redis_server()) return;
    for (const bool modern : {false, true}) {
        for (const auto compare : {&compare_places, &compare_searches}) {
            ReferenceFixture both;
            if (modern) both.speak_resp3();
            compare(both);
        }
    }
}
