// The codec side by side with redis-server: bytes that the parser refuses are refused there with
// the same words, numbers print the same.
#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <string>

#include "pkg/resp/client.hpp"
#include "pkg/resp/numbers.hpp"
#include "pkg/resp/parse_fixture.hpp"
#include "pkg/resp/peer_fixture.hpp"
#include "pkg/resp/reply_writer.hpp"

namespace assay::resp {
namespace {

// What a server built of parser and writer would answer if its only command were ECHO.
std::string answer_of_codec(std::string_view bytes, bool authenticated) {
    const Parsed parsed = parse_in_steps(bytes, bytes.size() + 1, 0, authenticated);
    OutputBuffer out;
    ReplyWriter reply(out, Protocol::kResp2);
    for (const OwnedCommand& command : parsed.commands) reply.bulk(command.back());
    if (!parsed.error.empty()) reply.error("ERR " + parsed.error);
    std::array<iovec, 1> vector;
    if (out.iovecs(vector) == 0) return {};
    return {static_cast<const char*>(vector[0].iov_base), vector[0].iov_len};
}

// All that redis-server answers before it closes. After a refusal it closes by itself; for the rest
// there is QUIT.
std::string answer_of_redis(const RedisPeer& peer, std::string_view bytes, bool quit) {
    auto client = Client::connect(peer.address());
    REQUIRE(client.has_value());
    REQUIRE(client->send(bytes).has_value());
    if (quit) REQUIRE(client->send("QUIT\r\n").has_value());
    const auto answer = client->receive_to_end();
    REQUIRE(answer.has_value());
    return *answer;
}

void check_same(const RedisPeer& peer, const std::string& bytes, bool authenticated = true) {
    INFO(bytes.substr(0, 200));
    const std::string codec = answer_of_codec(bytes, authenticated);
    const bool refused = codec.find("-ERR Protocol error") != codec.npos;
    const std::string redis = answer_of_redis(peer, bytes, !refused);
    CHECK(redis == (refused ? codec : codec + "+OK\r\n"));
}

TEST_CASE("peer: requests are read, and refused, as redis-server does it", "[resp][peer]") {
    if (!has_redis_server()) return;
    const RedisPeer peer;
    const std::string echo = "*2\r\n$4\r\nECHO\r\n";
    for (const std::string head : {"*", "*a", "*01", "* 1", "*1 ", "*+1", "*-", "*-0", "*0", "*-1",
                                   "*-99", "*2147483648", "*99999999999999999999"}) {
        check_same(peer, head + "\r\n");
    }
    for (const std::string head : {"$", "$a", "$-1", "$01", "$+1", "$ 1", "$536870913",
                                   "$99999999999999999999", "PING", ":1", "*1", "", "\t"}) {
        check_same(peer, echo + head + "\r\n");
        check_same(peer, echo + "$1\r\na\r\n" + echo + head + "\r\n");
    }
    check_same(peer, "*2\rx$4\rxECHObb$1\rxd..");
    check_same(peer, "\r\n\n  \r\n");
    const std::string lines[] = {
        "ECHO a",
        "ECHO  \t a  ",
        R"(ECHO "a b\x41\x4\n\r\t\b\a\\\q\"")",
        R"(ECHO 'a\'b\n"c')",
        R"(ECHO a"b c"d)",
        R"(ECHO a"b c")",
        R"(ECHO "abc)",
        R"(ECHO 'abc)",
        R"(ECHO "a\)",
        R"(ECHO 'a'b)",
        R"(ECHO "")",
        R"("ECHO" 'x')",
        "ECHO a\vb",
        "ECHO \va",
        "ECHO \xff\xfe",
    };
    for (const std::string& line : lines) {
        check_same(peer, line + "\r\n");
        check_same(peer, line + "\n");
    }
    check_same(peer, std::string(kMaxLineBytes + 1, 'x'));
    check_same(peer, "*" + std::string(kMaxLineBytes, '1'));
    check_same(peer, echo + "$" + std::string(kMaxLineBytes, '1'));
}

TEST_CASE("peer: limits before authentication are redis-server's", "[resp][peer]") {
    if (!has_redis_server()) return;
    const RedisPeer peer({"--requirepass", "secret"});
    check_same(peer, "*11\r\n", false);
    check_same(peer, "*2\r\n$4\r\nECHO\r\n$16385\r\n", false);
    check_same(peer, "*x\r\n", false);
}

std::string text_of(Client& client, std::initializer_list<std::string_view> command) {
    const auto reply = client.call(command);
    REQUIRE(reply.has_value());
    return reply->text;
}

