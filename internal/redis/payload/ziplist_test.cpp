#include "internal/redis/payload/ziplist.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace assay::redis {
namespace {

std::vector<std::string> entries_of(std::string_view ziplist) {
    std::vector<std::string> entries;
    const auto read = read_ziplist(ziplist, [&](const PackedValue& value) {
        IntegerText buffer;
        entries.emplace_back(value.text(buffer));
        return true;
    });
    if (!read) return {"error"};
    return entries;
}

std::string number(std::size_t value, std::size_t bytes) {
    std::string text;
    for (; bytes > 0; --bytes, value >>= 8) text += static_cast<char>(value & 0xFF);
    return text;
}

// Puts the frame around encoded entries, each without its way back.
std::string ziplist_of(const std::vector<std::string>& encoded) {
    std::string entries;
    std::size_t last = 10;
    std::size_t last_size = 0;
    for (const std::string& entry : encoded) {
        const std::string back =
            last_size < 254 ? number(last_size, 1) : "\xfe" + number(last_size, 4);
        last = 10 + entries.size();
        last_size = back.size() + entry.size();
        entries += back + entry;
    }
    return number(11 + entries.size(), 4) + number(last, 4) + number(encoded.size(), 2) + entries +
           '\xff';
}

TEST_CASE("all encodings of a ziplist are read") {
    using std::string_literals::operator""s;
    const std::string middle(300, 'm');
    const std::string large(20'000, 'l');
    const std::string ziplist =
        ziplist_of({"\x02hi", "\x41\x2c" + middle, "\x80\0\0\x4e\x20"s + large, "\xf1", "\xfd",
                    "\xfe\x80", "\xc0\x39\x30"s, "\xf0\xff\xff\xff", "\xd0\0\0\0\x80"s,
                    "\xe0\xff\xff\xff\xff\xff\xff\xff\x7f"s, "\0"s});
    CHECK(entries_of(ziplist) == std::vector<std::string>{"hi", middle, large, "0", "12", "-128",
                                                          "12345", "-1", "-2147483648",
                                                          "9223372036854775807", ""});
    CHECK(entries_of(ziplist_of({})).empty());
}

TEST_CASE("a damaged ziplist is refused") {
    const std::string good = ziplist_of({"\x02hi", "\xf3", "\xc0\x39\x30"});
    REQUIRE(entries_of(good).size() == 3);
    for (std::size_t size = 0; size < good.size(); ++size) {
        CHECK(entries_of(good.substr(0, size)) == std::vector<std::string>{"error"});
    }
    for (const std::size_t at : {0U, 4U, 8U, 10U, 14U, 16U}) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] + 1);
        INFO(at);
        CHECK(entries_of(bad) == std::vector<std::string>{"error"});
    }
}

}  // namespace
}  // namespace assay::redis
