// The rules that the project's source keeps, each as a function from the tree to what breaks it.
//
// A rule is there because a reader profits: every finding carries the sentence that says how. The
// rules are data (all_rules), so that the tree's test and the tests of the rules themselves name
// them alike. To add one: write the function, list it in rules.cpp, feed it a broken source in
// rules_test.cpp.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "internal/tidy/source_tree.hpp"

namespace assay::tidy {

struct Finding {
    std::string path;
    std::size_t line = 0;  // from 1; 0 when the file as a whole is meant
    std::string why;
};

using Findings = std::vector<Finding>;

struct Rule {
    std::string_view name;
    Findings (*check)(const SourceTree&);
};

std::span<const Rule> all_rules();

// What may include what (include_rules.cpp).
Findings check_package_includes(const SourceTree& tree);
Findings check_library_includes(const SourceTree& tree);
Findings check_own_header_first(const SourceTree& tree);

// Lines and words (text_rules.cpp).
Findings check_columns(const SourceTree& tree);
Findings check_file_length(const SourceTree& tree);
Findings check_words(const SourceTree& tree);
Findings check_banners(const SourceTree& tree);

// Code inside functions (function_rules.cpp).
Findings check_function_length(const SourceTree& tree);
Findings check_co_await(const SourceTree& tree);
Findings check_close_on_exec(const SourceTree& tree);

// Where files stand and what they are called (layout_rules.cpp).
Findings check_top_level(const SourceTree& tree);
Findings check_file_names(const SourceTree& tree);
Findings check_type_names(const SourceTree& tree);
Findings check_namespaces(const SourceTree& tree);
Findings check_headers(const SourceTree& tree);
Findings check_package_contracts(const SourceTree& tree);
Findings check_sources_are_built(const SourceTree& tree);
Findings check_testdata_is_used(const SourceTree& tree);

}  // namespace assay::tidy
