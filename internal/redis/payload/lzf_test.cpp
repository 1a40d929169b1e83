#include "internal/redis/payload/lzf.hpp"

#include <catch2/catch.hpp>
#include <cstdio>
#include <random>

namespace assay::redis {
namespace {

std::string packed(const std::string& text) {
    return lzf_compress(text, text.size() + text.size() / 16 + 64).value();
}

TEST_CASE("what was compressed decompresses to itself") {
    std::printf("lzf model: seed 3\n");
    std::mt19937_64 random(3);
    for (int i = 0; i < 2000; ++i) {
        std::string text;
        const std::size_t letters = 1 + random() % 300;
        const std::size_t size = random() % (i < 20 ? 100'000 : 500);
        while (text.size() < size) {
            if (!text.empty() && random() % 3 == 0) {
                const std::size_t from = random() % text.size();
                text += text.substr(from, random() % 400);
            } else {
                text += static_cast<char>(random() % letters);
            }
        }
        REQUIRE(lzf_decompress(packed(text), text.size()) == text);
    }
    CHECK(lzf_decompress(packed(""), 0) == "");
}

TEST_CASE("long runs become short, noise is given up") {
    CHECK(packed(std::string(100'000, 'a')).size() < 1200);
    std::mt19937_64 random(1);
    std::string noise(1000, '\0');
    for (char& byte : noise) byte = static_cast<char>(random());
    CHECK_FALSE(lzf_compress(noise, noise.size() - 4));
}

TEST_CASE("bytes that are not LZF are refused") {
    const std::string text(300, 'a');
    const std::string good = packed(text);
    CHECK_FALSE(lzf_decompress(good, 299));
    CHECK_FALSE(lzf_decompress(good, 301));
    CHECK_FALSE(lzf_decompress(good, std::size_t{1} << 40));
    for (std::size_t size = 0; size < good.size(); ++size) {
        CHECK_FALSE(lzf_decompress(good.substr(0, size), 300));
    }
    // A copy from before the beginning.
    CHECK_FALSE(lzf_decompress(std::string("\x20\x05", 2), 3));
}

}  // namespace
}  // namespace assay::redis
