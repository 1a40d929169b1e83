// What the commands on places share: their words and their replies.
#pragma once

#include <optional>
#include <string_view>

#include "internal/redis/engine/call.hpp"
#include "internal/redis/types/geo.hpp"

namespace assay::redis::commands {

// Two words as a place, and a unit in metres; empty: the error has been written.
std::optional<geo::Place> parse_place(Call& call, std::string_view longitude,
                                      std::string_view latitude);
std::optional<double> parse_unit(Call& call, std::string_view word);

// With four decimals.
void reply_distance(Call& call, double distance);
// Longitude and latitude of a score.
void reply_place(Call& call, double score);

}  // namespace assay::redis::commands