TEST_CASE("peer: INCRBYFLOAT's long doubles", "[resp][peer]") {
    if (!has_redis_server()) return;
    const RedisPeer peer;
    auto client = Client::connect(peer.address());
    REQUIRE(client.has_value());
    const auto check = [&](const std::string& first, const std::string& second) {
        INFO(first << " + " << second);
        REQUIRE(client->call({"SET", "x", first}).has_value());
        const auto reply = client->call({"INCRBYFLOAT", "x", second});
        REQUIRE(reply.has_value());
        const auto a = parse_long_double(first);
        const auto b = parse_long_double(second);
        REQUIRE(reply->is_error() == !(a && b && std::isfinite(*a + *b)));
        if (!reply->is_error()) CHECK(reply->text == to_human_text(*a + *b));
    };
    for (const std::string text : {"0",
                                   "-0",
                                   "3",
                                   "3.0",
                                   "10.50",
                                   "0.1",
                                   "1e22",
                                   "-1e-5",
                                   "1e-18",
                                   "1e-17",
                                   "5e-18",
                                   "3.0e3",
                                   "0x1p-2",
                                   "inf",
                                   "-inf",
                                   "nan",
                                   " 1",
                                   "1 ",
                                   "",
                                   "+1",
                                   "1e4932",
                                   "1e5000",
                                   "1e-5000",
                                   "99999999999999999999.5",
                                   "0.30000000000000004"}) {
        check(text, "0");
        check("0", text);
        check("-1.1", text);
    }
    std::mt19937_64 random(3);
    for (int i = 0; i < 300; ++i) {
        const double value =
            std::ldexp(static_cast<double>(random()), -static_cast<int>(random() % 90));
        check(to_text(value), "0.2");
    }
}

// Redis 7.0 prints doubles with %.17g, 7.2 with the shortest digits: what both say the same for is
// compared, and that the others are the same number.
TEST_CASE("peer: scores of sorted sets", "[resp][peer]") {
    if (!has_redis_server()) return;
    const RedisPeer peer;
    auto client = Client::connect(peer.address());
    REQUIRE(client.has_value());
    std::size_t same = 0;
    const auto check = [&](const std::string& score) {
        INFO(score);
        const auto added = client->call({"ZADD", "z", score, "m"});
        REQUIRE(added.has_value());
        const auto number = parse_double(score);
        REQUIRE(added->is_error() == !number);
        if (!number) return;
        const std::string theirs = text_of(*client, {"ZSCORE", "z", "m"});
        const std::string ours = to_text(*number);
        CHECK(parse_double(theirs) == parse_double(ours));
        if (theirs == ours) ++same;
    };
    const std::vector<std::string> scores = {"0",
                                             "-0",
                                             "1",
                                             "-17",
                                             "+5",
                                             "1.5",
                                             "0.25",
                                             "1e3",
                                             "inf",
                                             "-inf",
                                             "+inf",
                                             "infinity",
                                             "nan",
                                             "",
                                             " 1",
                                             "1 ",
                                             "0x10",
                                             "0x1p4",
                                             "1e400",
                                             "1e-400",
                                             "4e-324",
                                             "abc",
                                             "1e",
                                             ".5",
                                             "5.",
                                             ".",
                                             "4503599627370497",
                                             "9007199254740993",
                                             "-123456789012",
                                             "1e17",
                                             "0.0001"};
    for (const std::string& score : scores) check(score);
    CHECK(same >= 18);
    std::mt19937_64 random(5);
    for (int i = 0; i < 500; ++i) check(to_text(std::bit_cast<double>(random())));
}

TEST_CASE("peer: replies of both protocols are read", "[resp][peer]") {
    if (!has_redis_server()) return;
    const RedisPeer peer({"--enable-debug-command", "yes"});
    auto client = Client::connect(peer.address());
    REQUIRE(client.has_value());
    for (const char* protocol : {"2", "3"}) {
        REQUIRE(client->call({"HELLO", protocol}).has_value());
        for (const char* kind : {"string", "integer", "double", "null", "array", "set", "map",
                                 "attrib", "bignum", "true", "false", "verbatim"}) {
            const auto reply = client->call({"DEBUG", "PROTOCOL", kind});
            INFO(kind);
            REQUIRE(reply.has_value());
        }
        const auto docs = client->call("COMMAND DOCS");
        REQUIRE(docs.has_value());
        CHECK(docs->elements.size() > 400);
    }
    REQUIRE(client->send("*3\r\n$5\r\nDEBUG\r\n$8\r\nPROTOCOL\r\n$4\r\npush\r\n").has_value());
    const auto push = client->receive();
    REQUIRE(push.has_value());
    CHECK(push->is_push());
    REQUIRE(client->receive().has_value());
    const auto pong = client->call("PING");
    REQUIRE(pong.has_value());
    CHECK(pong->text == "PONG");
}

}  // namespace
}  // namespace assay::resp
