#include "internal/redis/text/glob.hpp"

#include <utility>

namespace assay::redis {
namespace {

char folded(char letter, Case letters) {
    const bool upper = letter >= 'A' && letter <= 'Z';
    return letters == Case::ignored && upper ? static_cast<char>(letter + ('a' - 'A')) : letter;
}

bool is_between(char low, char letter, char high) {
    auto first = static_cast<unsigned char>(low);
    auto last = static_cast<unsigned char>(high);
    if (first > last) std::swap(first, last);
    const auto code = static_cast<unsigned char>(letter);
    return first <= code && code <= last;
}

// Takes the class behind '[' off the pattern; without ']' it runs to the end.
bool take_class(std::string_view& pattern, char letter, Case letters) {
    const bool negated = pattern.starts_with('^');
    if (negated) pattern.remove_prefix(1);
    bool found = false;
    while (!pattern.empty() && pattern.front() != ']') {
        if (pattern.front() == '\\' && pattern.size() >= 2)
            pattern.remove_prefix(1);
        else if (pattern.size() >= 3 && pattern[1] == '-') {
            found |= is_between(folded(pattern[0], letters), folded(letter, letters),
                                folded(pattern[2], letters));
            pattern.remove_prefix(3);
            continue;
        }
        found |= folded(pattern.front(), letters) == folded(letter, letters);
        pattern.remove_prefix(1);
    }
    if (!pattern.empty()) pattern.remove_prefix(1);
    return found != negated;
}

// Takes what matches one letter (anything but a star) off the pattern.
bool take_one(std::string_view& pattern, char letter, Case letters) {
    const char first = pattern.front();
    pattern.remove_prefix(1);
    if (first == '?') return true;
    if (first == '[') return take_class(pattern, letter, letters);
    if (first != '\\' || pattern.empty()) return folded(first, letters) == folded(letter, letters);
    const char meant = pattern.front();
    pattern.remove_prefix(1);
    return folded(meant, letters) == folded(letter, letters);
}

}  // namespace

bool matches_glob(std::string_view pattern, std::string_view text, Case letters) {
    bool has_star = false;
    std::string_view after_star;  // what follows the last star…
    std::string_view retry;       // …and the text that has not been tried for it
    while (!text.empty()) {
        if (pattern.starts_with('*')) {
            pattern.remove_prefix(1);
            has_star = true;
            after_star = pattern;
            retry = text;
            continue;
        }
        if (!pattern.empty() && take_one(pattern, text.front(), letters)) {
            text.remove_prefix(1);
            continue;
        }
        if (!has_star) return false;
        retry.remove_prefix(1);
        text = retry;
        pattern = after_star;
    }
    return pattern.find_first_not_of('*') == std::string_view::npos;
}

}  // namespace assay::redis
