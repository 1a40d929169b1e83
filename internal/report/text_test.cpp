#include "internal/report/text.hpp"

#include <catch2/catch.hpp>

TEST_CASE("text: valid UTF-8 decodes to its code points", "[report]") {
    CHECK(assay::report::decode_utf8("").length == 0);
    CHECK(assay::report::decode_utf8("a").code_point == U'a');
    CHECK(assay::report::decode_utf8("ä").code_point == U'ä');
    CHECK(assay::report::decode_utf8("€x").length == 3);
    CHECK(assay::report::decode_utf8("😀").code_point == U'😀');
    CHECK(assay::report::decode_utf8("\xF4\x8F\xBF\xBF").code_point == 0x10FFFF);
}

TEST_CASE("text: overlong forms, surrogates and values past the end are invalid", "[report]") {
    for (const char* bad : {"\x80", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\xAF", "\xED\xA0\x80",
                            "\xF0\x80\x80\xAF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
        CAPTURE(bad);
        CHECK_FALSE(assay::report::decode_utf8(bad).valid);
        CHECK(assay::report::decode_utf8(bad).length == 1);
    }
}

TEST_CASE("text: a cut sequence takes the bytes that began it and not the next character",
          "[report]") {
    CHECK(assay::report::decode_utf8("\xE2\x82").length == 2);
    CHECK(assay::report::decode_utf8("\xE2\x82z").length == 2);
    CHECK(assay::report::decode_utf8("\xF0\x9F\x98z").length == 3);
    CHECK(assay::report::decode_utf8("\xC3z").length == 1);
}

TEST_CASE("text: printable escapes what drives a terminal and keeps the rest", "[report]") {
    CHECK(assay::report::printable("plain ä€") == "plain ä€");
    CHECK(assay::report::printable("a\tb\r\n\x1b[0m\x7f") == "a\\tb\\r\\n\\x1b[0m\\x7f");
    CHECK(assay::report::printable("\xC2\x9B") == "\\xc2\\x9b");
    CHECK(assay::report::printable("\xFF") == "\\xff");
    CHECK(assay::report::printable("\xEF\xBF\xBD") == "\xEF\xBF\xBD");
}

TEST_CASE("text: shortened cuts to columns with an ellipsis", "[report]") {
    CHECK(assay::report::shortened("abc", 3) == "abc");
    CHECK(assay::report::shortened("abcd", 3) == "ab…");
    CHECK(assay::report::shortened("日本語", 6) == "日本語");
    CHECK(assay::report::shortened("日本語", 5) == "日本…");
    CHECK(assay::report::shortened("日本語", 4) == "日…");
    CHECK(assay::report::shortened("a\nb", 3) == "a…");
    CHECK(assay::report::shortened("abc", 0).empty());
    CHECK(assay::report::shortened("", 0).empty());
}

TEST_CASE("text: XML gets entities, references and no forbidden character", "[report]") {
    CHECK(assay::report::xml_escaped("a<b>&\"'") == "a&lt;b&gt;&amp;&quot;&apos;");
    CHECK(assay::report::xml_escaped("l1\nl2\t") == "l1&#10;l2&#9;");
    CHECK(assay::report::xml_escaped("\x1b\x01") == "\xEF\xBF\xBD\xEF\xBF\xBD");
    CHECK(assay::report::xml_escaped(std::string_view("\0", 1)) == "\xEF\xBF\xBD");
    CHECK(assay::report::xml_escaped("\xFF\xEF\xBF\xBF") == "\xEF\xBF\xBD\xEF\xBF\xBD");
    CHECK(assay::report::xml_escaped("ä") == "ä");
}
