#include "pkg/resp/request_parser.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <initializer_list>

#include "pkg/resp/client.hpp"
#include "pkg/resp/parse_fixture.hpp"

namespace assay::resp {
namespace {

std::string command(std::initializer_list<std::string_view> arguments) {
    std::string bytes;
    append_command(bytes, arguments);
    return bytes;
}

// The same outcome however the bytes come: cut once at every place, and in steps of every size.
void check_every_chunking(const std::string& bytes, const Parsed& expected,
                          bool authenticated = true) {
    INFO(bytes);
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
        CHECK(parse_in_steps(bytes, step, 0, authenticated) == expected);
        CHECK(parse_in_steps(bytes, step, 1024, authenticated) == expected);
    }
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
        const RequestLimits limits;
        PieceParser parser(limits, authenticated);
        parser.take(std::string_view(bytes).substr(0, cut));
        parser.take(std::string_view(bytes).substr(cut));
        CHECK(parser.parsed() == expected);
    }
}

Parsed commands(std::vector<OwnedCommand> list) {
    return {std::move(list), false, {}};
}

Parsed failure(std::string error, std::vector<OwnedCommand> before = {}) {
    return {std::move(before), true, "Protocol error: " + std::move(error)};
}

TEST_CASE("request: arrays of bulk strings come out whole in every chunking", "[resp]") {
    check_every_chunking(
        command({"SET", "key", "value"}) + command({"PING"}) + command({"GET", ""}) +
            command({"SET", std::string_view("\0\r\n$*", 5), std::string(1000, 'x')}),
        commands({{"SET", "key", "value"},
                  {"PING"},
                  {"GET", ""},
                  {"SET", std::string("\0\r\n$*", 5), std::string(1000, 'x')}}));
}

TEST_CASE("request: inline commands are split as Redis does it", "[resp]") {
    check_every_chunking("PING\r\n", commands({{"PING"}}));
    check_every_chunking("\n\r\n  \r\n SET\tkey  value \nPING\n",
                         commands({{"SET", "key", "value"}, {"PING"}}));
    check_every_chunking(R"(SET "a\x41\"\n\r\t\b\a\q\x4g" 'it\'s\n')"
                         "\r\n",
                         commands({{"SET", "aA\"\n\r\t\b\aqx4g", "it's\\n"}}));
    check_every_chunking("SET ab\"c d\" '' \"\"\r\nGET x\r\n",
                         commands({{"SET", "abc d", "", ""}, {"GET", "x"}}));
    check_every_chunking("GET a\vb\r\n", commands({{"GET", "a\vb"}}));
    check_every_chunking(std::string("GET a\0b c\r\n", 11), commands({{"GET", "a"}}));
    check_every_chunking("GET a\r\n" + command({"GET", "b"}) + "GET c\n",
                         commands({{"GET", "a"}, {"GET", "b"}, {"GET", "c"}}));
}

TEST_CASE("request: quotes that are not balanced are refused", "[resp]") {
    const Parsed refused = failure("unbalanced quotes in request");
    check_every_chunking("SET \"abc\r\n", refused);
    check_every_chunking("SET 'abc\r\n", refused);
    check_every_chunking("SET \"a\"b\r\n", refused);
    check_every_chunking("SET 'a'b\r\n", refused);
    check_every_chunking("SET \"a\\\r\n", refused);
    check_every_chunking("PING\r\nSET \"\r\n", failure("unbalanced quotes in request", {{"PING"}}));
}

TEST_CASE("request: arrays without arguments are no commands", "[resp]") {
    check_every_chunking("*0\r\n*-1\r\n*-10\r\n" + command({"PING"}), commands({{"PING"}}));
}

TEST_CASE("request: what stands behind a value is skipped unseen", "[resp]") {
    check_every_chunking("*2xx$4aaECHObb$1\rcd..*1\r\n$4\r\nPING\r\n",
                         failure("invalid multibulk length"));
    check_every_chunking("*2\rx$4\rxECHObb$1\rxd..*1\r\n$4\r\nPING\r\n",
                         commands({{"ECHO", "d"}, {"PING"}}));
}

