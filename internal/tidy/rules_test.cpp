// Each rule is fed a made-up source that breaks it and one that does not: a check that cannot fail
// is worth nothing.
#include "internal/tidy/rules.hpp"

#include <catch2/catch.hpp>
#include <initializer_list>
#include <utility>

namespace assay::tidy {
namespace {

using Check = Findings (*)(const SourceTree&);

SourceTree tree_of(std::initializer_list<std::pair<const char*, std::string>> files) {
    SourceTree tree;
    for (const auto& [path, text] : files) tree.files.push_back(make_file(path, text));
    return tree;
}

// How many findings a tree of one file has.
std::size_t count(Check check, const char* path, const std::string& text) {
    return check(tree_of({{path, text}})).size();
}

std::string lines_of(std::size_t count, const std::string& line) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += line + "\n";
    return text;
}

TEST_CASE("tidy: code, comments and literals are told apart", "[tidy]") {
    const SourceFile file = make_file("pkg/a/a.cpp",
                                      "int a = 1'000; // TODO \"x\"\n"
                                      "/* one\ntwo */ char q = '\"'; auto s = \"//{\\\"\";\n"
                                      "auto r = R\"x(}\n)x\"; f();\n");
    REQUIRE(file.code.size() == 5);
    CHECK(file.code[0] == "int a = 1'000;            ");
    CHECK(file.comments[0] == "               // TODO \"x\"");
    CHECK(file.code[1] == "      ");
    CHECK(file.comments[2].starts_with("two */ "));
    CHECK(file.code[2] == "       char q = ' '; auto s = \"     \";");
    CHECK(file.code[3] == "auto r =      ");
    CHECK(file.code[4] == "   ; f();");
}

TEST_CASE("tidy: a file that is not C++ is all code and all comment", "[tidy]") {
    const SourceFile file = make_file("internal/dev/try", "echo \"x\" # y\n");
    CHECK(file.code == file.lines);
    CHECK(file.comments == file.lines);
}

TEST_CASE("tidy: words are whole words", "[tidy]") {
    CHECK(find_word("a detached b", "detached") == 2);
    CHECK(find_word("undetached", "detached") == std::string::npos);
    CHECK(find_word("detached_", "detached") == std::string::npos);
    CHECK(find_word("x.sleep(1)", "sleep(") == 2);
    CHECK(find_word("usleep(1)", "sleep(") == std::string::npos);
    CHECK(find_word("xdetached detached", "detached") == 10);
}

TEST_CASE("tidy: packages are the first two steps of a path", "[tidy]") {
    CHECK(package_of("pkg/units/units.hpp") == "pkg/units");
    CHECK(package_of("internal/redis/types/list.cpp") == "internal/redis");
    CHECK(package_of("pkg/CMakeLists.txt").empty());
    CHECK(package_of("testdata/try/x.cpp").empty());
}

TEST_CASE("tidy: cmd uses internal uses pkg, and never the other way", "[tidy]") {
    const Check check = check_package_includes;
    CHECK(count(check, "cmd/assay/main.cpp", "#include \"internal/app/app.hpp\"\n") == 0);
    CHECK(count(check, "internal/app/app.cpp", "#include \"pkg/units/units.hpp\"\n") == 0);
    CHECK(count(check, "internal/app/app.cpp", "#include \"cmd/assay/run.hpp\"\n") == 1);
    CHECK(count(check, "pkg/units/units.cpp", "#include \"internal/app/app.hpp\"\n") == 1);
    CHECK(count(check, "pkg/units/units.cpp", "#include \"cmd/assay/run.hpp\"\n") == 1);
    CHECK(count(check, "cmd/libassay/a.cpp", "#include \"cmd/assay/run.hpp\"\n") == 1);
}

TEST_CASE("tidy: packages of pkg stand in a line", "[tidy]") {
    const Check check = check_package_includes;
    CHECK(count(check, "pkg/units/a.cpp", "#include \"pkg/result/result.hpp\"\n") == 0);
    CHECK(count(check, "pkg/units/a.cpp", "#include \"pkg/units/units.hpp\"\n") == 0);
    CHECK(count(check, "pkg/result/a.cpp", "#include \"pkg/units/units.hpp\"\n") == 1);
    CHECK(count(check, "pkg/newcomer/a.cpp", "#include \"pkg/units/units.hpp\"\n") == 1);
}

TEST_CASE("tidy: internal packages use one another by the table only", "[tidy]") {
    const Check check = check_package_includes;
    CHECK(count(check, "internal/runner/a.cpp", "#include \"internal/report/json.hpp\"\n") == 0);
    CHECK(count(check, "internal/report/a.cpp", "#include \"internal/runner/job.hpp\"\n") == 1);
    CHECK(count(check, "internal/redis/a.cpp", "#include \"internal/judge/a.hpp\"\n") == 1);
    CHECK(count(check, "internal/app/a.cpp", "#include \"internal/testing/a.hpp\"\n") == 1);
    CHECK(count(check, "internal/app/a_test.cpp", "#include \"internal/testing/a.hpp\"\n") == 0);
}

TEST_CASE("tidy: project headers are named from the root", "[tidy]") {
    CHECK(count(check_package_includes, "pkg/units/a.cpp", "#include \"units.hpp\"\n") == 1);
    CHECK(count(check_package_includes, "pkg/units/a.cpp", "// #include \"units.hpp\"\n") == 0);
}

TEST_CASE("tidy: a finding names its line", "[tidy]") {
    const Findings findings = check_package_includes(
        tree_of({{"pkg/result/a.cpp", "\n#include <string>\n#include \"pkg/units/units.hpp\"\n"}}));
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].path == "pkg/result/a.cpp");
    CHECK(findings[0].line == 3);
    CHECK(findings[0].why.find("pkg/units comes after pkg/result") == 0);
}

