#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <system_error>

#include "internal/judge/container/document.hpp"

namespace assay::judge {
namespace {

using flags::TomlArray;
using flags::TomlDocument;
using flags::TomlPosition;
using flags::TomlTable;
using flags::TomlValue;

// An alias can stand inside its own anchor, and a few of them can mean billions of values.
constexpr std::size_t kDeepest = 32;
constexpr std::size_t kMostValues = 100'000;

TomlPosition position_of(const YAML::Mark& mark) {
    if (mark.is_null()) return {1, 1};
    return {static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)};
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

// A plain scalar by the core schema of YAML 1.2.
decltype(TomlValue::data) plain_value(const std::string& text) {
    if (is_one_of(text, {"true", "True", "TRUE"})) return true;
    if (is_one_of(text, {"false", "False", "FALSE"})) return false;
    std::string_view digits = text;
    const bool is_hexadecimal = digits.starts_with("0x");
    if (is_hexadecimal) digits.remove_prefix(2);
    std::int64_t number = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, status] =
        std::from_chars(digits.data(), end, number, is_hexadecimal ? 16 : 10);
    if (status == std::errc{} && stop == end) return number;
    return text;
}

class Converter {
  public:
    explicit Converter(TomlDocument& document) : document_(document) {}

    Result<TomlValue> convert(const YAML::Node& node, std::size_t depth) {
        TomlValue value;
        value.position = position_of(node.Mark());
        if (depth > kDeepest || ++values_ > kMostValues) {
            return document_.error_at(value.position, "too deep or too many values");
        }
        if (node.IsMap()) {
            ASSAY_TRY(value.data, convert_map(node, depth));
        } else if (node.IsSequence()) {
            TomlArray array;
            for (const YAML::Node& element : node) {
                ASSAY_TRY(TomlValue converted, convert(element, depth + 1));
                array.elements.push_back(std::move(converted));
            }
            value.data = std::move(array);
        } else if (node.IsScalar()) {
            const bool is_plain = node.Tag() == "?";
            value.data = is_plain ? plain_value(node.Scalar()) : node.Scalar();
        } else {
            value.data = std::string();
        }
        return value;
    }

    Result<TomlTable> convert_map(const YAML::Node& node, std::size_t depth) {
        TomlTable table;
        for (const auto& member : node) {
            const TomlPosition at = position_of(member.first.Mark());
            if (!member.first.IsScalar()) return document_.error_at(at, "a key must be a word");
            const std::string& key = member.first.Scalar();
            if (table.find(key) != nullptr) {
                return document_.error_at(at, "key " + in_quotes(key) + " stands here twice");
            }
            if (member.second.IsNull()) continue;
            ASSAY_TRY(TomlValue value, convert(member.second, depth + 1));
            table.members.push_back({key, at, std::move(value)});
        }
        return table;
    }

  private:
    TomlDocument& document_;
    std::size_t values_ = 0;
};

Result<TomlDocument> parse(const std::string& text, TomlDocument document) {
    const YAML::Node root = YAML::Load(text);
    if (!root.IsDefined() || root.IsNull()) return document;
    if (!root.IsMap()) {
        return document.error_at(position_of(root.Mark()), "the document must be a table");
    }
    ASSAY_TRY(document.root, Converter(document).convert_map(root, 0));
    return document;
}

}  // namespace

Result<TomlDocument> parse_yaml(const std::string& text, std::string name) {
    TomlDocument document{std::move(name), {}};
    try {
        return parse(text, document);
    } catch (const YAML::Exception& error) {
        return document.error_at(position_of(error.mark), error.msg);
    } catch (const std::exception& error) {
        return document.error_at({1, 1}, error.what());
    }
}

}  // namespace assay::judge
