#include "internal/redis/types/geo.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace assay::redis::geo {
namespace {

constexpr int kMaxStep = 26;  // bits per axis of a score
constexpr double kEarthRadius = 6372797.560856;
constexpr double kMercatorMax = 20037726.37;  // half the length of the equator in that projection

struct Interval {
    double min;
    double max;
};

constexpr Interval kLongitudes = {-kMaxLongitude, kMaxLongitude};
constexpr Interval kLatitudes = {-kMaxLatitude, kMaxLatitude};
constexpr Interval kAllLatitudes = {-90, 90};

double radians(double degrees) {
    constexpr double kPerDegree = std::numbers::pi / 180;
    return degrees * kPerDegree;
}
double degrees(double radians) {
    constexpr double kPerDegree = std::numbers::pi / 180;
    return radians / kPerDegree;
}

// Spreads 32 bits to the even bits of 64, and back.
std::uint64_t spread(std::uint32_t bits) {
    std::uint64_t word = bits;
    word = (word | word << 16) & 0x0000FFFF0000FFFF;
    word = (word | word << 8) & 0x00FF00FF00FF00FF;
    word = (word | word << 4) & 0x0F0F0F0F0F0F0F0F;
    word = (word | word << 2) & 0x3333333333333333;
    return (word | word << 1) & 0x5555555555555555;
}
std::uint32_t gather(std::uint64_t word) {
    word &= 0x5555555555555555;
    word = (word | word >> 1) & 0x3333333333333333;
    word = (word | word >> 2) & 0x0F0F0F0F0F0F0F0F;
    word = (word | word >> 4) & 0x00FF00FF00FF00FF;
    word = (word | word >> 8) & 0x0000FFFF0000FFFF;
    return static_cast<std::uint32_t>(word | word >> 16);
}

// A cell of the grid of 2^step by 2^step.
struct Cell {
    std::uint32_t x;  // from the west
    std::uint32_t y;  // from the south
    int step;

    std::uint64_t bits() const { return spread(y) | spread(x) << 1; }
};

std::uint32_t cut(double value, Interval range, int step) {
    const double offset = (value - range.min) / (range.max - range.min);
    return static_cast<std::uint32_t>(offset * static_cast<double>(std::uint64_t{1} << step));
}

Cell cell_at(const Place& place, Interval latitudes, int step) {
    return {cut(place.longitude, kLongitudes, step), cut(place.latitude, latitudes, step), step};
}

Cell cell_of_bits(std::uint64_t bits, int step) {
    return {gather(bits >> 1), gather(bits), step};
}

Interval side(std::uint32_t index, Interval range, int step) {
    const double scale = range.max - range.min;
    const auto cells = static_cast<double>(std::uint64_t{1} << step);
    return {range.min + (index * 1.0 / cells) * scale,
            range.min + ((index + 1) * 1.0 / cells) * scale};
}

struct Area {
    Interval longitude;
    Interval latitude;
};

Area area_of(const Cell& cell) {
    return {side(cell.x, kLongitudes, cell.step), side(cell.y, kLatitudes, cell.step)};
}

Place middle_of(const Area& area) {
    const double longitude = (area.longitude.min + area.longitude.max) / 2;
    const double latitude = (area.latitude.min + area.latitude.max) / 2;
    return {std::clamp(longitude, -kMaxLongitude, kMaxLongitude),
            std::clamp(latitude, -kMaxLatitude, kMaxLatitude)};
}

// The index so many steps away, around the earth. Without a step it stays as it is, even beyond the
// grid: there lie the places whose longitude or latitude is the largest.
std::uint32_t step_aside(std::uint32_t index, int by, int step) {
    const auto mask = static_cast<std::uint32_t>((std::uint64_t{1} << step) - 1);
    return by == 0 ? index : (index + static_cast<std::uint32_t>(by)) & mask;
}

Cell neighbour(const Cell& cell, int east, int north) {
    return {step_aside(cell.x, east, cell.step), step_aside(cell.y, north, cell.step), cell.step};
}

double latitude_distance(double from, double to) {
    return kEarthRadius * std::fabs(radians(to) - radians(from));
}

struct Box {
    Interval longitude;
    Interval latitude;
};

// What surely contains the shape.
Box box_around(const Shape& shape, const Place& centre) {
    const double height = shape.is_circle ? shape.radius : shape.height / 2;
    const double width = shape.is_circle ? shape.radius : shape.width / 2;
    const double up = degrees(height / kEarthRadius);
    const double at_top = degrees(width / kEarthRadius / std::cos(radians(centre.latitude + up)));
    const double at_bottom =
        degrees(width / kEarthRadius / std::cos(radians(centre.latitude - up)));
    const double aside = centre.latitude < 0 ? at_bottom : at_top;
    return {{centre.longitude - aside, centre.longitude + aside},
            {centre.latitude - up, centre.latitude + up}};
}

// The finest grid of which nine cells cover a circle; Redis takes it coarser towards the poles.
int step_for(double radius, double latitude) {
    if (radius == 0) return kMaxStep;
    int step = 1;
    for (; radius < kMercatorMax; radius *= 2) ++step;
    step -= 2;
    if (std::fabs(latitude) > 66) --step;
    if (std::fabs(latitude) > 80) --step;
    return std::clamp(step, 1, kMaxStep);
}

// Whether the ring around the centre's cell ends inside the box on some side.
bool is_too_fine(const Cell& cell, const Box& box) {
    const Area north = area_of(neighbour(cell, 0, 1));
    const Area south = area_of(neighbour(cell, 0, -1));
    const Area east = area_of(neighbour(cell, 1, 0));
    const Area west = area_of(neighbour(cell, -1, 0));
    return north.latitude.max < box.latitude.max || south.latitude.min > box.latitude.min ||
           east.longitude.max < box.longitude.max || west.longitude.min > box.longitude.min;
}

ScoreRange scores_of(const Cell& cell) {
    const int shift = 2 * (kMaxStep - cell.step);
    const std::uint64_t bits = cell.bits();
    return {static_cast<double>(bits << shift), static_cast<double>((bits + 1) << shift), false,
            true};
}

}  // namespace