TEST_CASE("tidy: libraries stay in their package", "[tidy]") {
    const Check check = check_library_includes;
    CHECK(count(check, "pkg/flags/a.cpp", "#include <CLI/CLI.hpp>\n") == 0);
    CHECK(count(check, "pkg/flags/a.hpp", "#include <CLI/CLI.hpp>\n") == 1);
    CHECK(count(check, "internal/app/a.cpp", "#include <CLI/CLI.hpp>\n") == 1);
    CHECK(count(check, "internal/runner/a.cpp", "#include <toml++/toml.h>\n") == 1);
    CHECK(count(check, "pkg/cgroup/a.cpp", "#include <libcgroup.h>\n") == 0);
    CHECK(count(check, "pkg/sandbox/a.cpp", "#include <libcgroup.h>\n") == 1);
    CHECK(count(check, "pkg/sandbox/a.cpp", "#include <seccomp.h>\n") == 0);
    CHECK(count(check, "internal/runner/a.cpp", "#include <seccomp.h>\n") == 1);
    CHECK(count(check, "internal/judge/model/json.cpp", "#include <boost/json.hpp>\n") == 0);
    CHECK(count(check, "internal/judge/model/json.hpp", "#include <boost/json/value.hpp>\n") == 1);
    CHECK(count(check, "internal/runner/a.cpp", "#include <boost/json.hpp>\n") == 1);
    CHECK(count(check, "pkg/result/result.hpp", "#include <boost/system/result.hpp>\n") == 0);
    CHECK(count(check, "pkg/units/units.hpp", "#include <boost/system/result.hpp>\n") == 1);
}

TEST_CASE("tidy: a library that is in no list needs a decision", "[tidy]") {
    const Check check = check_library_includes;
    CHECK(count(check, "pkg/units/a.cpp", "#include <fmt/format.h>\n") == 1);
    CHECK(count(check, "pkg/units/a.cpp", "#include <boost/regex.hpp>\n") == 1);
    CHECK(count(check, "pkg/units/a.cpp", "#include <zlib.h>\n") == 1);
    CHECK(count(check, "pkg/units/a.cpp", "#include <vector>\n#include <sys/wait.h>\n") == 0);
    CHECK(count(check, "pkg/units/a.cpp", "#include <unistd.h>\n#include <linux/bpf.h>\n") == 0);
}

TEST_CASE("tidy: the product does not see Catch2", "[tidy]") {
    CHECK(count(check_library_includes, "pkg/a/a.cpp", "#include <catch2/catch.hpp>\n") == 1);
    CHECK(count(check_library_includes, "pkg/a/a_test.cpp", "#include <catch2/catch.hpp>\n") == 0);
}

TEST_CASE("tidy: a source includes its own header first", "[tidy]") {
    const auto findings = [](const std::string& source) {
        return check_own_header_first(
                   tree_of({{"pkg/a/a.cpp", source}, {"pkg/a/a.hpp", "#pragma once\n"}}))
            .size();
    };
    CHECK(findings("#include \"pkg/a/a.hpp\"\n#include <string>\n") == 0);
    CHECK(findings("#include <string>\n#include \"pkg/a/a.hpp\"\n") == 1);
    CHECK(findings("int a;\n") == 1);
    CHECK(count(check_own_header_first, "pkg/a/b.cpp", "#include <string>\n") == 0);
}

