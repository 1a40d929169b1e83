#include "pkg/flags/nearest.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace assay::flags {
namespace {

// Longer names than any of ours: nothing is near them.
constexpr std::size_t kLongestName = 63;

// Optimal string alignment distance, in three rows.
std::size_t distance(std::string_view a, std::string_view b) {
    std::array<std::array<std::size_t, kLongestName + 1>, 3> rows{};
    for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        auto& row = rows[i % 3];
        const auto& above = rows[(i + 2) % 3];
        const auto& two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], two_above[j - 2] + 1);
            }
        }
    }
    return rows[a.size() % 3][b.size()];
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
    if (word.empty() || word.size() > kLongestName) return {};
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const std::string_view candidate : candidates) {
        if (candidate.size() > kLongestName) continue;
        const std::size_t found = distance(word, candidate);
        if (found >= best_distance || found >= candidate.size()) continue;
        best = candidate;
        best_distance = found;
    }
    if (!best.empty()) return best;
    constexpr std::size_t kShortestBeginning = 3;
    if (word.size() < kShortestBeginning) return {};
    for (const std::string_view candidate : candidates) {
        if (candidate.starts_with(word)) return candidate;
    }
    return {};
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates,
                         std::string_view prefix, std::string_view otherwise) {
    const std::string_view found = nearest(word, candidates);
    if (found.empty()) return std::string(otherwise);
    std::string text = "did you mean '";
    return text.append(prefix).append(found).append("'?");
}

std::string join(std::span<const std::string_view> words) {
    std::string text;
    for (const std::string_view word : words) text.append(text.empty() ? "" : ", ").append(word);
    return text;
}

}  // namespace assay::flags
