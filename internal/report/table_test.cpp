#include "internal/report/table.hpp"

#include <catch2/catch.hpp>

using assay::report::Align;
using assay::report::Table;
using assay::report::Tone;

TEST_CASE("table: text goes left, numbers right, lines have no trailing spaces", "[report]") {
    Table table({{"case"}, {"time", Align::kRight}, {"note"}});
    table.add({"1", "1.00 s", ""});
    table.add({"sample-long", "12 ms", "x"});
    CHECK(table.render(false) ==
          "case           time  note\n"
          "1            1.00 s\n"
          "sample-long   12 ms  x\n");
}

TEST_CASE("table: columns without titles have no header line", "[report]") {
    Table table({{""}, {""}});
    table.add({"a", "b"});
    table.add({"ccc"});
    CHECK(table.render(false) == "a    b\nccc\n");
}

TEST_CASE("table: widths are terminal columns, not bytes", "[report]") {
    Table table({{"n"}, {"v"}});
    table.add({"日本", "1"});
    table.add({"é", "2"});
    table.add({"e\xCC\x81", "3"});
    CHECK(table.render(false) == "n     v\n日本  1\né     2\ne\xCC\x81     3\n");
}

TEST_CASE("table: a cell cannot drive the terminal", "[report]") {
    Table table({{"name"}});
    table.add({"\x1b[2Jx\ny\xFF"});
    CHECK(table.render(false) == "name\n\\x1b[2Jx\\ny\\xff\n");
}

TEST_CASE("table: colour is there only when asked for and does not change the layout", "[report]") {
    Table table({{"v"}, {"n"}});
    table.add({{"ok", Tone::kGood}, "1"});
    table.add({{"time", Tone::kBad}, "2"});
    CHECK(table.render(false) == "v     n\nok    1\ntime  2\n");
    CHECK(table.render(true) ==
          "\x1b[1mv\x1b[0m     \x1b[1mn\x1b[0m\n\x1b[32mok\x1b[0m    1\n\x1b[31mtime\x1b[0m  2\n");
}

TEST_CASE("table: extra cells are dropped", "[report]") {
    Table table({{"a"}});
    table.add({"1", "2"});
    CHECK(table.render(false) == "a\n1\n");
}
