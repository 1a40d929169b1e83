#include "internal/redis/commands/geo.hpp"

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "internal/redis/commands/geo_words.hpp"
#include "internal/redis/commands/sorted_set_value.hpp"
#include "internal/redis/engine/engine.hpp"

namespace assay::redis::commands {
namespace {

bool parse_add_option(std::string_view word, AddOptions& options) {
    if (is_word(word, "NX")) return options.only_new = true;
    if (is_word(word, "XX")) return options.only_there = true;
    if (is_word(word, "CH")) return options.count_changes = true;
    return false;
}

}  // namespace

std::optional<geo::Place> parse_place(Call& call, std::string_view longitude,
                                      std::string_view latitude) {
    const auto x = call.real(longitude);
    if (!x) return std::nullopt;
    const auto y = call.real(latitude);
    if (!y) return std::nullopt;
    const geo::Place place{*x, *y};
    if (geo::is_valid(place)) return place;
    char pair[800];
    (void)std::snprintf(pair, sizeof(pair), "%f,%f", *x, *y);
    call.error("ERR invalid longitude,latitude pair " + std::string(pair));
    return std::nullopt;
}

std::optional<double> parse_unit(Call& call, std::string_view word) {
    if (is_word(word, "M")) return 1;
    if (is_word(word, "KM")) return 1000;
    if (is_word(word, "FT")) return 0.3048;
    if (is_word(word, "MI")) return 1609.34;
    call.error("ERR unsupported unit provided. please use M, KM, FT, MI");
    return std::nullopt;
}

void reply_distance(Call& call, double distance) {
    char text[400];
    const int size = std::snprintf(text, sizeof(text), "%.4f", distance);
    call.reply.bulk(std::string_view(text, static_cast<std::size_t>(size)));
}

void reply_place(Call& call, double score) {
    const geo::Place place = geo::place_of(score);
    call.reply.array(2);
    call.reply.human_real(static_cast<long double>(place.longitude));
    call.reply.human_real(static_cast<long double>(place.latitude));
}

void geoadd(Call& call) {
    AddOptions options;
    std::size_t at = 2;
    while (at < call.words.size() && parse_add_option(call.words[at], options)) ++at;
    const std::size_t left = call.words.size() - at;
    if (left == 0 || left % 3 != 0 || (options.only_new && options.only_there)) {
        return call.error(kSyntaxError);
    }
    std::vector<Scored> members;
    members.reserve(left / 3);
    for (; at < call.words.size(); at += 3) {
        const auto place = parse_place(call, call.words[at], call.words[at + 1]);
        if (!place) return;
        members.push_back({geo::score_of(*place), call.words[at + 2]});
    }
    add_scored(call, call.words[1], options, members);
}

void geodist(Call& call) {
    if (call.words.size() > 5) return call.error(kSyntaxError);
    const auto unit = call.words.size() == 5 ? parse_unit(call, call.words[4]) : std::optional(1.0);
    if (!unit) return;
    const auto held = find<SortedSet>(call, call.words[1], For::reading);
    if (held.wrong) return;
    const auto from = held ? held->score(call.words[2]) : std::nullopt;
    const auto to = held ? held->score(call.words[3]) : std::nullopt;
    if (!from || !to) return call.reply.null();
    reply_distance(call, geo::distance(geo::place_of(*from), geo::place_of(*to)) / *unit);
}

void geohash(Call& call) {
    const auto held = find<SortedSet>(call, call.words[1], For::reading);
    if (held.wrong) return;
    const Words members = call.words.subspan(2);
    call.reply.array(members.size());
    for (const std::string_view member : members) {
        const auto score = held ? held->score(member) : std::nullopt;
        if (score)
            call.reply.bulk(geo::geohash_text(*score));
        else
            call.reply.null();
    }
}

void geopos(Call& call) {
    const auto held = find<SortedSet>(call, call.words[1], For::reading);
    if (held.wrong) return;
    const Words members = call.words.subspan(2);
    call.reply.array(members.size());
    for (const std::string_view member : members) {
        const auto score = held ? held->score(member) : std::nullopt;
        if (score)
            reply_place(call, *score);
        else
            call.reply.null_array();
    }
}

}  // namespace assay::redis::commands
