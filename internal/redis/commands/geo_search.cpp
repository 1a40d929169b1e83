// Members within a circle or a box: GEOSEARCH and the GEORADIUS commands that it replaced.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "internal/redis/commands/geo.hpp"
#include "internal/redis/commands/geo_words.hpp"
#include "internal/redis/commands/sorted_set_value.hpp"
#include "internal/redis/engine/engine.hpp"

namespace assay::redis::commands {
namespace {

enum class Order : std::uint8_t { none, nearest, farthest };

// What a command has of its own.
struct Kind {
    bool searches = false;   // GEOSEARCH and GEOSEARCHSTORE: centre and shape are options
    bool by_member = false;  // GEORADIUSBYMEMBER and its twin
    bool may_store = false;  // STORE and STOREDIST are options, or the first word is the target
};

struct Query {
    std::optional<geo::Place> centre;
    bool has_centre = false;  // or would have, if there were a key
    std::optional<geo::Shape> shape;
    double unit = 1;
    std::int64_t count = 0;  // 0: all
    bool any = false;
    Order order = Order::none;
    bool with_distance = false;
    bool with_hash = false;
    bool with_place = false;
    std::optional<std::string_view> target;
    bool stores_distance = false;
};

struct Hit {
    std::string member;
    double score = 0;
    double metres = 0;
};

// One pass over the options; every function answers false when it has written the error.
class Parser {
  public:
    Parser(Call& call, const Held<SortedSet>& held, Kind kind, Query& query)
        : call_(call), held_(held), kind_(kind), query_(query) {}

    bool radius(std::string_view number, std::string_view unit) {
        const auto radius = call_.real(number, "ERR need numeric radius");
        if (!radius) return false;
        if (*radius < 0) return refuse("ERR radius cannot be negative");
        if (!read_unit(unit)) return false;
        query_.shape = geo::Shape{true, *radius * query_.unit, 0, 0};
        return true;
    }

    bool member(std::string_view member) {
        query_.has_centre = true;
        if (!held_) return true;
        const auto score = held_->score(member);
        if (!score) return refuse("ERR could not decode requested zset member");
        query_.centre = geo::place_of(*score);
        return true;
    }

    bool place(std::string_view longitude, std::string_view latitude) {
        query_.centre = parse_place(call_, longitude, latitude);
        query_.has_centre = query_.centre.has_value();
        return query_.has_centre;
    }

    bool options(Words words) {
        for (words_ = words; !words_.empty();) {
            if (flag()) {
                words_ = words_.subspan(1);
            } else if (!option()) {
                return false;
            }
        }
        return check();
    }

  private:
    bool refuse(std::string_view error) {
        call_.error(error);
        return false;
    }

    bool read_unit(std::string_view word) {
        const auto unit = parse_unit(call_, word);
        if (unit) query_.unit = *unit;
        return unit.has_value();
    }

    bool is(std::string_view upper) const { return is_word(words_[0], upper); }
    // Whether the next word is that, with so many behind it.
    bool is(std::string_view upper, std::size_t more) const {
        return words_.size() > more && is(upper);
    }

    bool flag() {
        if (is("WITHDIST")) return query_.with_distance = true;
        if (is("WITHHASH")) return query_.with_hash = true;
        if (is("WITHCOORD")) return query_.with_place = true;
        if (is("ANY")) return query_.any = true;
        if (is("ASC")) return query_.order = Order::nearest, true;
        if (is("DESC")) return query_.order = Order::farthest, true;
        if (kind_.searches && kind_.may_store && is("STOREDIST")) {
            return query_.stores_distance = true;
        }
        return false;
    }

    bool option() {
        if (is("COUNT", 1)) return count();
        if (kind_.searches) return search_option();
        const bool distance = is("STOREDIST");
        if (!kind_.may_store || !(is("STORE", 1) || is("STOREDIST", 1))) {
            return refuse(kSyntaxError);
        }
        query_.target = words_[1];
        query_.stores_distance = distance;
        words_ = words_.subspan(2);
        return true;
    }

    bool search_option() {
        const Words words = words_;
        const auto goes_on = [&](std::size_t used, bool fine) {
            words_ = words.subspan(used);
            return fine;
        };
        if (is("FROMMEMBER", 1) && !from_place_) {
            from_member_ = true;
            return goes_on(2, member(words[1]));
        }
        if (is("FROMLONLAT", 2) && !from_member_) {
            from_place_ = true;
            return goes_on(3, place(words[1], words[2]));
        }
        if (is("BYRADIUS", 2) && !by_box_) {
            by_radius_ = true;
            return goes_on(3, radius(words[1], words[2]));
        }
        if (is("BYBOX", 3) && !by_radius_) {
            by_box_ = true;
            return goes_on(4, box(words));
        }
        return refuse(kSyntaxError);
    }

    bool count() {
        const auto count = call_.integer(words_[1]);
        if (!count) return false;
        if (*count <= 0) return refuse("ERR COUNT must be > 0");
        query_.count = *count;
        words_ = words_.subspan(2);
        return true;
    }

