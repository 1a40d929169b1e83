#include "internal/redis/types/geo.hpp"

#include <catch2/catch.hpp>
#include <cstdio>
#include <random>
#include <sstream>
#include <vector>

#include "internal/testing/redis_server.hpp"

namespace assay::redis::geo {
namespace {

constexpr Place kPalermo = {13.361389, 38.115556};
constexpr Place kCatania = {15.087269, 37.502669};

std::string text_of(const PackedValue& value) {
    IntegerText buffer;
    return std::string(value.text(buffer));
}

std::string exact(double number) {
    char text[40];
    std::snprintf(text, sizeof text, "%.17g", number);
    return text;
}

TEST_CASE("the places of the documentation have the documented scores, texts and distance") {
    CHECK(score_of(kPalermo) == 3479099956230698.0);
    CHECK(score_of(kCatania) == 3479447370796909.0);
    CHECK(geohash_text(score_of(kPalermo)) == "sqc8b49rny0");
    CHECK(geohash_text(score_of(kCatania)) == "sqdtr74hyu0");
    const double metres = distance(place_of(score_of(kPalermo)), place_of(score_of(kCatania)));
    CHECK(metres == Approx(166274.1516).epsilon(1e-9));
}

TEST_CASE("places beyond the projection are not valid") {
    CHECK(is_valid({180, 85.05112878}));
    CHECK(is_valid({-180, -85.05112878}));
    CHECK_FALSE(is_valid({180.1, 0}));
    CHECK_FALSE(is_valid({0, 85.06}));
}

TEST_CASE("a score that is no place gives some valid place") {
    for (const double score : {-1.0, -1e300, 1e300, 1e17, 0.5}) CHECK(is_valid(place_of(score)));
}

std::vector<std::string> found(const SortedSet& set, const Shape& shape, const Place& centre) {
    std::vector<std::string> members;
    search(set, shape, centre, [&](const PackedValue& member, double, double) {
        members.push_back(text_of(member));
        return true;
    });
    return members;
}

TEST_CASE("a search finds what lies within the shape, and nothing twice") {
    std::printf("geo model: seed 5\n");
    std::mt19937_64 random(5);
    const auto between = [&](double low, double high) {
        return std::uniform_real_distribution<double>(low, high)(random);
    };
    for (int round = 0; round < 40; ++round) {
        SortedSet set;
        std::vector<Place> places;
        for (int i = 0; i < 300; ++i) {
            const double score = score_of({between(-179, 179), between(-84, 84)});
            set.set("p" + std::to_string(i), score, {});
            places.push_back(place_of(score));
        }
        const Place centre = {between(-90, 90), between(-60, 60)};
        const Shape shape = {round % 2 == 0, between(1e5, 3e6), between(1e5, 4e6),
                             between(1e5, 4e6)};
        std::size_t expected = 0;
        for (const Place& place : places) expected += distance_within(shape, centre, place) ? 1 : 0;
        std::vector<std::string> members = found(set, shape, centre);
        CHECK(members.size() == expected);
        std::sort(members.begin(), members.end());
        CHECK(std::adjacent_find(members.begin(), members.end()) == members.end());
    }
}

TEST_CASE("scores, texts, distances and searches are those of redis-server") {
    auto server = testing::RedisServer::start();
    if (!server) return;
    std::mt19937_64 random(23);
    const auto between = [&](double low, double high) {
        return std::uniform_real_distribution<double>(low, high)(random);
    };
    SortedSet set;
    std::vector<double> scores;
    for (int i = 0; i < 400; ++i) {
        const bool is_extreme = i % 50 == 0;
        const Place place = {is_extreme ? 180 : between(-180, 180),
                             is_extreme ? -85.05112878 : between(-85, 85)};
        const std::string name = "p" + std::to_string(i);
        server->call({"GEOADD", "k", exact(place.longitude), exact(place.latitude), name});
        scores.push_back(score_of(place));
        set.set(name, scores.back(), {});
        REQUIRE(server->call({"GEOHASH", "k", name}) == geohash_text(scores.back()) + "\n");
        REQUIRE(std::stod(server->call({"ZSCORE", "k", name})) == scores.back());
    }
    for (std::size_t i = 0; i + 1 < scores.size(); ++i) {
        char metres[40];
        std::snprintf(metres, sizeof metres, "%.4f",
                      distance(place_of(scores[i]), place_of(scores[i + 1])));
        REQUIRE(server->call({"GEODIST", "k", "p" + std::to_string(i),
                              "p" + std::to_string(i + 1)}) == metres);
    }
    for (int i = 0; i < 300; ++i) {
        const Place centre = {between(-180, 180), between(-85, 85)};
        const double scale = i % 3 == 0 ? 2e7 : 3e6;
        const Shape shape = {i % 2 == 0, between(0, scale), between(0, scale), between(0, scale)};
        std::vector<std::string> command = {"GEOSEARCH", "k", "FROMLONLAT", exact(centre.longitude),
                                            exact(centre.latitude)};
        const std::vector<std::string> area =
            shape.is_circle
                ? std::vector<std::string>{"BYRADIUS", exact(shape.radius), "m"}
                : std::vector<std::string>{"BYBOX", exact(shape.width), exact(shape.height), "m"};
        command.insert(command.end(), area.begin(), area.end());
        std::istringstream lines(server->call(command));
        std::vector<std::string> expected;
        for (std::string line; std::getline(lines, line);) expected.push_back(line);
        INFO(exact(centre.longitude)
             << ' ' << exact(centre.latitude) << ' ' << area[0] << ' ' << area[1]);
        REQUIRE(found(set, shape, centre) == expected);
    }
}

}  // namespace
}  // namespace assay::redis::geo
