#include "pkg/flags/assign.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "pkg/flags/nearest.hpp"

namespace assay::flags {
namespace {

Result<void> check_choice(const Item& item, std::string_view text) {
    if (item.choices.empty() || std::ranges::count(item.choices, text) > 0) return {};
    return usage_error("unknown value " + in_quotes(text),
                       did_you_mean(text, item.choices, {}, "one of " + join(item.choices)));
}

std::vector<std::string> elements_of(const Item& item, std::span<const std::string> texts) {
    if (!item.commas) return {texts.begin(), texts.end()};
    std::vector<std::string> elements;
    for (std::string_view text : texts) {
        while (!text.empty()) {
            const std::size_t end = std::min(text.find(','), text.size());
            if (end > 0) elements.emplace_back(text.substr(0, end));
            text.remove_prefix(std::min(end + 1, text.size()));
        }
    }
    return elements;
}

Result<bool> parse_switch(std::string_view text) {
    std::string word(text);
    for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (word == "true" || word == "yes" || word == "1") return true;
    if (word == "false" || word == "no" || word == "0") return false;
    return usage_error("bad switch " + in_quotes(text), "write true or false");
}

Result<double> parse_number(std::string_view text) {
    double value = 0;
    const char* const text_end = text.data() + text.size();
    const auto [end, status] = std::from_chars(text.data(), text_end, value);
    if (status != std::errc{} || end != text_end || !std::isfinite(value)) {
        return usage_error("bad number " + in_quotes(text), "write it like 2 or 0.5");
    }
    return value;
}

Result<void> set(bool& target, std::string_view text) {
    ASSAY_TRY(target, parse_switch(text));
    return {};
}
Result<void> set(std::chrono::nanoseconds& target, std::string_view text) {
    ASSAY_TRY(target, units::parse_duration(text));
    return {};
}
Result<void> set(units::Bytes& target, std::string_view text) {
    ASSAY_TRY(target, units::parse_size(text));
    return {};
}
Result<void> set(units::Count& target, std::string_view text) {
    ASSAY_TRY(target, units::parse_count(text));
    return {};
}
Result<void> set(units::Rate& target, std::string_view text) {
    ASSAY_TRY(target, units::parse_rate(text));
    return {};
}
Result<void> set(double& target, std::string_view text) {
    ASSAY_TRY(target, parse_number(text));
    return {};
}
Result<void> set(std::string& target, std::string_view text) {
    target = text;
    return {};
}

template <class T>
Result<void> set(std::optional<T>& target, std::string_view text) {
    if (text == "none") {
        target.reset();
        return {};
    }
    return set(target.emplace(), text);
}

using units::spell;
std::string spell(bool value) {
    return value ? "true" : "false";
}
std::string spell(double value) {
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    return std::string(buffer.data(), end.ptr);
}

struct Speller {
    std::vector<std::string> operator()(const std::vector<std::string>* list) const {
        return *list;
    }
    std::vector<std::string> operator()(const std::string* text) const {
        if (text->empty()) return {};
        return {*text};
    }
    template <class T>
    std::vector<std::string> operator()(const std::optional<T>* value) const {
        if (!value->has_value()) return {};
        return (*this)(&**value);
    }
    template <class T>
    std::vector<std::string> operator()(const T* value) const {
        return {spell(*value)};
    }
};

// The text of a scalar as a flag would have it. Strings need quotes and switches must not have any:
// TOML has types.
std::optional<std::string> text_of(const Setting& setting, const TomlValue& value) {
    if (setting.is_switch()) {
        if (const auto* boolean = value.as<bool>()) return *boolean ? "true" : "false";
        return std::nullopt;
    }
    if (const auto* text = value.as<std::string>()) return *text;
    if (setting.is_list() || std::holds_alternative<std::string*>(setting.target))
        return std::nullopt;
    if (const auto* integer = value.as<std::int64_t>()) return std::to_string(*integer);
    if (const auto* number = value.as<double>()) return spell(*number);
    return std::nullopt;
}

std::string_view wanted_type(const Setting& setting) {
    if (setting.is_switch()) return "true or false";
    if (setting.is_list()) return "an array of strings";
    if (std::holds_alternative<std::optional<double>*>(setting.target)) return "a number";
    return "a string";
}

}  // namespace

std::vector<std::string> Setting::spelled() const {
    return std::visit(Speller{}, target);
}

Result<void> assign(const Setting& setting, std::span<const std::string> texts) {
    if (setting.is_list()) {
        std::vector<std::string> elements = elements_of(setting.item, texts);
        for (const std::string& element : elements) {
            ASSAY_CHECK(check_choice(setting.item, element));
        }
        *std::get<std::vector<std::string>*>(setting.target) = std::move(elements);
        return {};
    }
    for (const std::string& text : texts) {
        ASSAY_CHECK(check_choice(setting.item, text));
        ASSAY_CHECK(std::visit(
            [&text](auto* target) -> Result<void> {
                if constexpr (requires { set(*target, text); }) return set(*target, text);
                return {};
            },
            setting.target));
    }
    return {};
}

Result<void> assign(const Setting& setting, const TomlValue& value, const TomlDocument& document) {
    const auto wrong_type = [&](const TomlValue& found) {
        return document.error_at(found.position, "'" + std::string(setting.item.name) + "' wants " +
                                                     std::string(wanted_type(setting)) +
                                                     ", found " + std::string(type_name(found)));
    };
    std::vector<std::string> texts;
    const auto* array = setting.is_list() ? value.as<TomlArray>() : nullptr;
    const std::span<const TomlValue> values =
        array != nullptr ? std::span(array->elements) : std::span(&value, 1);
    for (const TomlValue& element : values) {
        auto text = text_of(setting, element);
        if (!text) return wrong_type(element);
        texts.push_back(std::move(*text));
        // One at a time, so that an error has the position of the element.
        if (auto set = assign(setting, std::span(&texts.back(), 1)); !set) {
            return document.error_at(element.position,
                                     std::string(setting.item.name) + ": " + set.error().message,
                                     set.error().remedy);
        }
    }
    return assign(setting, texts);
}

}  // namespace assay::flags