TEST_CASE("tidy: lines have at most 100 columns, counted in characters", "[tidy]") {
    CHECK(count(check_columns, "pkg/a/a.cpp", std::string(100, 'x') + "\n") == 0);
    CHECK(count(check_columns, "pkg/a/a.cpp", std::string(101, 'x') + "\n") == 1);
    CHECK(count(check_columns, "pkg/a/a.cpp", "// \u2264" + std::string(96, 'x') + "\n") == 0);
    CHECK(count(check_columns, "internal/dev/try", std::string(101, 'x') + "\n") == 1);
    CHECK(count(check_columns, "README.md", std::string(101, 'x') + "\n") == 0);
}

TEST_CASE("tidy: files have at most 800 lines, main.cpp 60", "[tidy]") {
    CHECK(count(check_file_length, "pkg/a/a.cpp", lines_of(800, "int a;")) == 0);
    CHECK(count(check_file_length, "pkg/a/a.cpp", lines_of(801, "int a;")) == 1);
    CHECK(count(check_file_length, "cmd/assay/main.cpp", lines_of(60, "int a;")) == 0);
    CHECK(count(check_file_length, "cmd/assay/main.cpp", lines_of(61, "int a;")) == 1);
}

TEST_CASE("tidy: banned words are found in code only", "[tidy]") {
    const Check check = check_words;
    CHECK(count(check, "pkg/a/a.cpp", "using namespace std;\n") == 1);
    CHECK(count(check, "pkg/a/a.cpp", "// using namespace std\nauto s = \"detached\";\n") == 0);
    CHECK(count(check, "pkg/a/a.cpp", "co_spawn(loop, f(), detached);\n") == 1);
    CHECK(count(check, "pkg/a/a.cpp", "#include <iostream>\n") == 1);
    CHECK(count(check, "pkg/a/a.cpp", "std::cerr << 1;\n") == 1);
    CHECK(count(check, "pkg/a/a_test.cpp", "std::cout << \"skipped: no cgroup\";\n") == 0);
    CHECK(count(check, "internal/runner/a.cpp", "throw 1;\n") == 1);
    CHECK(count(check, "pkg/flags/a.cpp", "throw CLI::ValidationError(why);\n") == 0);
    CHECK(count(check, "pkg/a/a_test.cpp", "std::this_thread::sleep_for(1s);\n") == 1);
    CHECK(count(check, "pkg/a/a_test.cpp", "::sleep(1);\n") == 1);
}

TEST_CASE("tidy: debts are found in comments only", "[tidy]") {
    CHECK(count(check_words, "pkg/a/a.cpp", "// TODO: all\n") == 1);
    CHECK(count(check_words, "pkg/a/a.cpp", "int a; /* FIXME */\n") == 1);
    CHECK(count(check_words, "pkg/a/a.cpp", "auto s = \"/tmp/XXXXXX\"; // XXXXXX of mkstemp\n") ==
          0);
    CHECK(count(check_words, "internal/dev/try", "true # TODO: all\n") == 1);
}

TEST_CASE("tidy: banners are found", "[tidy]") {
    CHECK(count(check_banners, "pkg/a/a.cpp", "// ------ parsing ------\n") == 1);
    CHECK(count(check_banners, "pkg/a/a.cpp", "//////////////\n") == 1);
    CHECK(count(check_banners, "pkg/a/a.cpp", "auto s = \"------\"; // a -- b\n") == 0);
}

TEST_CASE("tidy: functions have at most 70 lines", "[tidy]") {
    const Check check = check_function_length;
    const auto function = [](const std::string& head, std::size_t body) {
        return head + " {\n" + lines_of(body, "    if (a) { b(); }") + "}\n";
    };
    CHECK(count(check, "pkg/a/a.cpp", function("int f()", 68)) == 0);
    CHECK(count(check, "pkg/a/a.cpp", function("int f()", 69)) == 1);
    for (const char* head : {
             "int f(int a,\n      Options o = {})",
             "A::A(int a) : a_{a}, b_(1)",
             "A::A(int a)\n    : a_(a),\n      b_{1}",
             "auto f() const noexcept -> std::vector<int>",
             "bool operator()(int) const override",
             "TEST_CASE(\"x\", \"[y]\")",
             "namespace a { class B { void f() &&",
             "template <class T> requires Small<T> void f(T)",
             "const auto f = [](int x)",
             "extern \"C\" int f(void* p)",
         }) {
        INFO(head);
        CHECK(count(check, "pkg/a/a.cpp", function(head, 80)) == 1);
    }
}

