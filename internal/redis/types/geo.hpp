// Places on the earth as scores of a sorted set, as Redis keeps them.
//
// A place is longitude and latitude, each cut into 26 bits and interleaved to a number of 52 bits,
// which a double holds exactly: near places mostly share a prefix, so a search looks through the
// intervals of nine cells around its centre and measures each member there. Formulas and constants
// are Redis' (Web Mercator's latitudes, haversine on a sphere of radius 6372797.560856 m, its
// choice of cell size), written so that the same doubles come out: texts and result sets must be
// equal.
//
// Degrees and metres throughout. Pure functions, any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "internal/redis/types/sorted_set.hpp"

namespace assay::redis::geo {

inline constexpr double kMaxLongitude = 180;
inline constexpr double kMaxLatitude = 85.05112878;

struct Place {
    double longitude = 0;
    double latitude = 0;
};

bool is_valid(const Place& place);

// The score of a valid place; the place in the middle of a score's cell.
double score_of(const Place& place);
Place place_of(double score);

// The eleven letters of geohash.org for a score (which know latitudes up to the poles).
std::string geohash_text(double score);

double distance(const Place& from, const Place& to);

// A circle, or a box that lies along the meridian.
struct Shape {
    bool is_circle = true;
    double radius = 0;
    double width = 0;
    double height = 0;
};

// The distance from the centre, if the place lies inside.
std::optional<double> distance_within(const Shape& shape, const Place& centre, const Place& place);

// The score intervals, [min, max), that hold every place of the shape, in the order in which Redis
// looks through them. Few, and none twice.
class Cells {
  public:
    const ScoreRange* begin() const { return ranges_.data(); }
    const ScoreRange* end() const { return ranges_.data() + size_; }
    void add(const ScoreRange& range) { ranges_[size_++] = range; }

  private:
    std::array<ScoreRange, 9> ranges_{};
    std::size_t size_ = 0;
};
Cells cells_of(const Shape& shape, const Place& centre);

// Visits the members of a set that lie within the shape, in the order of the cells:
// visit(PackedValue member, double score, double distance); false stops.
template <class Visit>
void search(const SortedSet& places, const Shape& shape, const Place& centre, Visit visit) {
    bool goes_on = true;
    for (const ScoreRange& cell : cells_of(shape, centre)) {
        if (!goes_on) return;
        places.for_each(places.ranks(cell), [&](const PackedValue& member, double score) {
            const auto metres = distance_within(shape, centre, place_of(score));
            if (metres) goes_on = visit(member, score, *metres);
            return goes_on;
        });
    }
}

}  // namespace assay::redis::geo
