// The layer of the settings file. Private to pkg/flags.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "pkg/flags/flags.hpp"
#include "pkg/flags/toml_document.hpp"

namespace assay::flags {

// The chosen file, which must be there, or the first of the default places that is. Errors are
// usage errors.
Result<std::optional<TomlDocument>> read_config(const std::string& chosen,
                                                const char* const* environment);

// Whose settings a document may set.
struct FileTargets {
    Settings* global = nullptr;  // null: its keys are known, but left alone
    std::span<Settings* const> commands;
    std::span<const std::string_view> known_keys;  // before the first table
    std::span<const std::string_view>
        known_tables;  // accepted unread when their command is not in `commands`
};

// Sets what the document names. Errors have FILE:LINE:COLUMN.
Result<void> apply_file(const FileTargets& targets, const TomlDocument& document);

}  // namespace assay::flags