bool is_valid(const Place& place) {
    return std::fabs(place.longitude) <= kMaxLongitude && std::fabs(place.latitude) <= kMaxLatitude;
}

double score_of(const Place& place) {
    return static_cast<double>(cell_at(place, kLatitudes, kMaxStep).bits());
}

Place place_of(double score) {
    // Any sorted set may be asked; a score that is no cell gives some place.
    constexpr double kTooLarge = 9223372036854775808.0;
    const std::int64_t whole = std::fabs(score) < kTooLarge ? static_cast<std::int64_t>(score) : 0;
    const auto bits = static_cast<std::uint64_t>(whole);
    return middle_of(area_of(cell_of_bits(bits, kMaxStep)));
}

std::string geohash_text(double score) {
    static constexpr char kAlphabet[] = "0123456789bcdefghjkmnpqrstuvwxyz";
    constexpr int kLetters = 11;
    const std::uint64_t bits = cell_at(place_of(score), kAllLatitudes, kMaxStep).bits();
    std::string text;
    // 52 bits are ten letters and a bit; the last letter is always 0.
    for (int i = 0; i < kLetters - 1; ++i) text += kAlphabet[bits >> (52 - 5 * (i + 1)) & 31];
    return text + kAlphabet[0];
}

double distance(const Place& from, const Place& to) {
    const double v = std::sin((radians(to.longitude) - radians(from.longitude)) / 2);
    if (v == 0.0) return latitude_distance(from.latitude, to.latitude);
    const double from_latitude = radians(from.latitude);
    const double to_latitude = radians(to.latitude);
    const double u = std::sin((to_latitude - from_latitude) / 2);
    const double a = u * u + std::cos(from_latitude) * std::cos(to_latitude) * v * v;
    return 2.0 * kEarthRadius * std::asin(std::sqrt(a));
}

std::optional<double> distance_within(const Shape& shape, const Place& centre, const Place& place) {
    if (!shape.is_circle) {
        if (latitude_distance(place.latitude, centre.latitude) > shape.height / 2) {
            return std::nullopt;
        }
        const Place beside = {centre.longitude, place.latitude};
        if (distance(place, beside) > shape.width / 2) return std::nullopt;
        return distance(centre, place);
    }
    const double metres = distance(centre, place);
    if (metres > shape.radius) return std::nullopt;
    return metres;
}

Cells cells_of(const Shape& shape, const Place& centre) {
    const Box box = box_around(shape, centre);
    const double half_width = shape.width / 2;
    const double half_height = shape.height / 2;
    const double radius = shape.is_circle
                              ? shape.radius
                              : std::sqrt(half_width * half_width + half_height * half_height);
    int step = step_for(radius, centre.latitude);
    Cell cell = cell_at(centre, kLatitudes, step);
    if (step > 1 && is_too_fine(cell, box)) cell = cell_at(centre, kLatitudes, --step);

    const Area area = area_of(cell);
    const bool skips_south = step >= 2 && area.latitude.min < box.latitude.min;
    const bool skips_north = step >= 2 && area.latitude.max > box.latitude.max;
    const bool skips_west = step >= 2 && area.longitude.min < box.longitude.min;
    const bool skips_east = step >= 2 && area.longitude.max > box.longitude.max;
    static constexpr int kRing[9][2] = {{0, 0}, {0, 1},  {0, -1}, {1, 0},  {-1, 0},
                                        {1, 1}, {-1, 1}, {1, -1}, {-1, -1}};
    Cells cells;
    std::optional<std::uint64_t> last;
    for (const auto& [east, north] : kRing) {
        const bool skipped = (north < 0 && skips_south) || (north > 0 && skips_north) ||
                             (east < 0 && skips_west) || (east > 0 && skips_east);
        const Cell other = neighbour(cell, east, north);
        // In the coarsest grids neighbours coincide.
        if (skipped || last == other.bits()) continue;
        last = other.bits();
        cells.add(scores_of(other));
    }
    return cells;
}

}  // namespace assay::redis::geo
