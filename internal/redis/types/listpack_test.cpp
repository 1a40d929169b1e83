#include "internal/redis/types/listpack.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "internal/testing/redis_server.hpp"

namespace assay::redis {
namespace {

std::string bytes_of(const ListpackView& pack) {
    const auto bytes = pack.bytes();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::vector<std::string> texts_of(const ListpackView& pack) {
    std::vector<std::string> texts;
    IntegerText buffer;
    for (const PackedValue value : pack) texts.emplace_back(value.text(buffer));
    return texts;
}

std::span<const std::uint8_t> as_blob(const std::string& bytes) {
    return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

// Values at every edge of the format.
std::vector<std::string> edge_values() {
    std::vector<std::string> values = {"",
                                       "0",
                                       "-0",
                                       "007",
                                       "+1",
                                       "1 ",
                                       " 1",
                                       "-",
                                       "--1",
                                       "1.0",
                                       "1e3",
                                       std::string(1, '\0'),
                                       "\xff",
                                       "a\r\nb",
                                       "9223372036854775808",
                                       "-9223372036854775809",
                                       "18446744073709551616"};
    for (const unsigned bits : {7u, 12u, 15u, 23u, 31u, 62u}) {
        const std::int64_t edge = std::int64_t{1} << bits;
        for (const std::int64_t number : {edge - 1, edge, -edge, -edge - 1}) {
            values.push_back(std::to_string(number));
        }
    }
    values.push_back(std::to_string(std::numeric_limits<std::int64_t>::max()));
    values.push_back(std::to_string(std::numeric_limits<std::int64_t>::min()));
    for (const std::size_t size : {1u, 63u, 64u, 125u, 126u, 127u, 4095u, 4096u, 16376u, 16377u,
                                   16378u, 16379u, 16384u, 100000u, 2097143u, 2097146u, 2097150u}) {
        values.emplace_back(size, 'v');
    }
    return values;
}

std::string random_value(std::mt19937_64& random) {
    switch (random() % 4) {
        case 0:
            return std::to_string(static_cast<std::int64_t>(random()) >> (random() % 64));
        case 1:
            return std::string(random() % 200, static_cast<char>(random()));
        case 2:
            return "member:" + std::to_string(random() % 20);
        default:
            return std::to_string(random() % 10);
    }
}

}  // namespace

TEST_CASE("listpack: only the one decimal form of a number is kept as a number", "[listpack]") {
    for (const auto number :
         {std::int64_t{0}, std::int64_t{-1}, std::int64_t{127},
          std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
        CHECK(canonical_integer(std::to_string(number)) == number);
    }
    for (const std::string_view text :
         {"", "-", "-0", "007", "00", "+1", " 1", "1 ", "1a", "0x1", "9223372036854775808",
          "-9223372036854775809", "123456789012345678901"}) {
        CAPTURE(text);
        CHECK_FALSE(canonical_integer(text).has_value());
    }
}

TEST_CASE("listpack: every edge value comes back from both sides", "[listpack]") {
    Listpack pack;
    const std::vector<std::string> values = edge_values();
    for (const std::string& value : values) pack.append(value);
    CHECK(texts_of(pack) == values);
    CHECK(pack.count() == values.size());
    CHECK(validate_listpack(pack.bytes()).has_value());
    auto at = pack.end_position();
    for (std::size_t i = values.size(); i-- > 0;) {
        at = pack.previous(at);
        IntegerText buffer;
        CHECK(pack.value(at).text(buffer) == values[i]);
        CHECK(pack.value(at).text_size() == values[i].size());
        CHECK(pack.seek(static_cast<std::int64_t>(i)) == at);
        CHECK(pack.seek(static_cast<std::int64_t>(i) - static_cast<std::int64_t>(values.size())) ==
              at);
        CHECK(pack.find(values[i]) <= at);
    }
    CHECK(at == pack.first());
}

TEST_CASE("listpack: random changes agree with a vector", "[listpack]") {
    const std::uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    Listpack pack;
    std::vector<std::string> model;
    for (int step = 0; step < 100000; ++step) {
        const std::string value = random_value(random);
        const auto index = static_cast<std::ptrdiff_t>(random() % (model.size() + 1));
        const auto at = pack.seek(index);
        const bool inside = index < std::ssize(model);
        switch (model.size() > 150 ? 2 : random() % 4) {
            case 0:
            case 1:
                pack.insert(at, PackedElement(value));
                model.insert(model.begin() + index, value);
                break;
            case 2: {
                const auto count = random() % (model.size() > 150 ? 100 : 3);
                pack.erase(at, count);
                const auto removed = std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(count),
                                                              std::ssize(model) - index);
                model.erase(model.begin() + index, model.begin() + index + removed);
                break;
            }
            default:
                if (!inside) break;
                pack.replace(at, PackedElement(value));
                model[static_cast<std::size_t>(index)] = value;
        }
        REQUIRE(pack.count() == model.size());
        const auto found = pack.find(value);
        const auto expected = std::find(model.begin(), model.end(), value) - model.begin();
        REQUIRE(found == pack.seek(expected));
        if (step % 64 == 0) {
            REQUIRE(texts_of(pack) == model);
            REQUIRE(validate_listpack(pack.bytes()).has_value());
        }
    }
}

TEST_CASE("listpack: looks only at fields when told to skip values", "[listpack]") {
    Listpack pack;
    for (const char* text : {"a", "b", "b", "c"}) pack.append(std::string_view(text));
    CHECK(pack.find("b", 1) == pack.seek(2));
    CHECK(pack.find("c", 1) == pack.end_position());
}

TEST_CASE("listpack: counts 65535 and more elements, as the header cannot", "[listpack]") {
    Listpack pack;
    for (int i = 0; i < 65534; ++i) pack.append(std::int64_t{1});
    CHECK(pack.bytes()[4] == 0xfe);
    for (int i = 0; i < 10; ++i) pack.append(std::int64_t{2});
    CHECK(pack.bytes()[4] == 0xff);
    CHECK(pack.count() == 65544);
    CHECK(validate_listpack(pack.bytes()).has_value());
    pack.erase(pack.first(), 60000);
    CHECK(pack.count() == 5544);
    CHECK(pack.seek(-11) == pack.seek(5533));
    CHECK(validate_listpack(pack.bytes()).has_value());
}

TEST_CASE("listpack: validation names what is wrong", "[listpack]") {
    Listpack pack;
    pack.append("abc");
    const std::string good = bytes_of(pack);
    const auto message = [](const std::string& bytes) {
        return validate_listpack(as_blob(bytes)).error().message;
    };
    const auto changed = [&](std::size_t at, char byte) {
        std::string bytes = good;
        bytes[at] = byte;
        return bytes;
    };
    CHECK(message("") == "cannot read listpack: it is shorter than its frame");
    CHECK(message(good + "x") == "cannot read listpack: its size field is wrong");
    CHECK(message(changed(4, 2)) == "cannot read listpack: its number field is wrong");
    CHECK(message(changed(good.size() - 1, 0)) ==
          "cannot read listpack: it does not end with 0xff");
    CHECK(message(changed(good.size() - 2, 5)) ==
          "cannot read listpack: the element at byte 6 is not in its form");
    CHECK(message(changed(6, '\xf0')) ==
          "cannot read listpack: the element at byte 6 is not in its form");
    // The text "1" where the number belongs.
    CHECK_FALSE(validate_listpack(as_blob(std::string("\x0a\0\0\0\x01\0\x81\x31\x02\xff", 10)))
                    .has_value());
}

TEST_CASE("listpack: its bytes are those of redis-server", "[listpack]") {
    auto server = testing::RedisServer::start();
    if (!server) return;
    constexpr int kListOfNodes = 18;
    const auto check = [&](const std::vector<std::string>& values) {
        server->call({"DEL", "k"});
        Listpack pack;
        for (const std::string& value : values) {
            server->call({"RPUSH", "k", value});
            pack.append(value);
        }
        const auto dump = server->dump("k");
        REQUIRE(dump.type == kListOfNodes);
        std::string_view body = dump.body;
        REQUIRE(testing::take_length(body) == 1);  // nodes
        REQUIRE(testing::take_length(body) == 2);  // packed
        const std::string theirs = testing::take_string(body);
        CHECK((theirs == bytes_of(pack)));
        CHECK(validate_listpack(as_blob(theirs)).has_value());
    };
    server->call({"CONFIG", "SET", "list-max-listpack-size", "1000"});
    for (const std::string& value : edge_values()) {
        CAPTURE(value.size(), value.substr(0, 30));
        check({value});
    }
    std::vector<std::string> small = edge_values();
    std::erase_if(small, [](const std::string& value) { return value.size() > 4000; });
    check(small);
}

}  // namespace assay::redis
