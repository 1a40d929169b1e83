// The one place where text becomes a value. Private to pkg/flags.
#pragma once

#include <span>
#include <string>

#include "pkg/flags/flags.hpp"
#include "pkg/flags/toml_document.hpp"

namespace assay::flags {

// Sets the target from the texts: a list takes all of them, anything else the last. Errors say what
// is wrong with the text, not where it stands.
Result<void> assign(const Setting& setting, std::span<const std::string> texts);

// The same from a value in a file; errors have the file's name, line and column.
Result<void> assign(const Setting& setting, const TomlValue& value, const TomlDocument& document);

}  // namespace assay::flags
