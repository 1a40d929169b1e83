// A TOML document as plain values, each with the line and column it stands at.
//
// For every package that reads TOML: the settings file, system-call policies. toml++ does the
// parsing and stays in one source file, because its header costs seconds per translation unit and
// throws. The tree is a copy rather than a view, so a document owns nothing but strings and
// vectors.
//
// Tables keep the order of the file. Dates and times are refused: no setting has such a value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pkg/result/result.hpp"

namespace assay::flags {

// One-based; columns count code points.
struct TomlPosition {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    auto operator<=>(const TomlPosition&) const = default;
};

struct TomlValue;
struct TomlMember;

struct TomlArray {
    std::vector<TomlValue> elements;
};

struct TomlTable {
    std::vector<TomlMember> members;  // in the order of the file

    // The member's value, nullptr when there is none. Linear: tables are small.
    const TomlValue* find(std::string_view key) const;
};

struct TomlValue {
    std::variant<bool, std::int64_t, double, std::string, TomlArray, TomlTable> data;
    TomlPosition position;

    // nullptr when the value is of another type: `if (const auto* text = value.as<std::string>())`.
    template <class T>
    const T* as() const {
        return std::get_if<T>(&data);
    }
};

struct TomlMember {
    std::string key;
    TomlPosition key_position;
    TomlValue value;
};

struct TomlDocument {
    std::string name;  // for messages: the path of the file
    TomlTable root;

    // A usage error "NAME:LINE:COLUMN: message".
    Error error_at(TomlPosition position, std::string_view message, std::string remedy = {}) const;
};

// "a string", "an integer", "a table" …, for messages.
std::string_view type_name(const TomlValue& value);

// Parses the text of a document. Errors are usage errors "NAME:LINE:COLUMN: reason".
Result<TomlDocument> parse_toml(std::string_view text, std::string name);

// The same for a file of at most 1 MiB; a file that cannot be read is a system error.
Result<TomlDocument> read_toml(const std::string& path);

}  // namespace assay::flags