TEST_CASE("request: wrong heads are refused with Redis' words", "[resp]") {
    for (const char* head : {"*", "*a", "*01", "* 1", "*1 ", "*+1", "*-", "*-0", "*2147483648",
                             "*99999999999999999999"}) {
        check_every_chunking(std::string(head) + "\r\n", failure("invalid multibulk length"));
    }
    for (const char* head : {"$", "$a", "$-1", "$01", "$536870913", "$99999999999999999999"}) {
        check_every_chunking(command({"PING"}) + "*2\r\n$4\r\nECHO\r\n" + head + "\r\n",
                             failure("invalid bulk length", {{"PING"}}));
    }
    check_every_chunking("*1\r\nPING\r\n", failure("expected '$', got 'P'"));
    check_every_chunking("*2\r\n$4\r\nECHO\r\n:1\r\n", failure("expected '$', got ':'"));
    check_every_chunking("*1\r\n\r\n", failure("expected '$', got '\r'"));
}

TEST_CASE("request: nothing is read behind an error", "[resp]") {
    const RequestLimits limits;
    PieceParser parser(limits, true);
    parser.take("*x\r\n" + command({"PING"}));
    CHECK(parser.parsed() == failure("invalid multibulk length"));
    std::string more = command({"PING"});
    parser.parser().feed(more);
    RequestBatch batch;
    CHECK(parser.parser().parse(batch) == 0);
    CHECK(parser.parser().held_bytes() == 0);
}

TEST_CASE("request: lines without an end are bounded", "[resp]") {
    struct Case {
        std::string begin;
        std::string error;
    };
    for (const auto& [begin, error] :
         {Case{"x", "too big inline request"}, Case{"*", "too big mbulk count string"},
          Case{"*1\r\n$", "too big bulk count string"}}) {
        const std::size_t line = begin.size() - begin.rfind('\n') - 1;
        const std::string longest = begin + std::string(kMaxLineBytes - line, '1');
        CHECK(parse_in_steps(longest, 1000) == Parsed{});
        CHECK(parse_in_steps(longest + "1", longest.size() + 1) == failure(error));
        CHECK(parse_in_steps(longest + "1", 1000, 4096) == failure(error));
        // An end that came together with the line does not make it shorter.
        CHECK(parse_in_steps(longest + "1\r\n", longest.size() + 3) == failure(error));
        CHECK(parse_in_steps(longest + "1\r\n", 1000) == failure(error));
    }
}

TEST_CASE("request: limits are narrow before authentication", "[resp]") {
    std::string ten = "*10\r\n";
    for (int i = 0; i < 10; ++i) ten += "$1\r\nx\r\n";
    check_every_chunking(ten, commands({OwnedCommand(10, "x")}), false);
    check_every_chunking("*11\r\n", failure("unauthenticated multibulk length"), false);
    const std::string longest(std::size_t{kMaxUnauthenticatedBulkBytes}, 'x');
    CHECK(parse_in_steps(command({"AUTH", longest}), 999, 0, false) ==
          commands({{"AUTH", longest}}));
    check_every_chunking("*2\r\n$4\r\nAUTH\r\n$16385\r\n", failure("unauthenticated bulk length"),
                         false);
}

TEST_CASE("request: a login in front of a pipeline lifts its limits", "[resp]") {
    const RequestLimits limits;
    RequestParser parser(limits);
    parser.set_authenticated(false);
    std::string bytes = command({"AUTH", "secret"}) + "*11\r\n";
    for (int i = 0; i < 11; ++i) bytes += "$1\r\nx\r\n";
    parser.feed(bytes);
    RequestBatch batch;
    REQUIRE(parser.parse(batch) == 1);
    CHECK(batch[0][0] == "AUTH");
    parser.set_authenticated(true);
    REQUIRE(parser.parse(batch) == 1);
    CHECK(batch[0].size() == 11);
    CHECK(parser.parse(batch) == 0);
}