TEST_CASE("tidy: what is long without being a function is no long function", "[tidy]") {
    const Check check = check_function_length;
    const std::string call = "    {\"x\", f(1)},";
    for (const std::string& text : {
             "constexpr Rule kRules[] = {\n" + lines_of(100, call) + "};\n",
             "const std::vector<Rule> kRules{\n" + lines_of(100, call) + "};\n",
             "namespace a {\n" + lines_of(100, "int f() { return 1; }") + "}\n",
             "class A final : public B<int (*)()> {\n" + lines_of(100, "  int f();") + "};\n",
             "struct alignas(64) A {\n" + lines_of(100, "  int f() { return 1; }") + "};\n",
             "#define F(x) {\\\n" + lines_of(100, "  x; \\") + "\n",
         }) {
        INFO(text.substr(0, 40));
        CHECK(count(check, "pkg/a/a.cpp", text) == 0);
    }
}

TEST_CASE("tidy: a long function is found between others and at its line", "[tidy]") {
    const Findings findings = check_function_length(tree_of(
        {{"pkg/a/a.cpp", "namespace a {\nint kA[] = {1, 2};\nint f() { return 1; }\n\nint g() {\n" +
                             lines_of(70, "  h();") + "}\nint i() { return 1; }\n}\n"}}));
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].line == 5);
    CHECK(findings[0].why.find("72 lines") != std::string::npos);
}

TEST_CASE("tidy: no braces and no captures inside a co_await expression", "[tidy]") {
    const Check check = check_co_await;
    CHECK(count(check, "pkg/a/a.cpp", "co_await f(Options{p});\n") == 1);
    CHECK(count(check, "pkg/a/a.cpp", "co_await f(\n    [p] { g(); });\n") == 1);
    CHECK(count(check, "pkg/a/a.cpp", "auto [a, b] = co_await f(p);\n") == 0);
    CHECK(count(check, "pkg/a/a.cpp", "if (co_await f(p)) {\n") == 0);
    CHECK(count(check, "pkg/a/a.cpp", "co_await f(p); g({1});\n") == 0);
    CHECK(count(check, "pkg/a/a.cpp", "// co_await f({p});\n") == 0);
}

TEST_CASE("tidy: descriptors close on exec", "[tidy]") {
    const Check check = check_close_on_exec;
    CHECK(count(check, "pkg/a/a.cpp", "int f = ::open(p, O_RDONLY);\n") == 1);
    CHECK(count(check, "pkg/a/a.cpp", "int f = ::open(p,\n    O_RDONLY | O_CLOEXEC);\n") == 0);
    CHECK(count(check, "pkg/a/a.cpp", "::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends);\n") == 1);
    CHECK(count(check, "pkg/a/a.cpp", "::dup(1);\n") == 1);
    CHECK(count(check, "pkg/a/a.cpp", "::dup2(a, 1);\n") == 0);
    const std::string by_name = "::open(p, kFlags);\n";
    CHECK(count(check, "pkg/a/a.cpp", "const int kFlags = O_CLOEXEC;\n" + by_name) == 0);
    CHECK(count(check, "pkg/a/a.cpp", "const int kFlags = O_RDONLY;\n" + by_name) == 1);
    CHECK(count(check, "pkg/a/a.cpp", "::open(p, O_RDONLY);  // inherited: NOLINT(x)\n") == 0);
    CHECK(count(check, "pkg/a/a.cpp", "report::Destination::open(path);\n") == 0);
    CHECK(count(check, "pkg/a/a.cpp", "const UniqueFd fd(::open(p, O_RDONLY));\n") == 1);
    CHECK(count(check, "pkg/a/a_test.cpp", "::open(p, O_RDONLY);\n") == 0);
}

TEST_CASE("tidy: the top level is closed", "[tidy]") {
    CHECK(count(check_top_level, "README.md", "") == 0);
    CHECK(count(check_top_level, ".ci/run", "") == 0);
    CHECK(count(check_top_level, "docs/a.md", "") == 1);
    CHECK(count(check_top_level, "Makefile", "") == 1);
}

TEST_CASE("tidy: names are snake_case and say something", "[tidy]") {
    CHECK(count(check_file_names, "pkg/units/units.cpp", "") == 0);
    CHECK(count(check_file_names, "pkg/database/debase.cpp", "") == 0);
    CHECK(count(check_file_names, "pkg/units/Units.cpp", "") == 1);
    CHECK(count(check_file_names, "pkg/units/unit-test.cpp", "") == 1);
    CHECK(count(check_file_names, "pkg/util/units.cpp", "") == 1);
    CHECK(count(check_file_names, "pkg/units/string_utils.cpp", "") == 1);
    CHECK(count(check_type_names, "pkg/a/a.hpp", "class SlotManager final {\n") == 1);
    CHECK(count(check_type_names, "pkg/a/a.hpp", "struct StringUtils;\n") == 1);
    CHECK(count(check_type_names, "pkg/a/a.hpp", "class Slot : public Manager {\n") == 0);
}

