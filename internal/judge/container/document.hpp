// YAML and TOML as one kind of document, and typed members of its tables. Private to the package.
//
// A YAML document becomes the plain values that pkg/flags has for TOML, so that one reader serves
// both. Plain scalars are booleans and integers where YAML 1.2 says so, else strings; null members
// are left out.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/flags/toml_document.hpp"
#include "pkg/result/result.hpp"

namespace assay::judge {

// At most 1 MiB. Errors are usage errors "NAME:LINE:COLUMN: reason".
Result<flags::TomlDocument> parse_yaml(const std::string& text, std::string name);

bool is_toml(std::string_view path);

// By the name's ending. A file that cannot be read is a system error.
Result<flags::TomlDocument> read_document(const std::string& path);

// The members of one table. A target is left alone when its member is not there.
class TableReader {
  public:
    // Unknown keys become notes where `notes` is given, else errors.
    TableReader(const flags::TomlDocument& document, std::vector<std::string>* notes)
        : document_(document), notes_(notes) {}

    Result<void> check_keys(const flags::TomlTable& table,
                            std::initializer_list<std::string_view> known) const;

    Result<void> read(const flags::TomlTable& table, std::string_view key,
                      std::string& target) const;
    Result<void> read(const flags::TomlTable& table, std::string_view key, bool& target) const;
    Result<void> read(const flags::TomlTable& table, std::string_view key,
                      std::uint32_t& target) const;
    Result<void> read(const flags::TomlTable& table, std::string_view key,
                      std::uint64_t& target) const;
    Result<void> read(const flags::TomlTable& table, std::string_view key,
                      std::vector<std::string>& target) const;

    // Calls `visit` with each table of an array.
    using Visit = std::function<Result<void>(const flags::TomlTable& table, flags::TomlPosition)>;
    Result<void> each(const flags::TomlTable& table, std::string_view key,
                      const Visit& visit) const;

    Error mistake(flags::TomlPosition at, std::string_view message, std::string remedy = {}) const {
        return document_.error_at(at, message, std::move(remedy));
    }

  private:
    template <class T>
    Result<const T*> typed(const flags::TomlTable& table, std::string_view key,
                           std::string_view wanted) const;
    Result<std::uint64_t> number(const flags::TomlValue& value, std::string_view key,
                                 std::uint64_t most) const;

    const flags::TomlDocument& document_;
    std::vector<std::string>* notes_;
};

}  // namespace assay::judge