    bool box(Words words) {
        const auto width = call_.real(words[1], "ERR need numeric width");
        if (!width) return false;
        const auto height = call_.real(words[2], "ERR need numeric height");
        if (!height) return false;
        if (*width < 0 || *height < 0) return refuse("ERR height or width cannot be negative");
        if (!read_unit(words[3])) return false;
        query_.shape = geo::Shape{false, 0, *width * query_.unit, *height * query_.unit};
        return true;
    }

    bool check() {
        const std::string name(call_.words[0]);
        if (query_.target && (query_.with_distance || query_.with_hash || query_.with_place)) {
            return refuse(std::string("ERR ") +
                          (kind_.searches ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS") +
                          " is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
        }
        if (kind_.searches && !query_.has_centre) {
            return refuse("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for " +
                          name);
        }
        if (kind_.searches && !query_.shape) {
            return refuse("ERR exactly one of BYRADIUS and BYBOX can be specified for " + name);
        }
        if (query_.any && query_.count == 0) {
            return refuse("ERR the ANY argument requires COUNT argument");
        }
        return true;
    }

    Call& call_;
    const Held<SortedSet>& held_;
    Kind kind_;
    Query& query_;
    Words words_;
    bool from_member_ = false;
    bool from_place_ = false;
    bool by_radius_ = false;
    bool by_box_ = false;
};

std::vector<Hit> hits_of(const SortedSet& set, const Query& query) {
    const auto enough = static_cast<std::size_t>(query.count);
    std::vector<Hit> hits;
    geo::search(set, *query.shape, *query.centre,
                [&](const PackedValue& member, double score, double metres) {
                    IntegerText room;
                    hits.push_back({std::string(member.text(room)), score, metres});
                    return !query.any || hits.size() < enough;
                });
    const bool sorts = query.order != Order::none || (query.count > 0 && !query.any);
    if (sorts) {
        const bool farthest = query.order == Order::farthest;
        std::stable_sort(hits.begin(), hits.end(), [&](const Hit& a, const Hit& b) {
            return farthest ? a.metres > b.metres : a.metres < b.metres;
        });
    }
    if (query.count > 0 && hits.size() > enough) hits.resize(enough);
    return hits;
}

void reply_hits(Call& call, const std::vector<Hit>& hits, const Query& query) {
    const std::size_t extras = std::size_t{query.with_distance} + std::size_t{query.with_hash} +
                               std::size_t{query.with_place};
    call.reply.array(hits.size());
    for (const Hit& hit : hits) {
        if (extras > 0) call.reply.array(1 + extras);
        call.reply.bulk(hit.member);
        if (query.with_distance) reply_distance(call, hit.metres / query.unit);
        if (query.with_hash) call.reply.integer(static_cast<std::int64_t>(hit.score));
        if (query.with_place) reply_place(call, hit.score);
    }
}

void store_hits(Call& call, const std::vector<Hit>& hits, const Query& query, bool searches) {
    SortedSet result;
    for (const Hit& hit : hits) {
        const double score = query.stores_distance ? hit.metres / query.unit : hit.score;
        result.set(hit.member, score, call.settings().limits);
    }
    store_result(call, *query.target, std::move(result),
                 searches ? "geosearchstore" : "georadiusstore");
}

// Centre and circle of the GEORADIUS commands; returns how many words they took, 0 after an error.
std::size_t parse_fixed(Call& call, Parser& parser, const Held<SortedSet>& held, Kind kind) {
    const Words words = call.words;
    if (!kind.by_member) {
        const bool fine = parser.place(words[2], words[3]) && parser.radius(words[4], words[5]);
        return fine ? 6 : 0;
    }
    if (!held) return 5;
    return parser.member(words[2]) && parser.radius(words[3], words[4]) ? 5 : 0;
}

void answer(Call& call, Kind kind) {
    const bool has_target = kind.searches && kind.may_store;
    const std::string_view key = call.words[has_target ? 2 : 1];
    const auto held = find<SortedSet>(call, key, For::reading);
    if (held.wrong) return;
    Query query;
    if (has_target) query.target = call.words[1];
    Parser parser(call, held, kind, query);
    std::size_t at = has_target ? 3 : 2;
    if (!kind.searches) at = parse_fixed(call, parser, held, kind);
    if (at == 0 || !parser.options(call.words.subspan(at))) return;
    if (!held && !query.target) return call.reply.array(0);
    const std::vector<Hit> hits = held ? hits_of(*held, query) : std::vector<Hit>();
    if (query.target) return store_hits(call, hits, query, kind.searches);
    reply_hits(call, hits, query);
}

}  // namespace

void geosearch(Call& call) {
    answer(call, {true, false, false});
}
void geosearchstore(Call& call) {
    answer(call, {true, false, true});
}
void georadius(Call& call) {
    answer(call, {false, false, true});
}
void georadius_ro(Call& call) {
    answer(call, {false, false, false});
}
void georadiusbymember(Call& call) {
    answer(call, {false, true, true});
}
void georadiusbymember_ro(Call& call) {
    answer(call, {false, true, false});
}

}  // namespace assay::redis::commands
