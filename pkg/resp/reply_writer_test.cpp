#include "pkg/resp/reply_writer.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <string>

namespace assay::resp {
namespace {

std::string written(Protocol protocol, const std::function<void(ReplyWriter&)>& write) {
    OutputBuffer buffer;
    ReplyWriter writer(buffer, protocol);
    write(writer);
    std::array<iovec, 256> vectors;
    std::string text;
    const std::size_t used = buffer.iovecs(vectors);
    for (std::size_t i = 0; i < used; ++i) {
        text.append(static_cast<const char*>(vectors[i].iov_base), vectors[i].iov_len);
    }
    CHECK(text.size() == buffer.size());
    return text;
}

void check(const std::function<void(ReplyWriter&)>& write, const std::string& resp2,
           const std::string& resp3) {
    CHECK(written(Protocol::kResp2, write) == resp2);
    CHECK(written(Protocol::kResp3, write) == resp3);
}

void check(const std::function<void(ReplyWriter&)>& write, const std::string& both) {
    check(write, both, both);
}

TEST_CASE("writer: values that both protocols share", "[resp]") {
    check([](ReplyWriter& reply) { reply.ok(); }, "+OK\r\n");
    check([](ReplyWriter& reply) { reply.simple("PONG"); }, "+PONG\r\n");
    check([](ReplyWriter& reply) { reply.integer(INT64_MIN); }, ":-9223372036854775808\r\n");
    check([](ReplyWriter& reply) { reply.bulk(std::int64_t{-42}); }, "$3\r\n-42\r\n");
    check([](ReplyWriter& reply) { reply.bulk(std::int64_t{1234567890}); },
          "$10\r\n1234567890\r\n");
    check([](ReplyWriter& reply) { reply.array(100); }, "*100\r\n");
    check([](ReplyWriter& reply) { reply.raw(":1\r\n"); }, ":1\r\n");
}

TEST_CASE("writer: values whose shape the protocol decides", "[resp]") {
    check([](ReplyWriter& reply) { reply.null(); }, "$-1\r\n", "_\r\n");
    check([](ReplyWriter& reply) { reply.null_array(); }, "*-1\r\n", "_\r\n");
    check([](ReplyWriter& reply) { reply.boolean(true); }, ":1\r\n", "#t\r\n");
    check([](ReplyWriter& reply) { reply.boolean(false); }, ":0\r\n", "#f\r\n");
    check([](ReplyWriter& reply) { reply.real(1.5); }, "$3\r\n1.5\r\n", ",1.5\r\n");
    check([](ReplyWriter& reply) { reply.real(-INFINITY); }, "$4\r\n-inf\r\n", ",-inf\r\n");
    check([](ReplyWriter& reply) { reply.human_real(0.25L); }, "$4\r\n0.25\r\n", ",0.25\r\n");
    const std::string digits = to_human_text(1e100L);
    check([](ReplyWriter& reply) { reply.human_real(1e100L); },
          "$" + std::to_string(digits.size()) + "\r\n" + digits + "\r\n", "," + digits + "\r\n");
    check([](ReplyWriter& reply) { reply.big_number("12345678901234567890"); },
          "$20\r\n12345678901234567890\r\n", "(12345678901234567890\r\n");
    check([](ReplyWriter& reply) { reply.verbatim("hello"); }, "$5\r\nhello\r\n",
          "=9\r\ntxt:hello\r\n");
    check([](ReplyWriter& reply) { reply.map(7); }, "*14\r\n", "%7\r\n");
    check([](ReplyWriter& reply) { reply.set(7); }, "*7\r\n", "~7\r\n");
    check([](ReplyWriter& reply) { reply.push(3); }, "*3\r\n", ">3\r\n");
    CHECK(written(Protocol::kResp3, [](ReplyWriter& reply) { reply.attribute(1); }) == "|1\r\n");
}

TEST_CASE("writer: errors stay on one line", "[resp]") {
    check([](ReplyWriter& reply) { reply.error("ERR syntax error"); }, "-ERR syntax error\r\n");
    check([](ReplyWriter& reply) { reply.error("\r\nERR a\r\nb\nc\r\n\n"); }, "-ERR a  b c\r\n");
    check([](ReplyWriter& reply) { reply.error("\r\n"); }, "-\r\n");
    check([](ReplyWriter& reply) { reply.error(""); }, "-\r\n");
    check([](ReplyWriter& reply) { reply.error("ERR " + std::string(50000, 'x')); },
          "-ERR " + std::string(50000, 'x') + "\r\n");
}

TEST_CASE("writer: bulk strings of every length", "[resp]") {
    for (std::size_t size = 0; size < 300; ++size) {
        std::string text;
        for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('!' + i % 90);
        // On the heap and of exact size, so that a read past its end shows.
        const std::vector<char> exact(text.begin(), text.end());
        check([&](ReplyWriter& reply) { reply.bulk(std::string_view(exact.data(), size)); },
              "$" + std::to_string(size) + "\r\n" + text + "\r\n");
    }
    for (const std::size_t size : {1000u, 1023u, 1024u, 16383u, 16384u, 16385u, 1000000u}) {
        const std::string text(size, 'x');
        check(
            [&](ReplyWriter& reply) {
                reply.bulk("short");
                reply.bulk(text);
                reply.bulk("after");
            },
            "$5\r\nshort\r\n$" + std::to_string(size) + "\r\n" + text + "\r\n$5\r\nafter\r\n");
    }
    check([](ReplyWriter& reply) { reply.bulk(std::string_view()); }, "$0\r\n\r\n");
}

TEST_CASE("writer: counts that are known at the end", "[resp]") {
    for (const std::size_t at_most : {3u, 9u, 10u, 999u, 1000000u}) {
        check(
            [&](ReplyWriter& reply) {
                const auto outer = reply.open_array(at_most);
                reply.integer(1);
                const auto map = reply.open_map(at_most);
                reply.bulk("key");
                reply.bulk("value");
                reply.finish(map, 1);
                const auto set = reply.open_set(at_most);
                reply.finish(set, 0);
                reply.finish(outer, 3);
                reply.ok();
            },
            "*3\r\n:1\r\n*2\r\n$3\r\nkey\r\n$5\r\nvalue\r\n*0\r\n+OK\r\n",
            "*3\r\n:1\r\n%1\r\n$3\r\nkey\r\n$5\r\nvalue\r\n~0\r\n+OK\r\n");
    }
    std::string elements;
    for (int i = 0; i < 20000; ++i) elements += ":" + std::to_string(i) + "\r\n";
    check(
        [](ReplyWriter& reply) {
            const auto open = reply.open_array(SIZE_MAX / 2);
            for (int i = 0; i < 20000; ++i) reply.integer(i);
            reply.finish(open, 20000);
        },
        "*20000\r\n" + elements);
}

}  // namespace
}  // namespace assay::resp
