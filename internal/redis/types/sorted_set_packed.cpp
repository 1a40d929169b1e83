#include "internal/redis/types/sorted_set_packed.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <vector>

namespace assay::redis::packed_pairs {
namespace {

struct ScoreText {
    char bytes[32];
};

// 2^62: up to there Redis writes whole scores as integers.
constexpr double kMaxIntegerScore = 4611686018427387904.0;

PackedElement packed_score(double score, ScoreText& text) {
    if (std::fabs(score) <= kMaxIntegerScore && score == std::trunc(score)) {
        return PackedElement(static_cast<std::int64_t>(score));
    }
    const auto [end, error] = std::to_chars(text.bytes, text.bytes + sizeof text.bytes, score);
    static_cast<void>(error);
    return PackedElement(std::string_view(text.bytes, static_cast<std::size_t>(end - text.bytes)));
}

bool parse_score(const PackedValue& value, double& score) {
    if (value.is_integer()) {
        score = static_cast<double>(value.integer());
        return true;
    }
    const std::string_view text = value.stored_text();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), score);
    return error == std::errc{} && end == text.data() + text.size() && !std::isnan(score);
}

bool comes_before(double score, std::string_view member, double other_score,
                  std::string_view other) {
    return score != other_score ? score < other_score : member < other;
}

}  // namespace

double score_at(const ListpackView& pairs, Position member) {
    double score = 0;
    parse_score(pairs.value(pairs.next(member)), score);
    return score;
}

Position find(const ListpackView& pairs, std::string_view member) {
    return pairs.find(member, 1);
}

void insert(Listpack& pairs, std::string_view member, double score) {
    Position at = pairs.first();
    for (; at != pairs.end_position(); at = next(pairs, at)) {
        const double other = score_at(pairs, at);
        if (other > score) break;
        if (other < score) continue;
        IntegerText buffer;
        if (pairs.value(at).text(buffer) > member) break;
    }
    ScoreText text;
    const Position inserted = pairs.insert(at, PackedElement(member));
    pairs.insert(pairs.next(inserted), packed_score(score, text));
}

bool is_sorted_set(const ListpackView& pairs) {
    if (pairs.count() % 2 != 0) return false;
    std::vector<std::string> members;
    double before_score = 0;
    for (Position at = pairs.first(); at != pairs.end_position(); at = next(pairs, at)) {
        double score = 0;
        if (!parse_score(pairs.value(pairs.next(at)), score)) return false;
        IntegerText buffer;
        const std::string_view member = pairs.value(at).text(buffer);
        if (!members.empty() && !comes_before(before_score, members.back(), score, member)) {
            return false;
        }
        members.emplace_back(member);
        before_score = score;
    }
    std::sort(members.begin(), members.end());
    return std::adjacent_find(members.begin(), members.end()) == members.end();
}

}  // namespace assay::redis::packed_pairs
