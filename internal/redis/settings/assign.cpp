#include "internal/redis/settings/assign.hpp"

#include <algorithm>
#include <cctype>

namespace assay::redis {
namespace {

struct EventLetter {
    char letter;
    EventKinds kind;
};
// In the order in which CONFIG GET prints them.
constexpr EventLetter kEventLetters[] = {
    {'g', kGenericEvents}, {'$', kStringEvents},    {'l', kListEvents},
    {'s', kSetEvents},     {'h', kHashEvents},      {'z', kSortedSetEvents},
    {'x', kExpiredEvents}, {'e', kEvictedEvents},   {'t', kStreamEvents},
    {'d', kModuleEvents},  {'K', kKeyspaceChannel}, {'E', kKeyeventChannel},
    {'m', kMissEvents},    {'n', kNewKeyEvents},
};

OutputLimit* limit_of_class(OutputLimits& limits, std::string_view name) {
    if (equals_ignoring_case(name, "normal")) return &limits.normal;
    if (equals_ignoring_case(name, "slave") || equals_ignoring_case(name, "replica")) {
        return &limits.replica;
    }
    return equals_ignoring_case(name, "pubsub") ? &limits.pubsub : nullptr;
}

std::string print_limit(std::string_view name, const OutputLimit& limit) {
    return std::string(name) + ' ' + std::to_string(limit.hard) + ' ' + std::to_string(limit.soft) +
           ' ' + std::to_string(limit.soft_seconds);
}

}  // namespace

bool equals_ignoring_case(std::string_view left, std::string_view right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) ==
               std::tolower(static_cast<unsigned char>(b));
    });
}

std::optional<std::int64_t> parse_integer(std::string_view text, int base) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

Complaint check_range(std::int64_t value, std::int64_t low, std::int64_t high) {
    if (low <= value && value <= high) return std::nullopt;
    return "argument must be between " + std::to_string(low) + " and " + std::to_string(high) +
           " inclusive";
}

std::optional<std::size_t> find_word(std::span<const std::string_view> words,
                                     std::string_view text) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (equals_ignoring_case(words[i], text)) return i;
    }
    return std::nullopt;
}

std::string complain_about_choice(std::span<const std::string_view> words) {
    std::string complaint = "argument(s) must be one of the following: ";
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) complaint += ", ";
        complaint += words[i];
    }
    return complaint;
}

std::vector<std::string_view> split_words(std::string_view text) {
    std::vector<std::string_view> words;
    while (true) {
        text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
        if (text.empty()) return words;
        const std::size_t length = std::min(text.find_first_of(" \t"), text.size());
        words.push_back(text.substr(0, length));
        text.remove_prefix(length);
    }
}

std::optional<std::uint64_t> parse_memory(std::string_view text) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto count = parse_integer(text.substr(0, digits));
    if (!count) return std::nullopt;
    struct Unit {
        std::string_view name;
        std::uint64_t bytes;
    };
    constexpr Unit kUnits[] = {
        {"", 1},          {"b", 1},          {"k", 1000},          {"kb", 1U << 10U},
        {"m", 1'000'000}, {"mb", 1U << 20U}, {"g", 1'000'000'000}, {"gb", 1U << 30U},
    };
    for (const Unit& unit : kUnits) {
        if (!equals_ignoring_case(unit.name, text.substr(digits))) continue;
        const auto value = static_cast<std::uint64_t>(*count);
        if (value > UINT64_MAX / unit.bytes) return std::nullopt;
        return value * unit.bytes;
    }
    return std::nullopt;
}

Complaint assign_bind(Settings& settings, std::string_view text) {
    const auto words = split_words(text);
    settings.bind.assign(words.begin(), words.end());
    return std::nullopt;
}

std::string print_bind(const Settings& settings) {
    std::string text;
    for (const std::string& address : settings.bind) {
        if (!text.empty()) text += ' ';
        text += address;
    }
    return text;
}

Complaint assign_output_limits(Settings& settings, std::string_view text) {
    const auto words = split_words(text);
    if (words.size() % 4 != 0) return "Wrong number of arguments in buffer limit configuration.";
    OutputLimits limits = settings.output_limits;
    for (std::size_t i = 0; i < words.size(); i += 4) {
        OutputLimit* limit = limit_of_class(limits, words[i]);
        if (limit == nullptr)
            return "Invalid client class specified in buffer limit configuration.";
        const auto hard = parse_memory(words[i + 1]);
        const auto soft = parse_memory(words[i + 2]);
        const auto seconds = parse_integer(words[i + 3]);
        if (!hard || !soft || !seconds || *seconds < 0) {
            return "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
        }
        *limit = {*hard, *soft, *seconds};
    }
    settings.output_limits = limits;
    return std::nullopt;
}

std::string print_output_limits(const Settings& settings) {
    return print_limit("normal", settings.output_limits.normal) + ' ' +
           print_limit("slave", settings.output_limits.replica) + ' ' +
           print_limit("pubsub", settings.output_limits.pubsub);
}

Complaint assign_event_kinds(Settings& settings, std::string_view text) {
    EventKinds kinds = 0;
    for (const char letter : text) {
        if (letter == 'A') {
            kinds |= kAllEvents;
            continue;
        }
        const auto* const found =
            std::find_if(std::begin(kEventLetters), std::end(kEventLetters),
                         [&](const EventLetter& known) { return known.letter == letter; });
        if (found == std::end(kEventLetters)) {
            return "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
        }
        kinds |= found->kind;
    }
    settings.notify_keyspace_events = kinds;
    return std::nullopt;
}

std::string print_event_kinds(const Settings& settings) {
    const EventKinds kinds = settings.notify_keyspace_events;
    const bool all = (kinds & kAllEvents) == kAllEvents;
    std::string text(all ? "A" : "");
    for (const EventLetter& known : kEventLetters) {
        if (all && (known.kind & kAllEvents) != 0) continue;
        if ((kinds & known.kind) != 0) text += known.letter;
    }
    return text;
}

Complaint assign_percentiles(Settings& settings, std::string_view text) {
    std::vector<double> percentiles;
    for (const std::string_view word : split_words(text)) {
        double value = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
        if (error != std::errc() || end != word.data() + word.size() || value < 0 || value > 100) {
            return "latency-tracking-info-percentiles should consist of numbers between 0 and 100";
        }
        percentiles.push_back(value);
    }
    settings.latency_tracking_percentiles = std::move(percentiles);
    return std::nullopt;
}

std::string print_percentiles(const Settings& settings) {
    std::string text;
    for (const double value : settings.latency_tracking_percentiles) {
        char digits[32];
        const auto end = std::to_chars(std::begin(digits), std::end(digits), value);
        if (!text.empty()) text += ' ';
        text.append(std::begin(digits), end.ptr);
    }
    return text;
}

}  // namespace assay::redis
