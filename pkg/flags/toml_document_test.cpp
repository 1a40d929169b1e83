#include "pkg/flags/toml_document.hpp"

#include <catch2/catch.hpp>

namespace assay::flags {
namespace {

std::string error_of(std::string_view text) {
    const auto parsed = parse_toml(text, "f.toml");
    return parsed ? "no error" : to_string(parsed.error());
}

TEST_CASE("toml: values have their type and position", "[flags]") {
    const auto document = parse_toml(
        "name = 'é'\n"
        "list = [1, 2.5,\n"
        "   true]\n"
        "[table]\n"
        "a.b = { c = -1 }\n",
        "f.toml");
    REQUIRE(document.has_value());
    const TomlTable& root = document->root;
    REQUIRE(root.members.size() == 3);
    CHECK(*root.find("name")->as<std::string>() == "é");
    CHECK(root.find("name")->position == TomlPosition{1, 8});
    const auto& list = root.find("list")->as<TomlArray>()->elements;
    REQUIRE(list.size() == 3);
    CHECK(*list[0].as<std::int64_t>() == 1);
    CHECK(*list[1].as<double>() == 2.5);
    CHECK(*list[2].as<bool>());
    CHECK(list[2].position == TomlPosition{3, 4});
    const auto* inner = root.find("table")->as<TomlTable>()->find("a")->as<TomlTable>()->find("b");
    CHECK(*inner->as<TomlTable>()->find("c")->as<std::int64_t>() == -1);
    CHECK(root.find("nothing") == nullptr);
    CHECK(type_name(list[0]) == "an integer");
    CHECK(type_name(*root.find("table")) == "a table");
}

TEST_CASE("toml: members keep the order of the file", "[flags]") {
    const auto document =
        parse_toml("z = 1\na = 2\n[y]\n[b]\n[[m]]\nq = 1\n[[m]]\nq = 2\n", "f.toml");
    REQUIRE(document.has_value());
    std::string order;
    for (const TomlMember& member : document->root.members) order += member.key;
    CHECK(order == "zaybm");
    CHECK(document->root.members[2].key_position == TomlPosition{3, 2});
    const auto& tables = document->root.find("m")->as<TomlArray>()->elements;
    REQUIRE(tables.size() == 2);
    CHECK(*tables[1].as<TomlTable>()->find("q")->as<std::int64_t>() == 2);
}

TEST_CASE("toml: what cannot be read is one line with its place", "[flags]") {
    CHECK_THAT(error_of("a = \n"), Catch::StartsWith("f.toml:1:"));
    CHECK_THAT(error_of("a = 1\nb = [1, \n"), Catch::StartsWith("f.toml:2:"));
    CHECK_THAT(error_of("a = 1\na = 2\n"), Catch::StartsWith("f.toml:2:"));
    CHECK_THAT(error_of("a = '\xff'\n"), Catch::StartsWith("f.toml:1:"));
    CHECK(error_of("a = 2020-01-01\n") == "f.toml:1:5: dates and times are not supported");
    for (const char* text :
         {"a = \n", "a = '\x01'\n", "\"a\nb\" = 1\n", "\x1b[0m", "a = 9223372036854775808\n"}) {
        const std::string message = error_of(text);
        INFO(message);
        CHECK(message != "no error");
        CHECK(message.find_first_of("\n\x1b\x01") == std::string::npos);
    }
}

TEST_CASE("toml: a bracket where a value is due is an error", "[flags]") {
    CHECK_THAT(error_of("a = [}"), Catch::StartsWith("f.toml:1:6: "));
    CHECK_THAT(error_of("a = {b = ]}"), Catch::StartsWith("f.toml:1:"));
    CHECK_THAT(error_of("a = {b = [,]}"), Catch::StartsWith("f.toml:1:"));
}

TEST_CASE("toml: letters where none may stand are an error", "[flags]") {
    CHECK_THAT(error_of("é = 1\n"), Catch::StartsWith("f.toml:1:1: "));
    CHECK_THAT(error_of("a = 1 é\n"), Catch::StartsWith("f.toml:1:7: "));
    CHECK(error_of("a = \"\"\"x\\\n   é\"\"\"  # é\n") == "no error");
}

TEST_CASE("toml: a document cannot be nested without bound", "[flags]") {
    std::string dots = "a";
    for (int i = 0; i < 100'000; ++i) dots += ".a";
    CHECK(error_of(dots + " = 1\n") == "f.toml:1:32: key of more than 16 parts");
    CHECK(error_of("[" + dots + "]\n") == "f.toml:1:33: key of more than 16 parts");
    CHECK(error_of("x = {" + dots + " = 1}\n") == "f.toml:1:37: key of more than 16 parts");
    CHECK_THAT(error_of("a = " + std::string(100'000, '[')), Catch::StartsWith("f.toml:1:"));
    CHECK_THAT(error_of("a = \"\"\"\n\"\"\"\"\n" + dots + " = 1\n"),
               Catch::Contains("f.toml:3:32: key of more"));
    for (const std::string quotes : {"\"", "'", "\"\"\"", "'''"}) {
        CHECK(error_of("a = " + quotes + std::string(1000, '.') + quotes + "\n") == "no error");
    }
    CHECK(error_of("a = '''\n" + std::string(1000, '.') + "\n''' # " + dots) == "no error");
    CHECK(error_of("a = \"\\\"" + std::string(1000, '.') + "\"\n") == "no error");
    CHECK(
        error_of("a = [1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, "
                 "1.5, 1.5]\n") == "no error");
}

TEST_CASE("toml: a file is read, or the error has its name", "[flags]") {
    CHECK(to_string(read_toml("/nonexistent.toml").error()) ==
          "cannot open /nonexistent.toml: No such file or directory");
    CHECK_THAT(to_string(read_toml("/dev/zero").error()),
               Catch::StartsWith("cannot read /dev/zero"));
    CHECK(parse_toml("", "f")->root.members.empty());
}

}  // namespace
}  // namespace assay::flags
