#include "internal/redis/commands/geo.hpp"
#include "internal/redis/commands/rows.hpp"

namespace assay::redis::commands {
namespace {

constexpr Command kGeoRows[] = {
    {.name = "geoadd",
     .arity = -5,
     .flags = kWrite | kDenyOom,
     .categories = kGeoCommands,
     .keys = {{kKeyReadWrite | kUpdate, at(1), one()}},
     .group = Group::geo,
     .since = "3.2.0",
     .complexity = "O(log(N))",
     .summary = "Adds places to a geospatial index",
     .syntax = "key@0 [condition(NX|XX)^6.2.0] [change=CH^6.2.0] "
               "longitude_latitude_member{longitude:double latitude:double member}...",
     .handler = &geoadd},
    {.name = "geodist",
     .arity = -4,
     .flags = kReadOnly,
     .categories = kGeoCommands,
     .keys = {{kKeyRead | kAccess, at(1), one()}},
     .group = Group::geo,
     .since = "3.2.0",
     .complexity = "O(log(N))",
     .summary = "Distance between two members",
     .syntax = "key@0 member1 member2 [unit(M|KM|FT|MI)]",
     .handler = &geodist},
    {.name = "geohash",
     .arity = -2,
     .flags = kReadOnly,
     .categories = kGeoCommands,
     .keys = {{kKeyRead | kAccess, at(1), one()}},
     .group = Group::geo,
     .since = "3.2.0",
     .complexity = "O(log(N))",
     .summary = "Members' positions as geohash texts",
     .syntax = "key@0 member...",
     .handler = &geohash},
    {.name = "geopos",
     .arity = -2,
     .flags = kReadOnly,
     .categories = kGeoCommands,
     .keys = {{kKeyRead | kAccess, at(1), one()}},
     .group = Group::geo,
     .since = "3.2.0",
     .complexity = "O(N)",
     .summary = "Longitude and latitude of members",
     .syntax = "key@0 member...",
     .handler = &geopos},
    {.name = "georadius",
     .arity = -6,
     .flags = kWrite | kDenyOom | kMovableKeys,
     .categories = kGeoCommands,
     .keys = {{kKeyRead | kAccess, at(1), one()},
              {kKeyOverwrite | kUpdate, after("STORE", 6), one()},
              {kKeyOverwrite | kUpdate, after("STOREDIST", 6), one()}},
     .group = Group::geo,
     .since = "3.2.0",
     .complexity = "O(N+log(M))",
     .summary = "Members within a distance of a position, perhaps stored",
     .syntax = "key@0 longitude:double latitude:double radius:double unit(M|KM|FT|MI) "
               "[WITHCOORD] [WITHDIST] [WITHHASH] [count{COUNT<count:int> [ANY^6.2.0]}] "
               "[order(ASC|DESC)] [STORE<key@1>] [STOREDIST<key@2>]",
     .replaced_by = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument",
     .deprecated_since = "6.2.0",
     .handler = &georadius},
    {.name = "georadius_ro",
     .arity = -6,
     .flags = kReadOnly,
     .categories = kGeoCommands,
     .keys = {{kKeyRead | kAccess, at(1), one()}},
     .group = Group::geo,
     .since = "3.2.10",
     .complexity = "O(N+log(M))",
     .summary = "Members within a distance of a position",
     .syntax = "key@0 longitude:double latitude:double radius:double unit(M|KM|FT|MI) "
               "[WITHCOORD] [WITHDIST] [WITHHASH] [count{COUNT<count:int> [ANY^6.2.0]}] "
               "[order(ASC|DESC)]",
     .replaced_by = "`GEOSEARCH` with the `BYRADIUS` argument",
     .deprecated_since = "6.2.0",
     .handler = &georadius_ro},
    {.name = "georadiusbymember",
     .arity = -5,
     .flags = kWrite | kDenyOom | kMovableKeys,
     .categories = kGeoCommands,
     .keys = {{kKeyRead | kAccess, at(1), one()},
              {kKeyOverwrite | kUpdate, after("STORE", 5), one()},
              {kKeyOverwrite | kUpdate, after("STOREDIST", 5), one()}},
     .group = Group::geo,
     .since = "3.2.0",
     .complexity = "O(N+log(M))",
     .summary = "Members within a distance of a member, perhaps stored",
     .syntax = "key@0 member radius:double unit(M|KM|FT|MI) [WITHCOORD] [WITHDIST] "
               "[WITHHASH] [count{COUNT<count:int> [ANY]}] [order(ASC|DESC)] [STORE<key@1>] "
               "[STOREDIST<key@2>]",
     .replaced_by =
         "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments",
     .deprecated_since = "6.2.0",
     .handler = &georadiusbymember},
    {.name = "georadiusbymember_ro",
     .arity = -5,
     .flags = kReadOnly,
     .categories = kGeoCommands,
     .keys = {{kKeyRead | kAccess, at(1), one()}},
     .group = Group::geo,
     .since = "3.2.10",
     .complexity = "O(N+log(M))",
     .summary = "Members within a distance of a member",
     .syntax = "key@0 member radius:double unit(M|KM|FT|MI) [WITHCOORD] [WITHDIST] "
               "[WITHHASH] [count{COUNT<count:int> [ANY]}] [order(ASC|DESC)]",
     .replaced_by = "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments",
     .deprecated_since = "6.2.0",
     .handler = &georadiusbymember_ro},
    {.name = "geosearch",
     .arity = -7,
     .flags = kReadOnly,
     .categories = kGeoCommands,
     .keys = {{kKeyRead | kAccess, at(1), one()}},
     .group = Group::geo,
     .since = "6.2.0",
     .complexity = "O(N+log(M))",
     .summary = "Members inside a circle or a box",
     .syntax = "key@0 from(FROMMEMBER<member>|FROMLONLAT<longitude_latitude{longitude:double "
               "latitude:double}>) by(circle{BYRADIUS<radius:double> "
               "unit(M|KM|FT|MI)}|box{BYBOX<width:double> height:double unit(M|KM|FT|MI)}) "
               "[order(ASC|DESC)] [count{COUNT<count:int> [ANY]}] [WITHCOORD] [WITHDIST] "
               "[WITHHASH]",
     .handler = &geosearch},
    {.name = "geosearchstore",
     .arity = -8,
     .flags = kWrite | kDenyOom,
     .categories = kGeoCommands,
     .keys = {{kKeyOverwrite | kUpdate, at(1), one()}, {kKeyRead | kAccess, at(2), one()}},
     .group = Group::geo,
     .since = "6.2.0",
     .complexity = "O(N+log(M))",
     .summary = "Stores the members inside a circle or a box",
     .syntax = "destination@0 source@1 "
               "from(FROMMEMBER<member>|FROMLONLAT<longitude_latitude{longitude:double "
               "latitude:double}>) by(circle{BYRADIUS<radius:double> "
               "unit(M|KM|FT|MI)}|box{BYBOX<width:double> height:double unit(M|KM|FT|MI)}) "
               "[order(ASC|DESC)] [count{COUNT<count:int> [ANY]}] [STOREDIST]",
     .handler = &geosearchstore},
};

}  // namespace

std::span<const Command> geo_rows() {
    return kGeoRows;
}

}  // namespace assay::redis::commands