TEST_CASE("tidy: the namespace is the package's", "[tidy]") {
    const Check check = check_namespaces;
    CHECK(count(check, "pkg/units/a.hpp", "namespace assay::units {\n") == 0);
    CHECK(count(check, "pkg/units/a.hpp", "namespace assay::units::detail {\n") == 0);
    CHECK(count(check, "pkg/units/a.hpp", "namespace assay::flags {\n") == 1);
    CHECK(count(check, "pkg/units/a.hpp", "namespace assay {\n") == 1);
    CHECK(count(check, "pkg/result/result.hpp", "namespace assay {\n") == 0);
    CHECK(count(check, "pkg/units/a_test.cpp", "namespace {\nnamespace u = assay::units;\n") == 0);
    CHECK(count(check, "internal/redis/types/a.hpp", "namespace assay::redis {\n") == 0);
}

TEST_CASE("tidy: headers begin with a comment and pragma once", "[tidy]") {
    const Check check = check_headers;
    CHECK(count(check, "pkg/a/a.hpp", "// The a.\n#pragma once\n#include <string>\n") == 0);
    CHECK(count(check, "pkg/a/a.hpp", "#pragma once\n") == 1);
    CHECK(count(check, "pkg/a/a.hpp", "// The a.\n#ifndef A\n#pragma once\n") == 1);
    CHECK(count(check, "pkg/a/a.hpp", "int a;\n") == 2);
}

TEST_CASE("tidy: every package has a header that tells its idea", "[tidy]") {
    const Check check = check_package_contracts;
    CHECK(check(tree_of({{"pkg/a/a.cpp", "int a;\n"}})).size() == 1);
    CHECK(check(tree_of({{"pkg/a/a.hpp", "// The a.\n#pragma once\n"}})).size() == 1);
    CHECK(
        check(tree_of({{"pkg/a/a.hpp", "// The a.\n// Owns b.\n"}, {"pkg/a/b.hpp", ""}})).empty());
}

TEST_CASE("tidy: every source is built", "[tidy]") {
    const auto findings = [](const char* list_path, const char* list) {
        return check_sources_are_built(tree_of({{list_path, list}, {"pkg/a/a.cpp", ""}})).size();
    };
    CHECK(findings("pkg/a/CMakeLists.txt", "assay_package(NAME pkg_a SOURCES a.cpp)\n") == 0);
    CHECK(findings("CMakeLists.txt", "add_library(x pkg/a/a.cpp)\n") == 0);
    CHECK(findings("pkg/a/CMakeLists.txt", "assay_package(NAME pkg_a SOURCES ba.cpp)\n") == 1);
    CHECK(findings("pkg/b/CMakeLists.txt", "assay_package(NAME pkg_a SOURCES a.cpp)\n") == 1);
}

TEST_CASE("tidy: every file of testdata is named somewhere", "[tidy]") {
    const auto findings = [](const char* data, const char* text) {
        return check_testdata_is_used(tree_of({{"pkg/a/a_test.cpp", text}, {data, ""}})).size();
    };
    CHECK(findings("testdata/a/bomb.cpp", "run(\"bomb.cpp\");\n") == 0);
    CHECK(findings("testdata/a/bomb.cpp", "run(\"bomb\");\n") == 0);
    CHECK(findings("testdata/a/fuzz/toml/0001", "replay(\"a/fuzz/toml\");\n") == 0);
    CHECK(findings("testdata/a/bomb.cpp", "run(\"time_bomb\");\n") == 1);
    CHECK(findings("testdata/a/bomb.cpp", "list(\"a\");\n") == 1);
    const SourceFile bomb = make_file("testdata/a/bomb.c", "#include \"bomb_size.h\"\n");
    const SourceFile size = make_file("testdata/a/bomb_size.h", "// bomb_size.h\n");
    const SourceFile test = make_file("pkg/a/a_test.cpp", "run(\"bomb\");\n");
    CHECK(check_testdata_is_used({{bomb, size, test}}).empty());
    CHECK(check_testdata_is_used({{size, test}}).size() == 1);
}

TEST_CASE("tidy: rule names are distinct", "[tidy]") {
    for (const Rule& one : all_rules()) {
        std::size_t same = 0;
        for (const Rule& other : all_rules()) same += one.name == other.name ? 1 : 0;
        CHECK(same == 1);
    }
}

}  // namespace
}  // namespace assay::tidy