TEST_CASE("request: a batch ends at its limit and the next goes on", "[resp]") {
    const RequestLimits limits;
    RequestParser parser(limits);
    std::string bytes;
    for (int i = 0; i < 5; ++i) bytes += command({"ECHO", std::to_string(i)});
    parser.feed(bytes);
    RequestBatch batch;
    REQUIRE(parser.parse(batch, 2) == 2);
    CHECK(batch[1][1] == "1");
    // The loan may end between batches.
    parser.release();
    bytes.assign(bytes.size(), '?');
    REQUIRE(parser.parse(batch, 2) == 2);
    CHECK(batch[0][1] == "2");
    REQUIRE(parser.parse(batch, 2) == 1);
    CHECK(batch[0][1] == "4");
    CHECK(parser.parse(batch, 2) == 0);
    parser.release();
    CHECK(parser.held_bytes() == 0);
}

TEST_CASE("request: big arguments have the same bytes in every chunking", "[resp]") {
    std::string big(std::size_t{kBigArgumentBytes} + 7, '\0');
    for (std::size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>('a' + i % 23);
    const std::string limit = big.substr(0, std::size_t{kBigArgumentBytes});
    const std::string bytes = command({"MSET", "a", big, "b", limit, "c", "small"}) +
                              command({"PING"}) + command({"SET", "k", big});
    const Parsed expected =
        commands({{"MSET", "a", big, "b", limit, "c", "small"}, {"PING"}, {"SET", "k", big}});
    for (const std::size_t step :
         {1u, 2u, 3u, 100u, 1023u, 4096u, 32768u, 32800u, 65600u, 99999u}) {
        CHECK(parse_in_steps(bytes, step) == expected);
        CHECK(parse_in_steps(bytes, step, 1024) == expected);
        CHECK(parse_in_steps(bytes, step, 4096) == expected);
    }
    for (const std::size_t step : {32800u, 65600u, 99999u}) {
        CHECK(parse_in_steps(bytes, step, 1 << 16) == expected);
        CHECK(parse_in_steps(bytes, step, 1 << 20) == expected);
    }
}

TEST_CASE("request: the rest of a big argument is received into the block that is taken",
          "[resp]") {
    const RequestLimits limits;
    RequestParser parser(limits);
    RequestBatch batch;
    std::string first = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\nabc";
    parser.feed(first);
    REQUIRE(parser.parse(batch) == 0);
    parser.release();
    std::vector<char> scratch(1024);
    const std::span<char> room = parser.prepare(scratch);
    REQUIRE(room.size() == 100000 - 3 + 2);
    std::memset(room.data(), 'x', room.size());
    const char* const value = room.data() - 3;
    parser.commit(room.size());
    REQUIRE(parser.parse(batch) == 1);
    const std::string_view argument = batch[0][2];
    CHECK(argument.data() == value);
    ArgumentBlock block = batch.take(argument);
    REQUIRE(block);
    CHECK(block.view() == "abc" + std::string(100000 - 3, 'x'));
    CHECK_FALSE(batch.take(argument));
    CHECK_FALSE(batch.take(batch[0][1]));
    batch.clear();
    parser.release();
    CHECK(block.view().substr(0, 4) == "abcx");
    std::free(block.detach());
    CHECK_FALSE(block);
}

TEST_CASE("request: a client whose commands wait can send on", "[resp]") {
    const RequestLimits limits;
    RequestParser parser(limits);
    std::vector<char> scratch(1024);
    const auto send = [&](std::string_view bytes) {
        const std::span<char> room = parser.prepare(scratch);
        REQUIRE(room.size() >= bytes.size());
        std::copy(bytes.begin(), bytes.end(), room.begin());
        parser.commit(bytes.size());
    };
    RequestBatch batch;
    const std::string value(40000, 'x');
    send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$40000\r\n");
    REQUIRE(parser.parse(batch) == 0);
    parser.release();
    send(value + "\r\n");
    parser.release();
    for (int i = 0; i < 100; ++i) {
        send(command({"PING"}));
        parser.release();
    }
    CHECK(parser.pending_bytes() > value.size() + 1400);
    REQUIRE(parser.parse(batch) == 101);
    CHECK(batch[0][2] == value);
    CHECK(batch[100][0] == "PING");
}

TEST_CASE("request: blocks come from the memory of the limits", "[resp]") {
    RequestLimits limits;
    limits.memory = {[](std::size_t) -> void* { return nullptr; }, [](void*) {}};
    const std::string bytes = "*2\r\n$4\r\nECHO\r\n$100000\r\n";
    CHECK(parse_in_steps(bytes, bytes.size(), 0, true, limits) == failure("out of memory"));
}

TEST_CASE("request: an incomplete command is bounded, and ends without a word", "[resp]") {
    RequestLimits limits;
    limits.max_query_bytes = 100000;
    std::string bytes = "*1000000\r\n";
    while (bytes.size() < 200000) bytes += "$5\r\nabcde\r\n";
    const Parsed parsed = parse_in_steps(bytes, 5000, 1024, true, limits);
    CHECK(parsed == Parsed{{}, true, {}});
    const std::string big = command({"SET", "k", std::string(150000, 'x')});
    CHECK(parse_in_steps(big, 5000, 1024, true, limits).failed);
    limits.max_query_bytes = 200000;
    CHECK(parse_in_steps(big, 5000, 1024, true, limits).commands.size() == 1);
}

TEST_CASE("request: many arguments in small pieces stay whole", "[resp]") {
    std::string bytes = "*100001\r\n$4\r\nSADD\r\n";
    for (int i = 0; i < 100000; ++i) {
        const std::string text = std::to_string(i);
        bytes += "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
    }
    const Parsed parsed = parse_in_steps(bytes, 700, 1024);
    REQUIRE(parsed.commands.size() == 1);
    REQUIRE(parsed.commands[0].size() == 100001);
    CHECK(parsed.commands[0][0] == "SADD");
    CHECK(parsed.commands[0][1] == "0");
    CHECK(parsed.commands[0][100000] == "99999");
}

TEST_CASE("request: memory goes back after a giant command", "[resp]") {
    const RequestLimits limits;
    PieceParser parser(limits, true, 16384);
    std::string giant = "*10000\r\n";
    for (int i = 0; i < 10000; ++i) giant += "$100\r\n" + std::string(100, 'x') + "\r\n";
    parser.take(giant.substr(0, giant.size() - 1));
    CHECK(parser.parser().pending_bytes() == giant.size() - 1);
    CHECK(parser.parser().held_bytes() > giant.size());
    parser.take("\n*1\r\n$4\r\nPI");
    REQUIRE(parser.parsed().commands.size() == 1);
    CHECK(parser.parser().pending_bytes() == 10);
    CHECK(parser.parser().held_bytes() < giant.size() / 2);
    parser.take("NG\r\n");
    CHECK(parser.parsed().commands.back() == OwnedCommand{"PING"});
    CHECK(parser.parser().pending_bytes() == 0);
}

TEST_CASE("request: detached commands outlive the bytes they came from", "[resp]") {
    const RequestLimits limits;
    RequestParser parser(limits);
    RequestBatch batch;
    const std::string big(std::size_t{kBigArgumentBytes}, 'b');
    const std::string bytes =
        command({"BLPOP", "k", "0"}) + command({"SET", "a", big}) + command({"ECHO", "", "last"});
    std::vector<char> lent(bytes.begin(), bytes.begin() + 60);
    parser.feed(lent);
    REQUIRE(parser.parse(batch) == 1);
    RequestBatch blocked = batch.detach(0);
    parser.release();
    lent.assign(bytes.begin() + 60, bytes.end());
    parser.feed(lent);
    REQUIRE(parser.parse(batch) == 2);
    RequestBatch rest = batch.detach(0);
    RequestBatch last = rest.detach(1);
    batch.clear();
    parser.release();
    lent.clear();
    lent.shrink_to_fit();
    REQUIRE(blocked.size() == 1);
    CHECK(OwnedCommand(blocked[0].begin(), blocked[0].end()) == OwnedCommand{"BLPOP", "k", "0"});
    CHECK(rest[0][2] == big);
    CHECK(rest.take(rest[0][2]).view() == big);
    CHECK(OwnedCommand(last[0].begin(), last[0].end()) == OwnedCommand{"ECHO", "", "last"});
}

}  // namespace
}  // namespace assay::resp
