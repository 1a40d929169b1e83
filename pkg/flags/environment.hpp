// The layer of environment variables. Private to pkg/flags.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "pkg/flags/flags.hpp"

namespace assay::flags {

// A view into the environment.
struct Variable {
    std::string_view name;
    std::string_view value;
};

// Empty when it is not set.
std::string_view environment_value(const char* const* environment, std::string_view name);

// The non-empty variables that begin with ASSAY_; of two with one name the first, as getenv(3) has
// it.
std::vector<Variable> assay_variables(const char* const* environment);

// Sets what the variables name. Those with a command's prefix must be known; ASSAY_… at large need
// not: the prefix has other users.
Result<void> apply_variables(Settings& settings, std::span<const Variable> variables);

// Sets what the alias variables name; weaker than apply_variables().
Result<void> apply_aliases(Settings& settings, const char* const* environment);

}  // namespace assay::flags
