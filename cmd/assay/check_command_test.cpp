// `assay check` from outside.
#include <catch2/catch.hpp>
#include <string>

#include "internal/testing/process.hpp"

namespace assay::testing {
namespace {

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("check: prints a table and says whether run works", "[cmd][check]") {
    const Output output = run_assay({"check"});
    INFO(output.out << output.err);
    CHECK(output.err.empty());
    CHECK(output.out.starts_with("Linux "));
    for (const char* name :
         {"control groups", "user namespace", "pidfd", "perf, software events"}) {
        CHECK(contains(output.out, name));
    }
    CHECK_FALSE(contains(output.out, "\x1b["));
    const bool cannot = contains(output.out, "assay run cannot run anything on this host\n");
    CHECK(cannot != contains(output.out, "assay run works on this host"));
    CHECK(output.exit_code == (cannot ? 3 : 0));
}

TEST_CASE("check: colours when told to", "[cmd][check]") {
    const Output output = run_assay({"check", "--color", "always"});
    CHECK(contains(output.out, "\x1b["));
}

TEST_CASE("check: --json prints one object of schema assay-check/1", "[cmd][check]") {
    const Output output = run_assay({"check", "--json"});
    INFO(output.out << output.err);
    CHECK(output.err.empty());
    CHECK(output.out.starts_with("{\n  \"schema\": \"assay-check/1\",\n"));
    CHECK(output.out.ends_with("}\n"));
    CHECK(contains(output.out, "\"findings\": ["));
    CHECK(contains(output.out, "\"noise\": ["));
    const bool can_run = contains(output.out, "\"can_run\": true");
    CHECK(can_run != contains(output.out, "\"can_run\": false"));
    CHECK(output.exit_code == (can_run ? 0 : 3));
}

TEST_CASE("check: takes no words", "[cmd][check]") {
    const Output output = run_assay({"check", "everything"});
    CHECK(output.exit_code == 2);
    CHECK(output.out.empty());
    CHECK(contains(output.err, "everything"));
}

}  // namespace assay::testing
