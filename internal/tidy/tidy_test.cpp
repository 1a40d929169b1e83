// The project's own tree against the rules.
#include <catch2/catch.hpp>
#include <cstdio>

#include "internal/tidy/rules.hpp"

namespace assay::tidy {
namespace {

TEST_CASE("tidy: the tree is found", "[tidy]") {
    const SourceTree tree = read_tree(ASSAY_SOURCE_DIR);
    const auto has = [&](std::string_view path) {
        for (const SourceFile& file : tree.files) {
            if (file.path == path) return !file.lines.empty();
        }
        return false;
    };
    CHECK(has("CMakeLists.txt"));
    CHECK(has("pkg/result/result.hpp"));
    CHECK(has("internal/tidy/tidy_test.cpp"));
}

// Findings are printed by hand: Catch2 would wrap them, and file:line is for tools to jump to.
TEST_CASE("tidy: the tree keeps every rule", "[tidy]") {
    const SourceTree tree = read_tree(ASSAY_SOURCE_DIR);
    for (const Rule& rule : all_rules()) {
        const Findings findings = rule.check(tree);
        for (const Finding& finding : findings) {
            std::printf("%s:%zu: %s: %s\n", finding.path.c_str(), finding.line,
                        std::string(rule.name).c_str(), finding.why.c_str());
        }
        INFO(rule.name);
        CHECK(findings.empty());
    }
}

}  // namespace
}  // namespace assay::tidy
