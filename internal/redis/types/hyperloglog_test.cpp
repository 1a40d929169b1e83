#include "internal/redis/types/hyperloglog.hpp"

#include <catch2/catch.hpp>
#include <cmath>

namespace assay::redis::hyperloglog {
namespace {

constexpr std::size_t kSparseMax = 3000;

std::string filled(int elements, std::size_t sparse_max, const std::string& prefix = "e") {
    std::string value = make();
    for (int i = 0; i < elements; ++i) add(value, prefix + std::to_string(i), sparse_max);
    return value;
}

TEST_CASE("an empty HyperLogLog is sparse, valid and counts nothing") {
    const std::string value = make();
    CHECK(value.size() == 18);
    CHECK(has_layout(value));
    CHECK_FALSE(is_dense(value));
    CHECK(count(value) == 0u);
    CHECK(cached_count(value) == 0u);
    CHECK(describe_sparse(value) == "Z:16384");
}

TEST_CASE("both forms hold the same registers and give the same count") {
    for (const int elements : {1, 2, 50, 700, 4000}) {
        const std::string sparse = filled(elements, 100'000);
        const std::string dense = filled(elements, 0);
        REQUIRE(is_dense(dense));
        REQUIRE(dense.size() == kDenseBytes);
        std::string converted = sparse;
        REQUIRE(make_dense(converted));
        CHECK(converted.substr(kHeaderBytes) == dense.substr(kHeaderBytes));
        CHECK(count(sparse) == count(dense));
        const auto estimate = static_cast<double>(*count(dense));
        CHECK(std::abs(estimate - elements) <= 0.03 * elements);
    }
}

TEST_CASE("an element counts once and makes the cached count stale") {
    for (const std::size_t sparse_max : {std::size_t{0}, kSparseMax}) {
        std::string value = make();
        CHECK(add(value, "a", sparse_max) == Change::kChanged);
        CHECK_FALSE(cached_count(value));
        cache_count(value, 1);
        CHECK(add(value, "a", sparse_max) == Change::kNone);
        CHECK(cached_count(value) == 1u);
    }
}

TEST_CASE("a sparse value becomes dense at the configured size") {
    std::string value = make();
    std::size_t largest = 0;
    for (int i = 0; !is_dense(value); ++i) {
        REQUIRE(i < 100'000);
        largest = std::max(largest, value.size());
        add(value, std::to_string(i), kSparseMax);
    }
    CHECK(largest <= kSparseMax);
    CHECK(largest > kSparseMax - 3);
}

TEST_CASE("merging gives the registers of the union") {
    for (const bool dense : {false, true}) {
        const std::string left = filled(300, kSparseMax, "l");
        const std::string right = filled(40'000, kSparseMax, "r");
        std::string both = filled(300, kSparseMax, "l");
        for (int i = 0; i < 40'000; ++i) add(both, "r" + std::to_string(i), kSparseMax);
        Registers registers{};
        REQUIRE(merge(registers, left));
        REQUIRE(merge(registers, right));
        CHECK(count(registers) == count(both));
        std::string target = make();
        CHECK(merge_into(target, registers, dense, kSparseMax) == Change::kChanged);
        CHECK(is_dense(target));
        CHECK(target.substr(kHeaderBytes) == both.substr(kHeaderBytes));
    }
}

TEST_CASE("broken bytes are refused or reported, never followed") {
    CHECK_FALSE(has_layout(""));
    CHECK_FALSE(has_layout("HYLL"));
    std::string value = make();
    value[0] = 'h';
    CHECK_FALSE(has_layout(value));
    value = make();
    value[4] = 2;
    CHECK_FALSE(has_layout(value));
    value[4] = 0;
    CHECK_FALSE(has_layout(value));  // dense, but not as long

    for (const std::string& runs : {std::string(), std::string("\x7f"), std::string("\x05"),
                                    std::string("\x7f\xff\x01"), std::string(30'000, '\x80')}) {
        std::string broken = make().substr(0, kHeaderBytes) + runs;
        REQUIRE(has_layout(broken));
        CHECK_FALSE(count(broken));
        CHECK_FALSE(describe_sparse(broken));
        Registers registers{};
        CHECK_FALSE(merge(registers, broken));
        CHECK_FALSE(make_dense(broken));
    }
    std::string empty = make().substr(0, kHeaderBytes);
    CHECK(add(empty, "a", kSparseMax) == Change::kCorrupt);
}

TEST_CASE("registers set by hand to more than a hash can say do not break the count") {
    std::string value = filled(10, 0);
    for (std::size_t i = kHeaderBytes; i < value.size(); ++i) value[i] = '\xff';
    CHECK(count(value).has_value());
}

}  // namespace
}  // namespace assay::redis::hyperloglog
