// How the texts of settings become values and back, one pair of functions per kind of value.
//
// Each is a template over the member of Settings it is for, so that a row of the table is a
// constant and needs no object. Complaints are worded as Redis 7.0 words them.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "internal/redis/settings/settings.hpp"

namespace assay::redis {

using Complaint = std::optional<std::string>;

bool equals_ignoring_case(std::string_view left, std::string_view right);
std::optional<std::int64_t> parse_integer(std::string_view text, int base = 10);
Complaint check_range(std::int64_t value, std::int64_t low, std::int64_t high);
// The index of the word in `words`, in any case of letters.
std::optional<std::size_t> find_word(std::span<const std::string_view> words,
                                     std::string_view text);
std::string complain_about_choice(std::span<const std::string_view> words);
std::vector<std::string_view> split_words(std::string_view text);

// Reaches a member of Settings, or one of its Limits.
template <auto Member>
auto& value_of(Settings& settings) {
    if constexpr (requires { settings.*Member; })
        return settings.*Member;
    else
        return settings.limits.*Member;
}
template <auto Member>
const auto& value_of(const Settings& settings) {
    return value_of<Member>(const_cast<Settings&>(settings));  // NOLINT: the other way round
}

template <auto Member>
Complaint assign_yes_no(Settings& settings, std::string_view text) {
    const bool yes = equals_ignoring_case(text, "yes");
    if (!yes && !equals_ignoring_case(text, "no")) return "argument must be 'yes' or 'no'";
    value_of<Member>(settings) = yes;
    return std::nullopt;
}
template <auto Member>
std::string print_yes_no(const Settings& settings) {
    return value_of<Member>(settings) ? "yes" : "no";
}

template <auto Member, std::int64_t Low, std::int64_t High>
Complaint assign_number(Settings& settings, std::string_view text) {
    const auto value = parse_integer(text);
    if (!value) return "argument couldn't be parsed into an integer";
    if (auto complaint = check_range(*value, Low, High)) return complaint;
    auto& target = value_of<Member>(settings);
    target = static_cast<std::remove_reference_t<decltype(target)>>(*value);
    return std::nullopt;
}
template <auto Member, std::int64_t Low, std::int64_t High>
Complaint assign_memory(Settings& settings, std::string_view text) {
    const auto value = parse_memory(text);
    if (!value || *value > static_cast<std::uint64_t>(INT64_MAX)) {
        return "argument must be a memory value";
    }
    if (auto complaint = check_range(static_cast<std::int64_t>(*value), Low, High)) {
        return complaint;
    }
    auto& target = value_of<Member>(settings);
    target = static_cast<std::remove_reference_t<decltype(target)>>(*value);
    return std::nullopt;
}
template <auto Member>
std::string print_number(const Settings& settings) {
    return std::to_string(value_of<Member>(settings));
}

template <auto Member>
Complaint assign_octal(Settings& settings, std::string_view text) {
    const auto value = parse_integer(text, 8);
    if (!value) return "argument couldn't be parsed as an octal number";
    if (auto complaint = check_range(*value, 0, 0777)) return complaint;
    value_of<Member>(settings) = *value;
    return std::nullopt;
}
template <auto Member>
std::string print_octal(const Settings& settings) {
    char digits[24];
    const auto end =
        std::to_chars(std::begin(digits), std::end(digits), value_of<Member>(settings), 8);
    return std::string(std::begin(digits), end.ptr);
}

template <auto Member>
Complaint assign_text(Settings& settings, std::string_view text) {
    value_of<Member>(settings) = text;
    return std::nullopt;
}
template <auto Member>
std::string print_text(const Settings& settings) {
    return value_of<Member>(settings);
}

// `Words` are those of the enumerators, in their order.
template <auto Member, const auto& Words>
Complaint assign_choice(Settings& settings, std::string_view text) {
    const auto index = find_word(Words, text);
    if (!index) return complain_about_choice(Words);
    auto& target = value_of<Member>(settings);
    target = static_cast<std::remove_reference_t<decltype(target)>>(*index);
    return std::nullopt;
}
template <auto Member, const auto& Words>
std::string print_choice(const Settings& settings) {
    return std::string(Words[static_cast<std::size_t>(value_of<Member>(settings))]);
}

// Those with a syntax of their own.
Complaint assign_bind(Settings& settings, std::string_view text);
std::string print_bind(const Settings& settings);
Complaint assign_output_limits(Settings& settings, std::string_view text);
std::string print_output_limits(const Settings& settings);
Complaint assign_event_kinds(Settings& settings, std::string_view text);
std::string print_event_kinds(const Settings& settings);
Complaint assign_percentiles(Settings& settings, std::string_view text);
std::string print_percentiles(const Settings& settings);

}  // namespace assay::redis
