#include "pkg/resp/reply_reader.hpp"

#include <catch2/catch.hpp>
#include <cmath>

namespace assay::resp {
namespace {

using Type = Reply::Type;

Reply read_one(std::string_view bytes) {
    const auto reply = parse_reply(bytes);
    INFO(bytes);
    REQUIRE(reply.has_value());
    return *reply;
}

// Every type, nested and with attributes, as one stream.
const std::string kAllTypes =
    "+OK\r\n-ERR "
    "bad\r\n:42\r\n:-7\r\n$5\r\na\r\nbc\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n_\r\n#t\r\n#f\r\n"
    ",1.5\r\n,-inf\r\n,nan\r\n(123456789012345678901234567890\r\n!9\r\nERR broke\r\n"
    "=7\r\nmkd:abc\r\n%2\r\n+a\r\n:1\r\n+b\r\n*2\r\n:2\r\n%0\r\n~2\r\n+x\r\n+y\r\n"
    ">3\r\n+message\r\n$2\r\nch\r\n$1\r\nm\r\n"
    "|1\r\n+ttl\r\n:3600\r\n*2\r\n|1\r\n+deep\r\n#t\r\n:1\r\n:2\r\n"
    "*1\r\n*1\r\n*1\r\n*2\r\n:1\r\n$3\r\nend\r\n";
constexpr std::size_t kAllReplies = 23;

std::vector<std::string> read_in_steps(std::string_view bytes, std::size_t step) {
    ReplyReader reader;
    std::vector<std::string> described;
    std::string raw;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        reader.feed(bytes.substr(at, step));
        for (;;) {
            Reply reply;
            const auto complete = reader.next(reply);
            REQUIRE(complete.has_value());
            if (!*complete) break;
            described.push_back(describe(reply));
            raw += reader.raw();
        }
    }
    CHECK(raw == bytes);
    CHECK(reader.unread().empty());
    return described;
}

TEST_CASE("reader: replies are the same in every chunking", "[resp]") {
    const auto expected = read_in_steps(kAllTypes, kAllTypes.size());
    CHECK(expected.size() == kAllReplies);
    for (std::size_t step = 1; step < kAllTypes.size(); ++step) {
        CHECK(read_in_steps(kAllTypes, step) == expected);
    }
}

TEST_CASE("reader: values of both protocols", "[resp]") {
    CHECK(read_one("+OK\r\n").text == "OK");
    CHECK(read_one("-ERR x\r\n").is_error());
    CHECK(read_one("!5\r\nERR x\r\n").is_error());
    CHECK(read_one(":-7\r\n").integer == -7);
    CHECK(read_one(":+7\r\n").integer == 7);
    CHECK(read_one("$4\r\na\r\nb\r\n").text == "a\r\nb");
    CHECK(read_one("$-1\r\n").type == Type::kNullBulk);
    CHECK(read_one("*-1\r\n").type == Type::kNullArray);
    CHECK(read_one("_\r\n").is_null());
    CHECK(read_one("#t\r\n").integer == 1);
    CHECK(read_one(",1e5\r\n").real == 1e5);
    CHECK(std::isnan(read_one(",nan\r\n").real));
    CHECK(read_one("(123\r\n").type == Type::kBigNumber);
    const Reply verbatim = read_one("=6\r\ntxt:ab\r\n");
    CHECK(verbatim.text == "ab");
    CHECK(verbatim.format == "txt");
    const Reply map = read_one("%1\r\n+a\r\n*2\r\n:1\r\n:2\r\n");
    REQUIRE(map.elements.size() == 2);
    CHECK(map.elements[1].elements[1].integer == 2);
    CHECK(read_one(">1\r\n+x\r\n").is_push());
    const Reply with_attributes = read_one("|1\r\n+ttl\r\n:9\r\n|1\r\n+a\r\n+b\r\n$1\r\nv\r\n");
    CHECK(with_attributes.text == "v");
    REQUIRE(with_attributes.attributes.size() == 4);
    CHECK(with_attributes.attributes[1].integer == 9);
}

TEST_CASE("reader: what is no reply is refused", "[resp]") {
    for (const char* bytes : {"x",           "*1\r\nx",   "$a\r\n",
                              "$-2\r\n",     "*-2\r\n",   "%-1\r\n",
                              "~-1\r\n",     "=-1\r\n",   "$9999999999999999\r\n",
                              "*\r\n",       "$?\r\n",    "*?\r\n",
                              "#x\r\n",      "_x\r\n",    ":x\r\n",
                              ":1.5\r\n",    ",x\r\n",    "=2\r\nab\r\n",
                              "+a\n",        "+a\rb\r\n", "$1\r\nabc",
                              "$01\r\na\r\n"}) {
        INFO(bytes);
        ReplyReader reader;
        reader.feed(bytes);
        Reply reply;
        CHECK_FALSE(reader.next(reply).has_value());
        CHECK_FALSE(reader.next(reply).has_value());
    }
    CHECK_FALSE(parse_reply("+OK\r\n+OK\r\n").has_value());
    CHECK_FALSE(parse_reply("*2\r\n:1\r\n").has_value());
    CHECK_FALSE(parse_reply("$5\r\nab").has_value());
    CHECK_FALSE(parse_reply("").has_value());
}

TEST_CASE("reader: depth and length are bounded", "[resp]") {
    const auto nested = [](std::size_t depth) {
        std::string bytes;
        for (std::size_t i = 0; i < depth; ++i) bytes += "*1\r\n";
        return bytes + ":1\r\n";
    };
    CHECK(parse_reply(nested(ReplyReader::kMaxDepth)).has_value());
    CHECK_FALSE(parse_reply(nested(ReplyReader::kMaxDepth + 1)).has_value());
    std::string attributes;
    for (int i = 0; i < 100000; ++i) attributes += "|0\r\n";
    CHECK_FALSE(parse_reply(attributes + ":1\r\n").has_value());
    ReplyReader reader(100);
    reader.feed("$1000\r\n" + std::string(100, 'x'));
    Reply reply;
    CHECK_FALSE(reader.next(reply).has_value());
}

TEST_CASE("scanner: counts replies without keeping them", "[resp]") {
    for (std::size_t step = 1; step <= kAllTypes.size(); ++step) {
        ReplyScanner scanner;
        std::size_t replies = 0;
        std::size_t errors = 0;
        std::size_t pushes = 0;
        for (std::size_t at = 0; at < kAllTypes.size(); at += step) {
            std::string_view piece = std::string_view(kAllTypes).substr(at, step);
            while (!piece.empty()) {
                piece.remove_prefix(scanner.scan(piece));
                REQUIRE_FALSE(scanner.failed());
                CHECK(scanner.within() != scanner.complete());
                if (!scanner.complete()) continue;
                ++replies;
                if (scanner.is_error()) ++errors;
                if (scanner.is_push()) ++pushes;
            }
        }
        CHECK(scanner.complete());
        CHECK(replies == kAllReplies);
        CHECK(errors == 2);
        CHECK(pushes == 1);
    }
}

TEST_CASE("scanner: the type behind attributes is the reply's", "[resp]") {
    ReplyScanner scanner;
    const std::string_view bytes = "|2\r\n+a\r\n-x\r\n+b\r\n*1\r\n-y\r\n-ERR z\r\n";
    CHECK(scanner.scan(bytes) == bytes.size());
    CHECK(scanner.complete());
    CHECK(scanner.is_error());
    CHECK(scanner.scan("*2\r\n-a\r\n-b\r\n") == 12);
    CHECK(scanner.type() == '*');
}

TEST_CASE("scanner: lengths that cannot be are refused", "[resp]") {
    for (const char* bytes : {"*99999999999999\r\n", "$18446744073709551616\r\n", "$--1\r\n",
                              "*1\r\n%9999999999999\r\n", "$00000000000000000000001\r\n", "?"}) {
        INFO(bytes);
        ReplyScanner scanner;
        scanner.scan(bytes);
        CHECK(scanner.failed());
    }
    ReplyScanner scanner;
    for (int i = 0; i < 1000 && !scanner.failed(); ++i) scanner.scan("*1099511627775\r\n");
    CHECK(scanner.failed());
}

TEST_CASE("reader: descriptions are readable", "[resp]") {
    CHECK(describe(read_one("*3\r\n:1\r\n*1\r\n$4\r\na\"\n\x01\r\n%1\r\n+k\r\n_\r\n")) ==
          "(array of 3)\n  (integer) 1\n  (array of 1)\n    \"a\\\"\\n\\x01\"\n"
          "  (map of 1)\n    k\n    (nil)");
    CHECK(describe(read_one("-ERR x\r\n")) == "(error) ERR x");
    CHECK(describe(read_one(",1.50\r\n")) == "(double) 1.50");
}

}  // namespace
}  // namespace assay::resp
