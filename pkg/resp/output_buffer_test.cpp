#include "pkg/resp/output_buffer.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <random>
#include <string>

namespace assay::resp {
namespace {

// What writev(2) would send.
std::string text_of(const OutputBuffer& buffer) {
    std::array<iovec, 4096> vectors;
    std::string text;
    const std::size_t used = buffer.iovecs(vectors);
    for (std::size_t i = 0; i < used; ++i) {
        text.append(static_cast<const char*>(vectors[i].iov_base), vectors[i].iov_len);
    }
    return text;
}

TEST_CASE("output: bytes come out in order, whatever their sizes", "[resp]") {
    std::mt19937 random(11);
    OutputBuffer buffer;
    std::string expected;
    for (int round = 0; round < 2000; ++round) {
        const std::size_t size = random() % (round % 50 == 0 ? 60000 : 300);
        const std::string piece(size, static_cast<char>('a' + round % 26));
        if (round % 3 == 0) {
            char* to = buffer.reserve(size + 10);
            buffer.commit(std::copy(piece.begin(), piece.end(), to));
        } else {
            buffer.append(piece);
        }
        expected += piece;
        if (round % 7 == 0) {
            const std::size_t taken = random() % (expected.size() + 1);
            buffer.consume(taken);
            expected.erase(0, taken);
        }
        REQUIRE(buffer.size() == expected.size());
        REQUIRE(buffer.memory() >= buffer.size());
        if (round % 100 == 0) REQUIRE(text_of(buffer) == expected);
    }
    CHECK(text_of(buffer) == expected);
}

TEST_CASE("output: an empty buffer holds nothing, a drained one a small block", "[resp]") {
    OutputBuffer buffer;
    CHECK(buffer.memory() == 0);
    CHECK(buffer.empty());
    buffer.append("+OK\r\n");
    CHECK(buffer.memory() == OutputBuffer::kFirstBlockBytes);
    buffer.consume(5);
    CHECK(buffer.empty());
    CHECK(buffer.memory() == OutputBuffer::kFirstBlockBytes);
    buffer.append(std::string(1 << 20, 'x'));
    CHECK(buffer.memory() > std::size_t{1} << 20);
    CHECK(buffer.memory() < (std::size_t{1} << 20) + 1024);
    buffer.consume(1 << 20);
    CHECK(buffer.memory() == 0);
    buffer.append("x");
    buffer.consume(1);
    buffer.trim();
    CHECK(buffer.memory() == 0);
    buffer.append("y");
    buffer.trim();
    CHECK(text_of(buffer) == "y");
}

TEST_CASE("output: iovecs stop where the caller's room does", "[resp]") {
    OutputBuffer buffer;
    const std::string big(100000, 'b');
    buffer.append("a");
    buffer.append(big);
    buffer.append("c");
    std::array<iovec, 1> one;
    REQUIRE(buffer.iovecs(one) == 1);
    CHECK(one[0].iov_len == 1);
    buffer.consume(1);
    REQUIRE(buffer.iovecs(one) == 1);
    CHECK(one[0].iov_len == big.size() + 1);
    CHECK(buffer.iovecs({}) == 0);
}

TEST_CASE("output: foreign bytes are sent from where they are and released once", "[resp]") {
    static int released;
    released = 0;
    const auto release = [](void* owner) { ++*static_cast<int*>(owner); };
    const std::string message = "shared message";
    OutputBuffer buffer;
    buffer.append("before ");
    buffer.append_foreign(message, &released, release);
    buffer.append(" after");
    CHECK(text_of(buffer) == "before shared message after");
    std::array<iovec, 3> vectors;
    REQUIRE(buffer.iovecs(vectors) == 3);
    CHECK(vectors[1].iov_base == message.data());
    buffer.consume(20);
    CHECK(released == 0);
    CHECK(text_of(buffer) == "e after");
    buffer.consume(1);
    CHECK(released == 1);
    buffer.append_foreign(message, &released, release);
    buffer.consume(buffer.size());
    CHECK(released == 2);
    CHECK(buffer.memory() == 0);
    buffer.append_foreign(message, &released, release);
    OutputBuffer other = std::move(buffer);
    buffer = OutputBuffer();
    CHECK(released == 2);
    other.clear();
    CHECK(released == 3);
    CHECK(other.empty());
}

TEST_CASE("output: holes are filled in place", "[resp]") {
    OutputBuffer buffer;
    std::string expected;
    buffer.append("before ");
    const auto outer = buffer.make_hole(10);
    buffer.append(" between ");
    const auto inner = buffer.make_hole(5);
    std::string behind;
    for (int i = 0; i < 10000; ++i) behind += std::to_string(i) + ",";
    for (std::size_t at = 0; at < behind.size(); at += 100) buffer.append(behind.substr(at, 100));
    buffer.fill(inner, "12345");
    buffer.fill(outer, "o");
    expected = "before o between 12345" + behind;
    CHECK(buffer.size() == expected.size());
    CHECK(text_of(buffer) == expected);
    buffer.consume(expected.size() - 3);
    CHECK(text_of(buffer) == "99,");
}

}  // namespace
}  // namespace assay::resp
