#include "internal/judge/container/document.hpp"

#include <algorithm>
#include <limits>

#include "pkg/flags/nearest.hpp"
#include "pkg/posix/files.hpp"

namespace assay::judge {
namespace {

using flags::TomlArray;
using flags::TomlDocument;
using flags::TomlMember;
using flags::TomlTable;
using flags::TomlValue;

constexpr std::size_t kMaxFileBytes = 1u << 20;

}  // namespace

bool is_toml(std::string_view path) {
    return path.ends_with(".toml");
}

Result<TomlDocument> read_document(const std::string& path) {
    if (is_toml(path)) return flags::read_toml(path);
    ASSAY_TRY(const std::string text, posix::read_file(path, kMaxFileBytes));
    return parse_yaml(text, path);
}

Result<void> TableReader::check_keys(const TomlTable& table,
                                     std::initializer_list<std::string_view> known) const {
    const std::vector<std::string_view> words(known);
    for (const TomlMember& member : table.members) {
        if (std::find(words.begin(), words.end(), member.key) != words.end()) continue;
        const Error error =
            mistake(member.key_position, "unknown key " + in_quotes(member.key),
                    flags::did_you_mean(member.key, words, {}, "one of " + flags::join(words)));
        if (notes_ == nullptr) return error;
        notes_->push_back(error.message + " is ignored");
    }
    return {};
}

template <class T>
Result<const T*> TableReader::typed(const TomlTable& table, std::string_view key,
                                    std::string_view wanted) const {
    const TomlValue* const value = table.find(key);
    if (value == nullptr) return nullptr;
    if (const T* const found = value->as<T>()) return found;
    return mistake(value->position, in_quotes(key) + " must be " + std::string(wanted) + ", not " +
                                        std::string(flags::type_name(*value)));
}

Result<void> TableReader::read(const TomlTable& table, std::string_view key,
                               std::string& target) const {
    // YAML's plain 1000 or true may well be meant as a name.
    if (const TomlValue* const value = table.find(key); value != nullptr && notes_ != nullptr) {
        if (const auto* integer = value->as<std::int64_t>()) {
            target = std::to_string(*integer);
            return {};
        }
    }
    ASSAY_TRY(const std::string* const text, typed<std::string>(table, key, "a string"));
    if (text == nullptr) return {};
    if (text->find('\0') != std::string::npos) {
        return mistake(table.find(key)->position, in_quotes(key) + " has a NUL in it");
    }
    target = *text;
    return {};
}

Result<void> TableReader::read(const TomlTable& table, std::string_view key, bool& target) const {
    ASSAY_TRY(const bool* const value, typed<bool>(table, key, "true or false"));
    if (value != nullptr) target = *value;
    return {};
}

Result<std::uint64_t> TableReader::number(const TomlValue& value, std::string_view key,
                                          std::uint64_t most) const {
    const auto* const number = value.as<std::int64_t>();
    if (number != nullptr && *number >= 0 && static_cast<std::uint64_t>(*number) <= most) {
        return static_cast<std::uint64_t>(*number);
    }
    return mistake(value.position,
                   in_quotes(key) + " must be a whole number from 0 to " + std::to_string(most));
}

Result<void> TableReader::read(const TomlTable& table, std::string_view key,
                               std::uint32_t& target) const {
    const TomlValue* const value = table.find(key);
    if (value == nullptr) return {};
    // The highest id, (uid_t)-1, means "no change" to the kernel.
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max() - 1;
    ASSAY_TRY(const std::uint64_t found, number(*value, key, kMost));
    target = static_cast<std::uint32_t>(found);
    return {};
}

Result<void> TableReader::read(const TomlTable& table, std::string_view key,
                               std::uint64_t& target) const {
    const TomlValue* const value = table.find(key);
    if (value == nullptr) return {};
    ASSAY_TRY(target, number(*value, key, std::numeric_limits<std::int64_t>::max()));
    return {};
}

Result<void> TableReader::read(const TomlTable& table, std::string_view key,
                               std::vector<std::string>& target) const {
    ASSAY_TRY(const TomlArray* const array, typed<TomlArray>(table, key, "a list of strings"));
    if (array == nullptr) return {};
    std::vector<std::string> texts;
    for (const TomlValue& element : array->elements) {
        const auto* const text = element.as<std::string>();
        if (text == nullptr) {
            return mistake(element.position, in_quotes(key) + " must be a list of strings");
        }
        texts.push_back(*text);
    }
    target = std::move(texts);
    return {};
}

Result<void> TableReader::each(const TomlTable& table, std::string_view key,
                               const Visit& visit) const {
    ASSAY_TRY(const TomlArray* const array, typed<TomlArray>(table, key, "a list of tables"));
    if (array == nullptr) return {};
    for (const TomlValue& element : array->elements) {
        const auto* const inner = element.as<TomlTable>();
        if (inner == nullptr) {
            return mistake(element.position, in_quotes(key) + " must be a list of tables");
        }
        ASSAY_CHECK(visit(*inner, element.position));
    }
    return {};
}

}  // namespace assay::judge
