#include "internal/tidy/rules.hpp"

namespace assay::tidy {

std::span<const Rule> all_rules() {
    static constexpr Rule kRules[] = {
        {"package includes", check_package_includes},
        {"library includes", check_library_includes},
        {"own header first", check_own_header_first},
        {"columns", check_columns},
        {"file length", check_file_length},
        {"words", check_words},
        {"banners", check_banners},
        {"function length", check_function_length},
        {"co_await", check_co_await},
        {"close on exec", check_close_on_exec},
        {"top level", check_top_level},
        {"file names", check_file_names},
        {"type names", check_type_names},
        {"namespaces", check_namespaces},
        {"headers", check_headers},
        {"package contracts", check_package_contracts},
        {"sources are built", check_sources_are_built},
        {"testdata is used", check_testdata_is_used},
    };
    return kRules;
}

}  // namespace assay::tidy
