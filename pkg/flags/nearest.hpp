// The name somebody probably meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace assay::flags {

// The candidate that `word` is a misspelling or the beginning of; empty when none is close. A swap
// of neighbours, an insertion, a deletion and a replacement count one each; one in three letters
// may be wrong.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

// "did you mean 'WORD'?" with `prefix` before the word, or `otherwise` when nothing is close.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates,
                         std::string_view prefix = {}, std::string_view otherwise = {});

// "none, host".
std::string join(std::span<const std::string_view> words);

}  // namespace assay::flags
